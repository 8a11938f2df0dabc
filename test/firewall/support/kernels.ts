import type { Artifact, Backend, Plan } from '../../../src/firewall/backend.ts';
import { iptablesBackend } from '../../../src/firewall/backends/iptables.ts';
import { nftablesBackend } from '../../../src/firewall/backends/nftables.ts';
import type { Namespace } from '../../support/e2e/lab.ts';
import type { Ended, Scope } from '../../support/e2e/process.ts';
import type { Tool } from '../../support/e2e/requirements.ts';
import { scriptsOf, VARIANTS, type Variant } from './iptables.ts';
import { succeeds, told, written } from './ruleset.ts';

/** A plan's rule set, to be loaded and taken out as often as one likes. */
export type Rules = {
  readonly load: () => Promise<void>;
  readonly remove: () => Promise<void>;
};

/** How a plan is put into a machine's kernel, and what can be done with it there. */
export type Kernel = {
  readonly name: string;
  readonly backend: Backend;
  readonly tools: readonly Tool[];
  /** The program that fills its sets. */
  readonly feed: 'nft' | 'ipset';
  readonly rulesOf: (scope: Scope, machine: Namespace, plan: Plan) => Rules;
  /** Puts an address into a live set, as the resolver does while it runs. */
  readonly addTo: (machine: Namespace, set: string, address: string) => Promise<void>;
  readonly takeFrom: (machine: Namespace, set: string, address: string) => Promise<void>;
  /** Says for good that a gate is there for connections to fronts of many, or that none is. */
  readonly setAlive: (machine: Namespace, isAlive: boolean) => Promise<void>;
  /** Packets that the rules of an entry have met, in both families. */
  readonly counted: (machine: Namespace, id: string) => Promise<number>;
};

const nftables: Kernel = {
  name: 'nftables',
  backend: nftablesBackend,
  tools: ['nft'],
  feed: 'nft',
  rulesOf: (scope, { within }, plan) => {
    const artifacts = nftablesBackend.print(plan);
    const [rules, removal] = artifacts as [Artifact, Artifact];
    const path = written(scope, artifacts);
    const read = async ({ path: file }: Artifact) => {
      await succeeds('nft', ['-f', `${path}/${file}`], { within });
    };
    return { load: () => read(rules), remove: () => read(removal) };
  },
  addTo: changeElement('add'),
  takeFrom: changeElement('delete'),
  setAlive: async ({ within }, isAlive) => {
    const verb = isAlive ? 'add' : 'delete';
    await succeeds('nft', [`${verb} element inet tunnelwarden tw_gate { 443 }`], { within });
  },
  counted: async ({ within }, id) => {
    const text = await succeeds('nft', ['list', 'table', 'inet', 'tunnelwarden'], { within });
    return text
      .split('\n')
      .filter((line) => line.includes(`comment "${id}: `))
      .reduce((sum, line) => sum + Number(/counter packets (\d+)/.exec(line)?.[1] ?? 0), 0);
  },
};

function changeElement(verb: 'add' | 'delete'): Kernel['addTo'] {
  return async ({ within }, set, address) => {
    const where = `inet tunnelwarden tw_${set}${familyOf(address)}`;
    await succeeds('nft', [`${verb} element ${where} { ${address} }`], { within });
  };
}

function iptables(variant: Variant): Kernel {
  const change =
    (verb: 'add' | 'del'): Kernel['addTo'] =>
    async ({ within }, set, address) => {
      await succeeds('ipset', [verb, `tw_${set}${familyOf(address)}`, address], { within });
    };
  return {
    name: variant,
    backend: iptablesBackend,
    tools: ['ipset', variant],
    feed: 'ipset',
    rulesOf: (scope, { within }, plan) => {
      const { apply, remove } = scriptsOf(scope, plan, within, variant);
      const ok = async (ended: Promise<Ended>) => {
        const all = await ended;
        if (all.code !== 0) throw new Error(told(all));
      };
      return { load: () => ok(apply()), remove: () => ok(remove()) };
    },
    addTo: change('add'),
    takeFrom: change('del'),
    setAlive: async ({ within }, isAlive) => {
      await succeeds('ipset', [isAlive ? 'add' : 'del', 'tw_gate', '443'], { within });
    },
    counted: async ({ within }, id) => {
      const saved = await Promise.all(
        [variant, variant.replace('ip', 'ip6')].map((program) =>
          succeeds(`${program}-save`, ['-c'], { within }),
        ),
      );
      return saved
        .join('\n')
        .split('\n')
        .filter((line) => line.includes(`--comment "${id} `))
        .reduce((sum, line) => sum + Number(/^\[(\d+):/.exec(line)?.[1] ?? 0), 0);
    },
  };
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** The ways into the kernel that rule sets are generated for. */
export const KERNELS: readonly Kernel[] = [nftables, ...VARIANTS.map(iptables)];
