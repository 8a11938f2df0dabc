/** A filter of somebody else's, as far as it is needed to tell whether it lets a new packet in. */

export type Packet = {
  readonly link: string;
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
  readonly mark: number;
};

export type Value = string | number | readonly [first: number, last: number];

export type Condition = {
  /** `other` is anything that is not told apart here: it may hold or not. */
  readonly about: 'link' | 'protocol' | 'port' | 'state' | 'mark' | 'other';
  readonly not: boolean;
  readonly values: readonly Value[];
};

export type Rule = {
  readonly conditions: readonly Condition[];
  /** Undefined where the packet goes on to the next rule. */
  readonly verdict:
    | 'accept'
    | 'drop'
    | 'return'
    | { readonly to: string; readonly goto: boolean }
    | undefined;
};

export type Chain = {
  readonly name: string;
  /** Whose it is, for people: `table inet filter`. */
  readonly table: string;
  readonly policy: 'accept' | 'drop';
  readonly rules: readonly Rule[];
  /** The chains its rules may go to. */
  readonly others: ReadonlyMap<string, readonly Rule[]>;
};

/** More than anybody nests; rules that lead in a circle are not loaded by any kernel. */
const DEEPEST = 32;

/**
 * True where it lets the packet in as far as one can see: a rule that might accept is taken to, and
 * one that might drop is not, so what is found to drop does.
 */
export function admits(chain: Chain, packet: Packet): boolean {
  const end = walk(chain.rules, chain.others, packet, 0);
  return (end ?? chain.policy) === 'accept';
}

function walk(
  rules: readonly Rule[],
  others: Chain['others'],
  packet: Packet,
  depth: number,
): 'accept' | 'drop' | undefined {
  for (const { conditions, verdict } of rules) {
    const truths = conditions.map((condition) => holds(condition, packet));
    if (verdict === undefined || truths.includes(false)) continue;
    const surely = !truths.includes(undefined);
    if (verdict === 'accept') return 'accept';
    if (verdict === 'drop' || verdict === 'return') {
      if (!surely) continue;
      return verdict === 'drop' ? 'drop' : undefined;
    }
    if (depth === DEEPEST) continue;
    const end = walk(others.get(verdict.to) ?? [], others, packet, depth + 1);
    if (end === 'accept' || (end === 'drop' && surely)) return end;
    if (verdict.goto && surely) return undefined;
  }
  return undefined;
}

/** Undefined where it cannot be known. */
function holds({ about, not, values }: Condition, packet: Packet): boolean | undefined {
  if (about === 'other' || values.some(isNamedSet)) return undefined;
  const is = values.some((value) => matches(about, value, packet));
  return is !== not;
}

/** What a named set holds is not looked up. */
function isNamedSet(value: Value): boolean {
  return typeof value === 'string' && value.startsWith('@');
}

function matches(about: Condition['about'], value: Value, packet: Packet): boolean {
  // Questions and TLS connections are redirected, which iptables also calls a state.
  if (about === 'state') return ['new', 'dnat'].includes(String(value).toLowerCase());
  if (about === 'protocol') {
    const number = packet.protocol === 'tcp' ? 6 : 17;
    return value === packet.protocol || Number(value) === number;
  }
  if (about === 'link') return isLink(String(value), packet.link);
  const number = about === 'port' ? packet.port : packet.mark;
  if (typeof value === 'object') return value[0] <= number && number <= value[1];
  return Number(value) === number;
}

/** `lan*` in nftables, `lan+` in iptables. */
function isLink(pattern: string, link: string): boolean {
  return /[*+]$/.test(pattern) ? link.startsWith(pattern.slice(0, -1)) : pattern === link;
}
