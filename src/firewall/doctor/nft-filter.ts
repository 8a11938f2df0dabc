import type { Chain, Condition, Rule, Value } from './filter.ts';

/** Reads `nft -j list ruleset`. What it does not know becomes a condition that may hold or not. */

type Json = { readonly [key: string]: Json } | readonly Json[] | string | number | boolean | null;
type Fields = { readonly [key: string]: Json };

/** The objects of a listing, each with its kind as the only key. */
export function parseListing(json: string): readonly Fields[] {
  const { nftables } = JSON.parse(json) as { readonly nftables: readonly Fields[] };
  return nftables;
}

/** The base chains at a hook, without ours. */
export function nftChains(listing: readonly Fields[], hook: string): Chain[] {
  const rules = new Map<string, Rule[]>();
  const tableOf = ({ family, table }: Fields) => `${family} ${table}`;
  for (const { rule } of listing) {
    if (!isFields(rule)) continue;
    const key = `${tableOf(rule)} ${rule.chain}`;
    const list = rules.get(key) ?? [];
    rules.set(key, list);
    list.push(...rulesOf(rule.expr));
  }
  return listing.flatMap(({ chain }): Chain[] => {
    if (!isFields(chain) || chain.hook !== hook || chain.table === 'tunnelwarden') return [];
    const table = tableOf(chain);
    const others = [...rules].filter(([key]) => key.startsWith(`${table} `));
    return [
      {
        name: String(chain.name),
        table: `table ${table}`,
        policy: chain.policy === 'drop' ? 'drop' : 'accept',
        rules: rules.get(`${table} ${chain.name}`) ?? [],
        others: new Map(others.map(([key, list]) => [key.slice(table.length + 1), list])),
      },
    ];
  });
}

/** One rule, or as many as its verdict map has entries. */
function rulesOf(expr: Json | undefined): Rule[] {
  if (!Array.isArray(expr)) return [];
  const conditions: Condition[] = [];
  for (const part of expr as readonly Json[]) {
    if (!isFields(part)) continue;
    const verdict = verdictOf(part);
    if (verdict !== undefined) return [{ conditions, verdict }];
    if (isFields(part.vmap)) {
      const { key, data } = part.vmap;
      return entriesOf(data).map(([value, then]) => ({
        conditions: [...conditions, ...conditionsOf(key, '==', value)],
        verdict: isFields(then) ? verdictOf(then) : undefined,
      }));
    }
    if (isFields(part.match)) {
      const { left, op, right } = part.match;
      conditions.push(...conditionsOf(left, op, right));
    } else if (!('counter' in part || 'log' in part)) conditions.push(OTHER);
  }
  return [{ conditions, verdict: undefined }];
}

const OTHER: Condition = { about: 'other', not: false, values: [] };

function verdictOf(part: Fields): Rule['verdict'] {
  if ('accept' in part) return 'accept';
  if ('drop' in part || 'reject' in part) return 'drop';
  if ('return' in part) return 'return';
  for (const word of ['jump', 'goto'] as const) {
    const target = part[word];
    if (isFields(target)) return { to: String(target.target), goto: word === 'goto' };
  }
  return undefined;
}

function entriesOf(data: Json | undefined): (readonly [Json, Json])[] {
  const set = isFields(data) ? data.set : undefined;
  if (!Array.isArray(set)) return [];
  return set.flatMap((entry: Json) =>
    Array.isArray(entry) && entry.length === 2
      ? [[entry[0] as Json, entry[1] as Json] as const]
      : [],
  );
}

function conditionsOf(
  left: Json | undefined,
  op: Json | undefined,
  right: Json | undefined,
): Condition[] {
  const values = valuesOf(right);
  const not = op === '!=';
  if (!isFields(left) || values === undefined) return [OTHER];
  const condition = (about: Condition['about']): Condition => ({ about, not, values });
  const { meta, payload, ct } = left;
  if (isFields(meta)) {
    if (meta.key === 'iifname' || meta.key === 'iif') return [condition('link')];
    if (meta.key === 'l4proto') return [condition('protocol')];
    return [meta.key === 'mark' ? condition('mark') : OTHER];
  }
  if (isFields(ct)) return [ct.key === 'state' ? condition('state') : OTHER];
  // A mask over the mark: ours is one bit, so the value under it is the same.
  if (Array.isArray(left['&']) && isFields(left['&'][0]) && isFields(left['&'][0].meta))
    return [left['&'][0].meta.key === 'mark' ? condition('mark') : OTHER];
  if (!isFields(payload)) return [OTHER];
  const { protocol, field } = payload;
  if (field === 'dport') {
    const transport: Condition = { about: 'protocol', not: false, values: [String(protocol)] };
    return [...(protocol === 'th' ? [] : [transport]), condition('port')];
  }
  return [field === 'protocol' || field === 'nexthdr' ? condition('protocol') : OTHER];
}

/** Undefined where one is not a plain value. */
function valuesOf(right: Json | undefined): readonly Value[] | undefined {
  if (typeof right === 'string' || typeof right === 'number') return [right];
  const list = isFields(right) && Array.isArray(right.set) ? right.set : right;
  if (Array.isArray(list)) {
    const values = list.map((item: Json) => valuesOf(item));
    return values.every((value) => value !== undefined) ? values.flat() : undefined;
  }
  const range = isFields(right) ? right.range : undefined;
  return Array.isArray(range) ? [[Number(range[0]), Number(range[1])]] : undefined;
}

export function isFields(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
