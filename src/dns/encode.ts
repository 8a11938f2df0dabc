import { type Name, nameFromWire, nameToWire, parentOf, ROOT } from '../policy/name.ts';
import { OPTION, TYPE } from './constants.ts';
import type { Refused } from './decode.ts';
import { extendedErrorWire, optionWire, PAYLOAD } from './edns.ts';
import type { Query, QueryEdns, Reply, ResourceRecord, Sections } from './message.ts';
import { offsetOfName } from './rdata.ts';

const HEADER = 12;
const OPT_LENGTH = 11;
/** What 14 bits of a compression pointer can reach (RFC 1035 4.1.4). */
const POINTABLE = 0x4000;

export const NO_RECORDS: Sections = {
  octets: new Uint8Array(0),
  answers: 0,
  authorities: 0,
  ttlOffsets: [],
};

/**
 * Writes records as they stand behind the question `name`. Owners, and names in data where the type
 * allows it (RFC 3597 section 4), are compressed.
 */
export function encodeSections(
  name: Name,
  answers: readonly ResourceRecord[],
  authorities: readonly ResourceRecord[],
): Sections {
  if (answers.length === 0 && authorities.length === 0) return NO_RECORDS;
  const writer = createWriter(name);
  const ttlOffsets: number[] = [];
  for (const record of [...answers, ...authorities]) {
    writer.name(record.owner);
    writer.u16(record.type);
    writer.u16(record.class);
    ttlOffsets.push(writer.length());
    writer.u16(record.ttl >>> 16);
    writer.u16(record.ttl & 0xffff);
    writer.data(record);
  }
  return {
    octets: writer.finish(),
    answers: answers.length,
    authorities: authorities.length,
    ttlOffsets,
  };
}

/** Appends to a growing buffer that starts behind the question of `name` in a message. */
function createWriter(name: Name) {
  let buffer = Buffer.allocUnsafe(512);
  let length = 0;
  const question = nameToWire(name);
  const start = HEADER + question.length + 4;
  // Where each name that can be pointed at stands in the message: first of all, the question's.
  const places = new Map<Name, number>();
  for (let suffix = name, at = 0; suffix !== ROOT; suffix = parentOf(suffix)) {
    places.set(suffix, HEADER + at);
    at += (question[at] as number) + 1;
  }

  function reserve(octets: number): void {
    if (length + octets <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, length + octets));
    buffer.copy(larger, 0, 0, length);
    buffer = larger;
  }
  function bytes(octets: Uint8Array): void {
    reserve(octets.length);
    buffer.set(octets, length);
    length += octets.length;
  }
  function u16(value: number): void {
    reserve(2);
    length = buffer.writeUInt16BE(value, length);
  }
  /** `spelled`, its wire form, keeps the letter case of the part that is written out. */
  function writeName(whole: Name, spelled?: Uint8Array): void {
    const place = places.get(whole);
    if (place !== undefined) {
      u16(0xc000 | place);
      return;
    }
    const wire = spelled ?? nameToWire(whole);
    const here = start + length;
    let at = 0;
    let suffix = whole;
    while (suffix !== ROOT && !places.has(suffix)) {
      if (here + at < POINTABLE) places.set(suffix, here + at);
      at += (wire[at] as number) + 1;
      suffix = parentOf(suffix);
    }
    bytes(wire.subarray(0, at));
    if (suffix === ROOT) bytes(Uint8Array.of(0));
    else u16(0xc000 | (places.get(suffix) as number));
  }
  function writeData({ type, data }: ResourceRecord): void {
    u16(0);
    const from = length;
    const offset = offsetOfName(type);
    if (offset === undefined) bytes(data);
    else {
      bytes(data.subarray(0, offset));
      let at = offset;
      for (let names = type === TYPE.SOA ? 2 : 1; names > 0; names--) {
        let end = at;
        while (data[end] !== 0) end += (data[end] as number) + 1;
        end += 1;
        writeName(nameFromWire(data, at, end), data.subarray(at, end));
        at = end;
      }
      bytes(data.subarray(at));
    }
    buffer.writeUInt16BE(length - from, from - 2);
  }
  return {
    name: (whole: Name) => writeName(whole),
    data: writeData,
    u16,
    length: () => length,
    finish: () => Uint8Array.from(buffer.subarray(0, length)),
  };
}

/** What the server adds to the options of an answer over and above what the reply says. */
export type Extras = {
  /** A whole cookie option value, client part and ours. */
  readonly cookie?: Uint8Array;
  /** Tenths of a second a TCP connection may idle (RFC 7828 3.1). */
  readonly keepalive?: number;
};

