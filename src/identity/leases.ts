import type { ParseLeases } from './lease.ts';
import { parseDhcpdLeases } from './lease-dhcpd.ts';
import { parseDnsmasqLeases } from './lease-dnsmasq.ts';
import { parseKeaLeases } from './lease-kea.ts';

/** Where DHCP servers keep their leases, as they and the common distributions have it. */
export const USUAL_LEASES: readonly string[] = [
  '/var/lib/misc/dnsmasq.leases',
  '/var/lib/dnsmasq/dnsmasq.leases',
  '/var/lib/NetworkManager/dnsmasq.leases',
  '/tmp/dhcp.leases', // OpenWrt
  '/etc/pihole/dhcp.leases',
  '/var/db/dnsmasq.leases', // FreeBSD
  '/var/lib/dhcp/dhcpd.leases',
  '/var/lib/dhcpd/dhcpd.leases',
  '/var/db/dhcpd/dhcpd.leases',
  '/var/db/dhcpd.leases',
  '/var/lib/kea/kea-leases4.csv',
  '/var/lib/kea/kea-leases6.csv',
  '/var/db/kea/kea-leases4.csv',
  '/var/db/kea/kea-leases6.csv',
];

/**
 * The files that make up a lease file, the oldest first: while Kea tidies up, what it has tidied stands in
 * `.2` and what it is about to in `.1`.
 */
export function partsOf(file: string): readonly string[] {
  return file.endsWith('.csv') ? [`${file}.2`, `${file}.1`, file] : [file];
}

/** Reads a lease file of whichever server: they are told apart by how they look. */
export const parseLeases: ParseLeases = (text, now) => formatOf(text)(text, now);

function formatOf(text: string): ParseLeases {
  if (/^address,(?:hwaddr|duid),/.test(text)) return parseKeaLeases;
  return /^(?:\d+ \S+ \S+ \S+|duid \S+)/.test(text) ? parseDnsmasqLeases : parseDhcpdLeases;
}
