import { readHeaders } from './headers.ts';
import { entryIn, isRefusal, type LoggedPacket, textIn } from './packet.ts';

/** LINKTYPE_NFLOG: what `tcpdump -i nflog:5` writes. */
export const NFLOG = 239;

/** `struct nfulnl_msg_packet_hdr` and its neighbours in linux/netfilter/nfnetlink_log.h. */
const [HEADER, TIMESTAMP, PAYLOAD, PREFIX] = [1, 3, 9, 10];
/** NF_INET_PRE_ROUTING. */
const BEFORE_ROUTING = 0;
/** Family, version and group come before the first attribute. */
const FIRST = 4;

/**
 * Reads a record of netfilter's log. Undefined for what is not ours (`foreign`) or makes no sense
 * (`unreadable`). Lengths and types are in the byte order of the machine that wrote it.
 */
export function readNflog(
  record: Buffer,
  time: number,
  isLittleEndian: boolean,
): LoggedPacket | 'foreign' | 'unreadable' {
  let prefix: string | undefined;
  let payload: Buffer | undefined;
  let stamp: number | undefined;
  let hook: number | undefined;
  for (let at = FIRST; at + 4 <= record.length; ) {
    const length = isLittleEndian ? record.readUInt16LE(at) : record.readUInt16BE(at);
    const type = isLittleEndian ? record.readUInt16LE(at + 2) : record.readUInt16BE(at + 2);
    if (length < 4) return 'unreadable';
    const value = record.subarray(at + 4, at + length); // what is cut off ends with the record
    if (type === PREFIX) prefix = textIn(value);
    else if (type === PAYLOAD) payload = value;
    else if (type === TIMESTAMP) stamp = timeOf(value);
    else if (type === HEADER) hook = value[2];
    at += (length + 3) & ~3;
  }
  const entry = prefix === undefined ? undefined : entryIn(prefix);
  if (entry === undefined) return 'foreign';
  const headers = payload && readHeaders(payload);
  if (!headers) return 'unreadable';
  const refused = isRefusal(entry, hook === BEFORE_ROUTING);
  return { time: stamp ?? time, entry, ...headers, refused };
}

/** Seconds and microseconds, eight octets each, the high ones first. */
function timeOf(value: Buffer): number | undefined {
  if (value.length < 16) return undefined;
  const [seconds, micros] = [value.readBigUInt64BE(0), value.readBigUInt64BE(8)];
  // A moment that no calendar has (ECMA-262 21.4.1.1) would be trouble wherever it is shown.
  if (seconds === 0n || seconds > 8_640_000_000_000n || micros > 999_999n) return undefined;
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}
