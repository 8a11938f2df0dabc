import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Verdict } from '../policy/ruleset.ts';

export type Question = { readonly name: Name; readonly type: number; readonly class: number };

/** What a client's OPT record said (RFC 6891); options we do not act on are forgotten. */
export type QueryEdns = {
  /** Largest UDP answer the client takes, in octets; under 512 counts as 512. */
  readonly size: number;
  readonly dnssecOk: boolean;
  readonly cookie?: Uint8Array;
  readonly keepalive: boolean;
  readonly padding: boolean;
};

/** A client's question, decoded and sound. */
export type Query = {
  readonly id: number;
  readonly question: Question;
  /** The question section as the client wrote it: the answer repeats its letter case. */
  readonly questionWire: Uint8Array;
  readonly recursionDesired: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  readonly edns?: QueryEdns;
  readonly client: Address;
  readonly transport: 'udp' | 'tcp';
};

/** One record; names in its data are spelled out, so it stands by itself. */
export type ResourceRecord = {
  readonly owner: Name;
  readonly type: number;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  readonly data: Uint8Array;
};

export type ExtendedError = { readonly code: number; readonly text: string };

/**
 * The records behind a question, encoded once: compression points only into the question, whose
 * length is the same for every client that asks, so these octets serve all of them.
 */
export type Sections = {
  readonly octets: Uint8Array;
  readonly answers: number;
  readonly authorities: number;
  /** Where each record's TTL stands in `octets`. */
  readonly ttlOffsets: readonly number[];
};

/** What an answer leads a client to besides the name asked. */
export type Link = { readonly name: Name } | { readonly address: Address };

/** A link, and the name whose record it stands in. */
export type Lead = { readonly from: Name; readonly to: Link };

/** What an upstream said to a question, reduced to what answers it. */
export type Answer = {
  readonly rcode: number;
  readonly sections: Sections;
  /** The same without the keys of Encrypted ClientHello, where the answer holds any. */
  readonly withoutEch?: Sections;
  /** The same without those keys and without HTTP/3, where the answer holds either: what is left, a gate can read. */
  readonly inSight?: Sections;
  /** CNAME and service targets and addresses, in the order a client meets them. */
  readonly leads: readonly Lead[];
  readonly authenticData: boolean;
  readonly extended: readonly ExtendedError[];
  /** Seconds it may be kept; 0 is not at all. */
  readonly ttl: number;
  /** A CNAME chain that the upstream left unfinished ends at this name. */
  readonly unfinished?: Name;
};

/** What a client is sent. */
export type Reply = {
  readonly rcode: number;
  readonly sections: Sections;
  /** Seconds to take off every TTL. */
  readonly age: number;
  /** Where set, the TTL of every record whatever its own: a stale answer's. */
  readonly ttl?: number;
  readonly authenticData: boolean;
  readonly extended: readonly ExtendedError[];
};

/** A question with everything that came of it. */
export type Outcome = {
  readonly query: Query;
  readonly reply: Reply;
  readonly verdict: Verdict;
  /** The link the verdict is about, where it is not the name asked. */
  readonly via?: Link;
  /** What upstream said, where the client was given that. */
  readonly answer?: Answer;
  readonly source: 'policy' | 'local' | 'cache' | 'stale' | 'upstream' | 'failure';
};
