import { type Address, parseAddress } from '../../policy/network.ts';
import { ParseError } from '../../policy/problem.ts';
import { entryIn, isRefusal, type LoggedPacket } from './packet.ts';

/**
 * What can stand before the message: a priority or a record's fields (/dev/kmsg), the time and the host
 * that a syslog writes, and the kernel's own clock. Whatever a program logs has that program's name
 * there, or a priority over 7 (its facility, RFC 5424 6.2.1), so what looks like ours is not taken for it.
 */
const BEFORE =
  /^(?:<[0-7]>|[0-7],\d+,\d+,[^;]{0,40};)?(?:(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?) \S{1,255} (?:kernel: )?)?(?:\[ *\d+\.\d+\] )?/;
/** The rule's own words, and then the kernel's. */
const LOGGED = /^(TW-[^ ]+) +IN=/;
const ENDS = / SRC=([0-9A-Fa-f.:]{1,45}) DST=([0-9A-Fa-f.:]{1,45}) /;
/** Before routing nobody knows yet where it leaves. */
const NOT_ROUTED = / OUT= /;
const PROTOCOL = / PROTO=([A-Z0-9-]{1,12})(?: |$)/;
const PORT = / DPT=(\d{1,5})(?: |$)/;

/** Reads a line of the kernel's log, or of a file that it is kept in. `time`: when it was read, in milliseconds since the epoch. */
export function readKernelLine(
  line: string,
  time: number,
): LoggedPacket | 'foreign' | 'unreadable' {
  const message = line.slice(BEFORE.exec(line)?.[0].length ?? 0);
  const prefix = LOGGED.exec(message)?.[1];
  const entry = prefix === undefined ? undefined : entryIn(prefix);
  if (entry === undefined) return 'foreign';
  const [, source, target] = ENDS.exec(message) ?? [];
  const from = source === undefined ? undefined : addressIn(source);
  const to = target === undefined ? undefined : addressIn(target);
  if (from === undefined || to === undefined) return 'unreadable';
  const protocol = PROTOCOL.exec(message)?.[1];
  const transport = protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'other';
  // An ICMP error quotes the packet it is about: those ports are not its own.
  const port = transport === 'other' ? undefined : Number(PORT.exec(message)?.[1] ?? Number.NaN);
  const isPort = port !== undefined && port < 0x10000;
  const refused = isRefusal(entry, NOT_ROUTED.test(message));
  return { time, entry, from, to, transport, ...(isPort ? { port } : {}), refused };
}

function addressIn(text: string): Address | undefined {
  try {
    return parseAddress(text);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}
