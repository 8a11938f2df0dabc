import type { Plan } from '../../../src/firewall/backend.ts';
import { iptablesBackend } from '../../../src/firewall/backends/iptables.ts';
import { type Ended, run, type Scope } from '../../support/e2e/process.ts';
import { succeeds, written } from './ruleset.ts';

/** Both ways into the kernel. */
export const VARIANTS = ['iptables-nft', 'iptables-legacy'] as const;
export type Variant = (typeof VARIANTS)[number];

export const textOf = (plan: Plan, path: string): string =>
  iptablesBackend.print(plan).find((artifact) => artifact.path === path)?.text ?? '';

/** The scripts of a plan, ready to be run in some namespace. */
export function scriptsOf(scope: Scope, plan: Plan, within: readonly string[], variant: Variant) {
  return scriptsIn(written(scope, iptablesBackend.print(plan)), within, variant);
}

/** The same for artifacts that lie in a folder. */
export function scriptsIn(path: string, within: readonly string[], variant: Variant) {
  const script =
    (name: string) =>
    (env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
      run(`${path}/${name}`, [], { within, env: { IPTABLES: variant, ...env } });
  return { apply: script('apply.sh'), remove: script('remove.sh') };
}

/** All rules of both families and all sets with their elements, without counters and dates. */
export async function stateOf(within: readonly string[], variant: Variant): Promise<string> {
  const out: string[] = [];
  for (const program of [variant, variant.replace('ip', 'ip6')]) {
    out.push(await succeeds(`${program}-save`, [], { within }));
  }
  const tables = out.flatMap((text) =>
    text
      .replaceAll(/^#.*\n| \[\d+:\d+\]$/gm, '')
      .split(/^(?=\*)/m)
      // Once used, a table stays although nothing is in it.
      .filter((table) => /^-A|^:TW-/m.test(table))
      .sort(),
  );
  const sets = await succeeds('ipset', ['save'], { within });
  // In a hash, elements are in no order.
  const lines = sets
    .replaceAll(/ (?:initval|timeout) \w+/g, '')
    .trimEnd()
    .split('\n');
  return `${tables.join('')}${lines.sort().join('\n')}\n`;
}
