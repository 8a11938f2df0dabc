import type { Backend, Plan } from '../../../src/firewall/backend.ts';
import { plan } from '../../../src/firewall/plan.ts';
import { judge } from '../../../src/policy/judge.ts';
import { isAtOrBelow, type Name, parseName } from '../../../src/policy/name.ts';
import { parseAddress } from '../../../src/policy/network.ts';
import type { Ruleset } from '../../../src/policy/ruleset.ts';
import { compiledPolicy } from '../../support/policy.ts';
import { createPrng, type Prng } from '../../support/prng.ts';

/** What a policy wants for a name: it is answered, or refused in one of the ways. */
export type Wanted = 'open' | 'nxdomain' | 'nodata' | 'refused' | 'sinkhole';

/** Many small trees of names, in each of which rules contradict each other by depth and scope. */
export type Forest = {
  readonly ruleset: Ruleset;
  /** The names of the trees, whether any rule names them or not. */
  readonly names: readonly Name[];
  readonly wanted: (name: Name) => Wanted;
  readonly planFor: (backend: Backend) => Plan;
};

export const SINKHOLE = ['192.0.2.99', '2001:db8::99'] as const;

/** `x` and `_c` stand in no rule. */
const LABELS = ['a', 'b', 'x', '_c'];
const ANSWERS = ['nxdomain', 'nodata', 'refused', 'sinkhole'];

type Growth = {
  readonly seed: number;
  readonly trees: number;
  /** What patterns begin with: nothing, `=` or `*.`; one that stands here twice is twice as frequent. */
  readonly scopes: readonly string[];
  /** Names are refused unless a rule allows them. */
  readonly refusesAll?: boolean;
};

export function growForest({ seed, trees, scopes, refusesAll = false }: Growth): Forest {
  const prng = createPrng(seed);
  const lists = {
    block: refusesAll ? ["'.'"] : [],
    allow: refusesAll ? ['ready.example.com'] : [],
    watch: [] as string[],
  };
  const ingress: string[] = [];
  for (let tree = 0; tree < trees; tree++) {
    const root = `t${tree}.example`;
    const taken = new Set<string>();
    if (prng.unit() < 0.3) {
      const domain = `${prng.pick(['a.', 'b.a.', 'b.b.'])}${root}`;
      ingress.push(domain);
      taken.add(domain);
    }
    for (let rules = 2 + prng.below(8); rules > 0; rules--) {
      const pattern = `${prng.pick(scopes)}${pathOf(prng)}${root}`;
      if (taken.has(pattern) || ingress.some((own) => isInside(pattern, own))) continue;
      taken.add(pattern);
      const action = prng.pick(['block', 'block', 'allow', 'watch'] as const);
      lists[action].push(
        action === 'block'
          ? `{ name: '${pattern}', answer: ${prng.pick(ANSWERS)} }`
          : `'${pattern}'`,
      );
    }
  }
  const text = `
organisation: { name: Example Corp }
ingress: [${ingress.map((domain) => `{ domain: ${domain} }`).join(', ')}]
refusal: { answer: nxdomain, addresses: [${SINKHOLE.map((address) => `'${address}'`).join(', ')}] }
${Object.entries(lists)
  .map(([action, items]) => `${action}:\n${items.map((item) => `  - ${item}`).join('\n')}`)
  .join('\n')}
`;
  const { ruleset, policy } = compiledPolicy(text);
  const client = parseAddress('192.0.2.7');
  return {
    ruleset,
    names: Array.from({ length: trees }, (_, tree) => namesBelow(`t${tree}.example`)).flat(),
    wanted: (name) => {
      const verdict = judge(ruleset, { client, name });
      return verdict.kind === 'blocked' ? (verdict.rule.answer ?? 'nxdomain') : 'open';
    },
    planFor: (backend) =>
      plan(
        { ruleset, settings: policy.firewall, book: { names: new Map() }, listed: new Map() },
        backend,
      ),
  };
}

/**
 * True where a dialect that cannot tell a name from those below it may differ from `judge`: a rule for
 * all below the name takes the name in, and what an allowed name opens with it the file tells.
 */
export function isCoveringGap(
  { ruleset }: Forest,
  name: Name,
  isRefused: boolean,
  text: string,
): boolean {
  if (isRefused) {
    return ruleset.rules.some(
      ({ target }) => target.kind === 'name' && target.pattern.name === `*.${name}`,
    );
  }
  const told = text.matchAll(/^\s*[#!] left out: (?:(\*\.)|=)([^:]*): /gm);
  return [...told].some(([, star, at]) =>
    star ? isAtOrBelow(name, at as Name) : name === (at as Name),
  );
}

function pathOf(prng: Prng): string {
  return Array.from({ length: prng.below(4) }, () => `${prng.pick(['a', 'b'])}.`).join('');
}

function isInside(pattern: string, domain: string): boolean {
  return pattern.replace(/^=/, '').endsWith(domain);
}

/** All names of up to four labels below a root. */
function namesBelow(root: string): Name[] {
  let level = [root];
  const names = [root];
  for (let depth = 0; depth < 4; depth++) {
    const labels = depth < 3 ? LABELS : ['x'];
    level = level.flatMap((name) => labels.map((label) => `${label}.${name}`));
    names.push(...level);
  }
  return names.map(parseName);
}
