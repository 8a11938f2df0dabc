import { type Headers, readHeaders } from './headers.ts';
import { textIn } from './packet.ts';

/** LINKTYPE_PFLOG. */
export const PFLOG = 117;

/** A packet that pf has logged: which rule it was, pf says only by its number. */
export type PfPacket = {
  readonly time: number;
  /** The last part of the anchor's name, at most 15 characters; empty for the main rules. */
  readonly anchor: string;
  /** Counted from 0 within the anchor. */
  readonly rule: number;
  readonly refused: boolean;
  readonly headers: Headers;
};

/**
 * `struct pfloghdr` of net/if_pflog.h. All layouts begin alike: FreeBSD's has 61 octets, from 13 on 69,
 * and OpenBSD's 100. Its length is in its first octet, and the packet follows at the next multiple of four.
 */
const [ACTION, ANCHOR, RULE, SUBRULE, LEAST] = [2, 20, 36, 40, 61];
const ANCHOR_SIZE = 16;
/** PF_DROP, which is what `block return` is too. */
const DROP = 1;
/** No rule of an anchor decided. */
const NONE = 0xffff_ffff;

/** Reads a record of pf's log; undefined where it makes no sense. */
export function readPflog(record: Buffer, time: number): PfPacket | undefined {
  const length = record[0] ?? 0;
  if (length < LEAST || record.length < length) return undefined;
  const headers = readHeaders(record.subarray((length + 3) & ~3));
  if (!headers) return undefined;
  const subrule = record.readUInt32BE(SUBRULE);
  return {
    time,
    anchor: textIn(record.subarray(ANCHOR, ANCHOR + ANCHOR_SIZE)),
    rule: subrule === NONE ? record.readUInt32BE(RULE) : subrule,
    refused: record[ACTION] === DROP,
    headers,
  };
}
