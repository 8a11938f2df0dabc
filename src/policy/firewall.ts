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

export type FirewallPart = (typeof FIREWALL_PARTS)[number];

/**
 * Why the packet filter sends a connection to the gate: its address is shared with a sanctioned name,
 * and only what is allowed passes; or it is a front of many, and only what is blocked does not.
 */
export const LANES = ['shared', 'fronts'] as const;
export type Lane = (typeof LANES)[number];

/** Where the gate takes connections of a lane: at its port, and at the next one. */
export function gatePortOf(gate: number, lane: Lane): number {
  return lane === 'shared' ? gate : gate + 1;
}

/** How the policy's firewall rule sets are to look. */
export type FirewallSettings = {
  /** Interfaces that clients are behind. */
  readonly lan: readonly string[];
  /** Where captured questions go; none is the gateway itself. At most one of each family counts. */
  readonly resolver: readonly Address[];
  /** Machines that may ask foreign resolvers, and be asked. */
  readonly exempt: readonly Network[];
  /** The gate's port on the gateway, for what is shared, with the next one for fronts; undefined where there is no gate. */
  readonly gate?: number;
  /** The refuser's port on the gateway; undefined where there is none. */
  readonly refuser?: number;
  /** The gate is reached by TPROXY instead of REDIRECT. */
  readonly transparent: boolean;
  /** NFLOG group, or number of the pflog interface. */
  readonly logGroup: number;
  readonly parts: readonly FirewallPart[];
  /** The file of the address book, seen from the policy file. */
  readonly book: string;
};
