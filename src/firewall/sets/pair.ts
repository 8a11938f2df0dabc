import type { Address } from '../../policy/network.ts';

/** A client and an address of its family that it is let through to: `192.0.2.7,198.51.100.10`. */
export type Pair = string & { readonly [pairBrand]: true };
declare const pairBrand: unique symbol;

/** What stands in a table of the packet filter. */
export type Member = Address | Pair;

export function pairOf(client: Address, destination: Address): Pair {
  return `${client},${destination}` as Pair;
}

/** The client and the address of a pair. */
export function partsOf(pair: Pair): readonly [client: Address, destination: Address] {
  return pair.split(',') as [Address, Address];
}

export function isPair(member: Member): member is Pair {
  return member.includes(',');
}

export function familyOf(member: Member): 4 | 6 {
  return member.includes(':') ? 6 : 4;
}
