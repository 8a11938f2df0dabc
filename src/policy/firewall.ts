import type { Address, Network } from './network.ts';

/** The name of a network interface, as Linux (15 octets) and the BSDs write them. */
export const LINK = /^[A-Za-z][A-Za-z0-9._@-]{0,14}$/;

/**
 * What a packet filter's rule set is made of; each can be left out.
 *
 * - capture: port 53 is sent to our resolver
 * - resolvers: DNS over TLS, QUIC and HTTPS to others is refused
 * - addresses: addresses of blocked names, and networks of the policy and the catalogue
 * - sni: TLS server names on addresses that allowed names share
 * - fronts: connections to the fronts of many, where only blocked TLS names are refused, go to the gate
 * - ports: the ports that only a blocked service uses, and ssh to its fronts
 */
export const FIREWALL_PARTS = [
  'capture',
  'resolvers',
  'addresses',
  'sni',
  'fronts',
  'ports',
] as const;

/** Without the fronts: a gate that closes what it does not know would cut off all their customers. */
export const USUAL_PARTS = ['capture', 'resolvers', 'addresses', 'sni', 'ports'] as const;

export type FirewallPart = (typeof FIREWALL_PARTS)[number];

/** How the policy's firewall rule sets are to look. */
export type FirewallSettings = {
  /** Interfaces that clients are behind. */
  readonly lan: readonly string[];
  /** Where captured questions go; none is the gateway itself. At most one of each family counts. */
  readonly resolver: readonly Address[];
  /** Machines that may ask foreign resolvers, and be asked. */
  readonly exempt: readonly Network[];
  /** The gate's port on the gateway; undefined where there is no gate. */
  readonly gate?: number;
  /** The gate is reached by TPROXY instead of REDIRECT. */
  readonly transparent: boolean;
  /** NFLOG group, or number of the pflog interface. */
  readonly logGroup: number;
  readonly parts: readonly FirewallPart[];
  /** The file of the address book, seen from the policy file. */
  readonly book: string;
};
