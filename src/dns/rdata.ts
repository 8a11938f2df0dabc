import packet from 'dns-packet';
import { TYPE } from './constants.ts';
import { endOfName, malformed, readNameWire, u16 } from './reader.ts';
import { checkServiceBinding } from './svcb.ts';

/**
 * How the data of a type is laid out where it holds names: `fixed` octets, then `names` names, then
 * whatever follows. Only these types can be compressed (RFC 3597 section 4), so only these are
 * spelled out; all others pass bit for bit.
 */
const LAYOUTS: ReadonlyMap<number, { fixed: number; names: number; tail: number | 'any' }> =
  new Map([
    ...[TYPE.NS, TYPE.MD, TYPE.MF, TYPE.CNAME, TYPE.MB, TYPE.MG, TYPE.MR, TYPE.PTR, TYPE.DNAME].map(
      (type) => [type, { fixed: 0, names: 1, tail: 0 }] as const,
    ),
    ...[TYPE.MX, TYPE.AFSDB, TYPE.RT, TYPE.KX].map(
      (type) => [type, { fixed: 2, names: 1, tail: 0 }] as const,
    ),
    [TYPE.SOA, { fixed: 0, names: 2, tail: 20 }],
    [TYPE.MINFO, { fixed: 0, names: 2, tail: 0 }],
    [TYPE.RP, { fixed: 0, names: 2, tail: 0 }],
    [TYPE.PX, { fixed: 2, names: 2, tail: 0 }],
    [TYPE.SRV, { fixed: 6, names: 1, tail: 0 }],
    [TYPE.SIG, { fixed: 18, names: 1, tail: 'any' }],
    [TYPE.RRSIG, { fixed: 18, names: 1, tail: 'any' }],
    [TYPE.NXT, { fixed: 0, names: 1, tail: 'any' }],
    [TYPE.NSEC, { fixed: 0, names: 1, tail: 'any' }],
  ]);

/**
 * The data of a record that stands at `message[start..end)`, with its names spelled out and its
 * shape checked; where it holds none, those very octets. Throws Malformed.
 */
export function readData(
  message: Uint8Array,
  type: number,
  start: number,
  end: number,
  questionEnd: number,
): Uint8Array {
  if (type === TYPE.NAPTR) return readNaptr(message, start, end, questionEnd);
  const layout = LAYOUTS.get(type);
  if (!layout) {
    const data = message.subarray(start, end);
    checkShape(type, data);
    return data;
  }
  if (start + layout.fixed > end) throw malformed('record data is too short');
  const parts = [message.subarray(start, start + layout.fixed)];
  let at = start + layout.fixed;
  for (let i = 0; i < layout.names; i++) {
    parts.push(readNameWire(message, at, end, questionEnd).slice());
    at = endOfName();
  }
  if (layout.tail !== 'any' && end - at !== layout.tail)
    throw malformed('record data has a wrong length');
  parts.push(message.subarray(at, end));
  const data = concat(parts);
  // Names that were compressed into each other can make it longer than its length field can say.
  if (data.length > 0xffff)
    throw malformed('record data is too long once its names are spelled out');
  return data;
}

/** Two numbers, three strings and a name (RFC 3403 section 4.1). */
function readNaptr(
  message: Uint8Array,
  start: number,
  end: number,
  questionEnd: number,
): Uint8Array {
  let at = start + 4;
  for (let i = 0; i < 3; i++) at += 1 + (at < end ? (message[at] as number) : 0);
  if (at >= end) throw malformed('NAPTR data is too short');
  const name = readNameWire(message, at, end, questionEnd).slice();
  if (endOfName() !== end) throw malformed('NAPTR data has a wrong length');
  return concat([message.subarray(start, at), name]);
}

/** The types whose data has one shape that a client's parser would trip over. */
function checkShape(type: number, data: Uint8Array): void {
  if (type === TYPE.A && data.length !== 4) throw malformed('an A record is not 4 octets');
  if (type === TYPE.AAAA && data.length !== 16) throw malformed('an AAAA record is not 16 octets');
  if (type === TYPE.SVCB || type === TYPE.HTTPS) checkServiceBinding(data);
  if (type === TYPE.TXT || type === TYPE.SPF) {
    let at = 0;
    while (at < data.length) at += 1 + (data[at] as number);
    if (at !== data.length || at === 0) throw malformed('TXT strings do not fill the record');
  }
}

/** Where the name stands in the data of the types we compress when writing. */
export function offsetOfName(type: number): number | undefined {
  if (type === TYPE.CNAME || type === TYPE.NS || type === TYPE.PTR || type === TYPE.SOA) return 0;
  return type === TYPE.MX ? 2 : undefined;
}

/** SOA's last field: how long a negative answer may be kept, in seconds (RFC 2308 section 4). */
export function soaMinimum(data: Uint8Array): number {
  return u16(data, data.length - 4) * 0x10000 + u16(data, data.length - 2);
}

/** The few SOAs of ours, one for each time to keep them; a refusal is too frequent to encode each. */
const soas = new Map<number, Uint8Array>();

/** The data of an SOA of ours: it is there so that a negative answer is kept `minimum` seconds. */
export function soaData(minimum: number): Uint8Array {
  const known = soas.get(minimum);
  if (known) return known;
  const data = encodeData({
    type: 'SOA',
    name: '.',
    data: {
      mname: 'localhost',
      rname: 'nobody.invalid',
      serial: 1,
      refresh: 3600,
      retry: 600,
      expire: 86400,
      minimum,
    },
  });
  soas.set(minimum, data);
  return data;
}

export function txtData(text: string): Uint8Array {
  return encodeData({ type: 'TXT', name: '.', data: text });
}

/** The data of a record as dns-packet writes it, for the few records we make ourselves. */
export function encodeData(record: packet.Answer): Uint8Array {
  const message = packet.encode({ type: 'response', answers: [record] });
  // Header, the root as owner, then type, class, TTL and length: the data follows at a fixed place.
  return message.subarray(12 + 1 + 10);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
