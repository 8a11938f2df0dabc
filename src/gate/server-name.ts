import { MAX_NAME, type Name, nameFromWire } from '../policy/name.ts';
import { fault } from './vector.ts';

const MAX_LABEL = 63;
const DOT = 0x2e;

/**
 * 1 for what host names are made of: letters, digits, hyphen, and the underscore that some clients use. nginx
 * takes `www.example.com:443` for `www.example.com`, others may cut at a NUL or make A-labels of what is not
 * ASCII; then another name would be served than the one judged.
 */
const HOST = Uint8Array.from({ length: 256 }, (_, octet) =>
  /[a-z0-9_-]/i.test(String.fromCharCode(octet)) ? 1 : 0,
);

const wire = new Uint8Array(MAX_NAME);

/**
 * The name that a TLS client means (RFC 6066 section 3). A final dot, which is forbidden there, means nothing, as
 * to nginx. An IPv4 address, forbidden as well, is a name like any other: no rule and
 * no server has it. Throws Fault where it is no host name.
 */
export function serverNameOf(octets: Uint8Array): Name {
  const end = octets.at(-1) === DOT ? octets.length - 1 : octets.length;
  if (end + 2 > MAX_NAME) throw fault('the server name is over 255 octets');
  let lengthAt = 0;
  for (let i = 0; i <= end; i++) {
    const octet = octets[i] as number;
    if (i === end || octet === DOT) {
      const length = i - lengthAt;
      if (length === 0) throw fault('the server name has an empty label');
      if (length > MAX_LABEL) throw fault('the server name has a label over 63 octets');
      wire[lengthAt] = length;
      lengthAt = i + 1;
    } else if (HOST[octet] === 1) wire[i + 1] = octet;
    else throw fault('the server name is no host name');
  }
  wire[end + 1] = 0;
  return nameFromWire(wire, 0, end + 2);
}
