import type { Name } from '../../policy/name.ts';
import type { Address } from '../../policy/network.ts';
import type { Judged } from './judged.ts';

/** The types that are asked for. */
export type AskedType = 'A' | 'AAAA' | 'NS' | 'CNAME' | 'SOA' | 'TXT' | 'DS' | 'DNSKEY' | 'CAA';

/** A record as it came: `data` in wire form, names in it spelled out. */
export type Found = { readonly owner: Name; readonly type: string; readonly data: Uint8Array };

/** What a server said to one question, or why it said nothing that could be read. */
export type Said =
  | {
      readonly kind: 'said';
      /** `NOERROR`, `NXDOMAIN`, … */
      readonly rcode: string;
      /** True where it speaks for the zone itself. */
      readonly authoritative: boolean;
      readonly answers: readonly Found[];
      readonly authorities: readonly Found[];
    }
  | { readonly kind: 'silent'; readonly why: string };

type Key = `${Name} ${AskedType}`;
export type Question = readonly [name: Name, type: AskedType];

/** A server, and all that it was asked. */
export type Witness = {
  /** As people are told of it: `ns1.example.com (192.0.2.53)`. */
  readonly label: string;
  readonly answers: ReadonlyMap<Key, Said>;
};

/** A server of a zone: what NS records call it, unless it was named by its address. */
export type ZoneServer = Witness & { readonly name?: Name };

/** What came of a TLS handshake with an agent's door. */
export type Met = {
  readonly name: Name;
  readonly address: Address;
} & (
  | { readonly kind: 'failed'; readonly why: string }
  | {
      readonly kind: 'met';
      /** Why this machine does not trust it; none where it does. Names and dates do not count here. */
      readonly distrust?: string;
      readonly issuer: { readonly organisation: string; readonly commonName: string };
      readonly names: readonly string[];
      /** Milliseconds since the epoch. */
      readonly from: number;
      readonly until: number;
    }
);

/** All that is found out about an ingress before anything is concluded from it. */
export type Facts = {
  /** The zone that delegates it. */
  readonly zone: Name;
  /** Asked without recursion, as are those of the child. */
  readonly parent: readonly ZoneServer[];
  readonly child: readonly ZoneServer[];
  /** The resolvers that clients here ask. */
  readonly resolvers: readonly Witness[];
  /** Whoever sees the public DNS: what our own resolver refuses, too. */
  readonly outside: Witness;
  readonly judged: Judged;
  /** Undefined where nobody wanted a connection. */
  readonly met?: readonly Met[];
  /** Milliseconds since the epoch. */
  readonly now: number;
};

const UNASKED: Said = { kind: 'silent', why: 'was not asked' };

export function keyOf(name: Name, type: AskedType): Key {
  return `${name} ${type}`;
}

/** What a server said to a question. */
export function heard({ answers }: Witness, name: Name, type: AskedType): Said {
  return answers.get(keyOf(name, type)) ?? UNASKED;
}
