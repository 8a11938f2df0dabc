import type { Address } from '../policy/network.ts';

/** What can be known of a client. */
export const FACT_KINDS = ['person', 'device', 'team', 'host', 'mac', 'vendor'] as const;
export type FactKind = (typeof FACT_KINDS)[number];

/** Where a fact comes from: the most trustworthy first. */
export const FACT_SOURCES = ['inventory', 'lease', 'hosts', 'reverse-dns', 'neighbour'] as const;
export type FactSource = (typeof FACT_SOURCES)[number];

/** Something that a source says of a client. Values come from strangers: never shown as they are. */
export type Fact = {
  readonly client: Address;
  readonly kind: FactKind;
  readonly value: string;
  readonly source: FactSource;
  /** When the source said so last, in milliseconds since the epoch. */
  readonly time: number;
};
