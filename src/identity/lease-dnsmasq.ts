import { withoutUndefined } from '../policy/defined.ts';
import { parseAddress } from '../policy/network.ts';
import { createTally, type ParseLeases } from './lease.ts';
import { macOf } from './mac.ts';

/**
 * Reads `dnsmasq.leases`: `EXPIRY MAC ADDRESS NAME CLIENT-ID`, and below the line `duid …` the same of
 * IPv6 with an association's number for a MAC address; 0 is for ever, `*` is nothing.
 */
export const parseDnsmasqLeases: ParseLeases = (text, now) => {
  const tally = createTally();
  for (const line of text.split('\n')) {
    const match = /^(\d{1,12}) (\S+) (\S+) (\S+)(?: |$)/.exec(line);
    if (!match) continue;
    const [, expiry = '', hardware = '', where = '', name = ''] = match;
    const isOver = expiry !== '0' && Number(expiry) * 1000 <= now;
    // Hardware that is no Ethernet has its type in front: `06-00:00:5e:00:53:17`.
    const mac = macOf(hardware) ?? macOf(hardware.replace(/^[\da-f]{2}-/i, ''));
    try {
      const lease = withoutUndefined({ host: name === '*' ? undefined : name, mac });
      tally.note(parseAddress(where), isOver ? undefined : lease);
    } catch {} // no address, so no lease
  }
  return tally.leases();
};
