import { type Counter, hashOf, type Mark, parseMark } from './loader.ts';

/** Reads what `nft -s list table` prints: one object a block, tabs for indents. */

export type Block = { readonly head: string; readonly lines: readonly string[] };

/** The objects of a listed table. */
export function blocksOf(listing: string): Block[] {
  const blocks: { head: string; lines: string[] }[] = [];
  for (const line of listing.split('\n')) {
    if (/^\t\S.*\{$/.test(line)) blocks.push({ head: line.trim().slice(0, -2), lines: [] });
    else if (line.startsWith('\t\t')) blocks.at(-1)?.lines.push(line.trim());
  }
  return blocks;
}

/** A set that has timeouts is filled while we run; all else was in the file. */
function isLive({ head, lines }: Block): boolean {
  return (
    /^(set|map) /.test(head) &&
    lines.some((line) => /^(flags .*\b)?timeout\b|^flags .*dynamic/.test(line))
  );
}

/** The lines of a block up to its elements, and these as one text, braces and all. */
function partsOf({ lines }: Block): {
  readonly fixed: readonly string[];
  readonly elements?: string;
} {
  const at = lines.findIndex((line) => line.startsWith('elements = '));
  if (at < 0) return { fixed: lines };
  return {
    fixed: lines.slice(0, at),
    elements: lines.slice(at).join(' ').slice('elements = '.length),
  };
}

/** What the resolver has put into sets, as `add element` takes it. */
export function carried(
  listing: string,
): { readonly set: string; readonly type: string; readonly elements: string }[] {
  return blocksOf(listing)
    .filter((block) => block.head.startsWith('set ') && isLive(block))
    .flatMap((block) => {
      const { fixed, elements } = partsOf(block);
      const type = fixed.find((line) => line.startsWith('type '))?.slice('type '.length);
      if (elements === undefined || type === undefined) return [];
      return [{ set: block.head.slice('set '.length), type, elements }];
    });
}

/**
 * A hash of what does not change by itself. Elements of hashed sets come in no particular order,
 * so they are sorted; live ones are left out.
 */
export function fingerprintOf(listing: string): string {
  const texts = blocksOf(listing).map((block) => {
    const { fixed, elements = '' } = partsOf(block);
    const list = isLive(block) ? [] : elements.replace(/^\{|\}$/g, '').split(',');
    return [block.head, ...fixed, ...list.map((element) => element.trim()).sort()].join('\n');
  });
  return hashOf(...texts.sort());
}

export function markOf(listing: string): { readonly mark?: Mark } {
  const block = blocksOf(listing).find(({ head }) => head === 'chain tw_applied');
  const mark = parseMark(/^return comment "(.*)"$/.exec(block?.lines[0] ?? '')?.[1]);
  return mark ? { mark } : {};
}

type Listed = {
  readonly counter?: { readonly name: string; readonly comment?: string } & Figures;
  readonly rule?: {
    readonly comment?: string;
    readonly expr?: readonly { readonly counter?: Figures | string }[];
  };
};
type Figures = { readonly packets: number; readonly bytes: number };

/** Counters by the rule's id; the same may stand at rules of both families. */
export function countersOf(json: string): Counter[] {
  const { nftables } = JSON.parse(json) as { readonly nftables: readonly Listed[] };
  const found = nftables.flatMap(({ counter, rule }): Counter[] => {
    if (counter) return [{ id: counter.name, packets: counter.packets, bytes: counter.bytes }];
    const own = rule?.expr?.map(({ counter }) => counter).find((one) => typeof one === 'object');
    return own && rule?.comment
      ? [{ id: idOf(rule.comment), packets: own.packets, bytes: own.bytes }]
      : [];
  });
  return summed(found);
}

/** A comment is `ID: what for`. */
function idOf(comment: string): string {
  return comment.split(':')[0] as string;
}

/** One line an id, sorted. */
export function summed(counters: readonly Counter[]): Counter[] {
  const byId = new Map<string, Counter>();
  for (const { id, packets, bytes } of counters) {
    const before = byId.get(id);
    byId.set(id, {
      id,
      packets: packets + (before?.packets ?? 0),
      bytes: bytes + (before?.bytes ?? 0),
    });
  }
  return [...byId.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
}
