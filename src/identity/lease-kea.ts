import { withoutUndefined } from '../policy/defined.ts';
import { parseAddress } from '../policy/network.ts';
import { createTally, type ParseLeases } from './lease.ts';
import { macOf } from './mac.ts';

/** What the numbers of Kea's columns mean that we look at. */
const [ACTIVE, PREFIX] = ['0', '2'];

/**
 * Reads `kea-leases4.csv` or `kea-leases6.csv`: columns by the title line, as versions differ. A lease that
 * was given back is written again with no time left.
 */
export const parseKeaLeases: ParseLeases = (text, now) => {
  const tally = createTally();
  const [titles = '', ...lines] = text.split('\n');
  const columns = titles.trim().split(',');
  const [at, hardware, expire, name, state, type] = [
    ...['address', 'hwaddr', 'expire', 'hostname', 'state', 'lease_type'],
  ].map((title) => columns.indexOf(title)) as [number, number, number, number, number, number];
  for (const line of lines) {
    const cells = line.trimEnd().split(',');
    if (cells.length < columns.length || cells[type] === PREFIX) continue;
    const isHeld = cells[state] === ACTIVE && Number(cells[expire]) * 1000 > now;
    const host = unescaped(cells[name] ?? '').replace(/\.$/, '');
    try {
      const lease = withoutUndefined({
        host: host || undefined,
        mac: macOf(cells[hardware] ?? ''),
      });
      tally.note(parseAddress(cells[at] ?? ''), isHeld ? lease : undefined);
    } catch {} // no address, so no lease
  }
  return tally.leases();
};

/** Kea writes a comma of a value as `&#x2c`, and other octets that would break a line alike. */
function unescaped(cell: string): string {
  return cell.replace(/&#x([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
