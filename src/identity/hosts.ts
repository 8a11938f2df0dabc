import { type Address, parseSocketAddress } from '../policy/network.ts';

/** Reads a hosts file: the first name of each address. Lines that are none are passed over. */
export function parseHosts(text: string): ReadonlyMap<Address, string> {
  const hosts = new Map<Address, string>();
  for (const line of text.split('\n')) {
    const [where, name] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!where || !name) continue;
    try {
      const address = parseSocketAddress(where);
      if (!hosts.has(address)) hosts.set(address, name);
    } catch {} // no address, so no line of ours
  }
  return hosts;
}