/** The reply to a query, within what its transport and its client take; TC is set where it is not. */
export function encodeReply(query: Query, reply: Reply, extras: Extras): Buffer {
  const { edns, questionWire } = query;
  const limit = query.transport === 'tcp' ? 65535 : Math.min(edns?.size ?? 512, PAYLOAD);
  const fixed = HEADER + questionWire.length + (edns ? OPT_LENGTH : 0);
  const options = edns ? optionsFor(edns, extras) : [];
  const room = limit - fixed;
  let optionsLength = lengthOf(options);
  // An explanation is worth less than the answer it would push out; a cookie is not, since a client
  // that was given one before takes an answer without it for forged (RFC 7873 section 5.3).
  for (const error of edns ? reply.extended.map(extendedErrorWire) : []) {
    if (reply.sections.octets.length + optionsLength + error.length > room) break;
    options.push(error);
    optionsLength += error.length;
  }
  const fits = reply.sections.octets.length + optionsLength <= room;
  const sections = fits ? reply.sections : NO_RECORDS;
  const padding = paddingFor(query, fixed + sections.octets.length + optionsLength);
  const message = Buffer.allocUnsafe(
    fixed + sections.octets.length + optionsLength + (padding?.length ?? 0),
  );
  const authentic = reply.authenticData && (query.authenticData || edns?.dnssecOk === true);
  message.writeUInt16BE(query.id, 0);
  message[2] = 0x80 | (fits ? 0 : 0x02) | (query.recursionDesired ? 0x01 : 0);
  message[3] =
    0x80 | (authentic ? 0x20 : 0) | (query.checkingDisabled ? 0x10 : 0) | (reply.rcode & 15);
  message.writeUInt32BE(0x10000 | sections.answers, 4);
  message.writeUInt32BE(sections.authorities * 0x10000 + (edns ? 1 : 0), 8);
  message.set(questionWire, HEADER);
  let at = HEADER + questionWire.length;
  message.set(sections.octets, at);
  setTtls(message, at, sections, reply);
  at += sections.octets.length;
  if (edns) {
    const parts = padding ? [...options, padding] : options;
    writeOpt(
      message,
      at,
      edns.dnssecOk,
      reply.rcode >> 4,
      parts,
      optionsLength + (padding?.length ?? 0),
    );
  }
  return message;
}

function setTtls(message: Buffer, base: number, sections: Sections, { age, ttl }: Reply): void {
  if (age === 0 && ttl === undefined) return;
  for (const offset of sections.ttlOffsets) {
    const left = ttl ?? Math.max(0, message.readUInt32BE(base + offset) - age);
    message.writeUInt32BE(left, base + offset);
  }
}

function optionsFor(edns: QueryEdns, { cookie, keepalive }: Extras): Uint8Array[] {
  const options: Uint8Array[] = [];
  if (cookie) options.push(optionWire(OPTION.COOKIE, cookie));
  if (edns.keepalive && keepalive !== undefined) {
    options.push(optionWire(OPTION.KEEPALIVE, Uint8Array.of(keepalive >> 8, keepalive & 0xff)));
  }
  return options;
}

/**
 * Padding for a client that padded its query (RFC 7830 section 4), in blocks of 468 octets (RFC 8467
 * 4.1). Never over UDP, where it would only help an amplifier.
 */
function paddingFor(query: Query, length: number): Uint8Array | undefined {
  if (query.transport !== 'tcp' || !query.edns?.padding) return undefined;
  const size = Math.ceil((length + 4) / 468) * 468 - length - 4;
  return length + 4 + size > 65535 ? undefined : optionWire(OPTION.PADDING, new Uint8Array(size));
}

function writeOpt(
  message: Buffer,
  start: number,
  dnssecOk: boolean,
  extendedRcode: number,
  options: readonly Uint8Array[],
  optionsLength: number,
): void {
  message[start] = 0;
  message.writeUInt16BE(TYPE.OPT, start + 1);
  message.writeUInt16BE(PAYLOAD, start + 3);
  message.writeUInt32BE(((extendedRcode << 24) | (dnssecOk ? 0x8000 : 0)) >>> 0, start + 5);
  message.writeUInt16BE(optionsLength, start + 9);
  let at = start + OPT_LENGTH;
  for (const option of options) {
    message.set(option, at);
    at += option.length;
  }
}

/** The answer to a message that was no question: its error, and of itself only what was sound. */
export function encodeRefused(
  refused: Extract<Refused, { kind: 'error' }>,
  extras: Extras,
): Buffer {
  const { questionWire, edns } = refused;
  const options = edns ? optionsFor(edns, extras) : [];
  const optionsLength = lengthOf(options);
  const questions = questionWire && questionWire.length > 0 ? questionWire : undefined;
  const fixed = HEADER + (questions?.length ?? 0);
  const message = Buffer.alloc(fixed + (edns ? OPT_LENGTH + optionsLength : 0));
  message.writeUInt16BE(refused.id, 0);
  message[2] = 0x80 | (refused.opcode << 3) | (refused.recursionDesired ? 0x01 : 0);
  message[3] = 0x80 | (refused.checkingDisabled ? 0x10 : 0) | (refused.rcode & 15);
  message.writeUInt16BE(questions ? 1 : 0, 4);
  message.writeUInt16BE(edns ? 1 : 0, 10);
  if (questions) message.set(questions, HEADER);
  if (edns) writeOpt(message, fixed, edns.dnssecOk, refused.rcode >> 4, options, optionsLength);
  return message;
}

/** A question to an upstream: always our own words, never a client's octets. */
export function encodeUpstreamQuery(
  id: number,
  questionWire: Uint8Array,
  flags: { readonly dnssecOk: boolean; readonly checkingDisabled: boolean },
  edns: boolean,
  padTo = 0,
): Buffer {
  const bare = HEADER + questionWire.length + (edns ? OPT_LENGTH : 0);
  // RFC 8467 4.1: queries in blocks of 128 octets, on encrypted transports.
  const pad = edns && padTo > 0 ? Math.ceil((bare + 4) / padTo) * padTo - bare - 4 : undefined;
  const options = pad === undefined ? [] : [optionWire(OPTION.PADDING, new Uint8Array(pad))];
  const optionsLength = lengthOf(options);
  const message = Buffer.alloc(bare + optionsLength);
  message.writeUInt16BE(id, 0);
  message[2] = 0x01; // RD
  message[3] = 0x20 | (flags.checkingDisabled ? 0x10 : 0); // AD: tell us too (RFC 6840 5.7)
  message.writeUInt16BE(1, 4);
  message.writeUInt16BE(edns ? 1 : 0, 10);
  message.set(questionWire, HEADER);
  if (edns) {
    writeOpt(message, HEADER + questionWire.length, flags.dnssecOk, 0, options, optionsLength);
  }
  return message;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
