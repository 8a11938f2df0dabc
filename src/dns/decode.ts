import type { Address } from '../policy/network.ts';
import { OPCODE, RCODE, TYPE } from './constants.ts';
import { bareEdnsOf, extendedErrorsOf, type Opt, queryEdnsOf, readOpt } from './edns.ts';
import type { ExtendedError, Query, QueryEdns, Question, ResourceRecord } from './message.ts';
import { readData } from './rdata.ts';
import { endOfName, Malformed, malformed, readName, u16, u32 } from './reader.ts';

const HEADER = 12;

/** A message that gets an error, or nothing at all, without a question having been understood. */
export type Refused =
  | { readonly kind: 'ignored' }
  | {
      readonly kind: 'error';
      readonly rcode: number;
      readonly id: number;
      readonly opcode: number;
      readonly recursionDesired: boolean;
      readonly checkingDisabled: boolean;
      /** What is known of it: the question for BADVERS, and EDNS where there was an OPT record. */
      readonly questionWire?: Uint8Array;
      readonly edns?: QueryEdns;
    };

/**
 * Reads what a client sent. Strict: one question (RFC 9619), no compression in it, sound records, one
 * OPT at most, nothing left over. A response is never answered, whatever else is wrong with it.
 */
export function decodeQuery(
  message: Uint8Array,
  client: Address,
  transport: 'udp' | 'tcp',
): Query | Refused {
  if (message.length < HEADER || (message[2] as number) & 0x80) return { kind: 'ignored' };
  const flags = u16(message, 2);
  const opcode = (flags >> 11) & 15;
  const recursionDesired = (flags & 0x0100) !== 0;
  const checkingDisabled = (flags & 0x0010) !== 0;
  const id = u16(message, 0);
  const error = (
    rcode: number,
    known: { questionWire?: Uint8Array; edns?: QueryEdns } = {},
  ): Refused => ({
    kind: 'error',
    rcode,
    id,
    opcode,
    recursionDesired,
    checkingDisabled,
    ...known,
  });
  // NOTIFY, UPDATE and the rest are between servers of a zone, and we serve none.
  if (opcode !== OPCODE.QUERY) return error(RCODE.NOTIMP);
  let opt: Opt | undefined;
  try {
    const questions = u16(message, 4);
    if (questions > 1) return error(RCODE.FORMERR);
    let at = HEADER;
    let question: Question | undefined;
    if (questions === 1) {
      question = readQuestion(message);
      at = endOfQuestion;
    }
    const questionWire = message.subarray(HEADER, at);
    opt = readQueryOpt(message, at);
    if (opt && opt.version > 0) {
      return error(RCODE.BADVERS, { questionWire, edns: bareEdnsOf(opt) });
    }
    const edns = opt ? queryEdnsOf(opt) : undefined;
    if (!question) {
      // RFC 7873 5.4: without a question, a client asks for a cookie and nothing else.
      return error(edns?.cookie ? RCODE.NOERROR : RCODE.FORMERR, edns ? { edns } : {});
    }
    return {
      id,
      question,
      questionWire,
      recursionDesired,
      authenticData: (flags & 0x0020) !== 0,
      checkingDisabled,
      ...(edns ? { edns } : {}),
      client,
      transport,
    };
  } catch (fault) {
    if (!(fault instanceof Malformed)) throw fault;
    // RFC 6891 section 7: a fault inside the OPT record is answered with one, so that the client does
    // not take us for a server that knows no EDNS.
    return error(RCODE.FORMERR, opt ? { edns: bareEdnsOf(opt) } : {});
  }
}

let endOfQuestion = 0;

function readQuestion(message: Uint8Array): Question {
  const name = readName(message, HEADER, message.length);
  const at = endOfName();
  if (at + 4 > message.length) throw malformed('the question is cut short');
  endOfQuestion = at + 4;
  return { name, type: u16(message, at), class: u16(message, at + 2) };
}

/** The OPT record of a query; everything else behind the question is only checked for soundness. */
function readQueryOpt(message: Uint8Array, start: number): Opt | undefined {
  const others = u16(message, 6) + u16(message, 8);
  const total = others + u16(message, 10);
  let at = start;
  let opt: Opt | undefined;
  for (let i = 0; i < total; i++) {
    const owner = message[at];
    readName(message, at, message.length);
    const record = readRecordHeader(message, endOfName());
    if (record.type === TYPE.OPT) {
      if (opt || i < others || owner !== 0) throw malformed('an OPT record where none may be');
      opt = readOpt(record.class, record.ttl, message.subarray(record.start, record.end));
    }
    at = record.end;
  }
  if (at !== message.length) throw malformed('octets are left over');
  return opt;
}

function readRecordHeader(message: Uint8Array, at: number) {
  if (at + 10 > message.length) throw malformed('a record is cut short');
  const start = at + 10;
  const end = start + u16(message, at + 8);
  if (end > message.length) throw malformed('record data runs off the end');
  return {
    type: u16(message, at),
    class: u16(message, at + 2),
    ttl: u32(message, at + 4),
    start,
    end,
  };
}

/** What an upstream sent. */
export type Response = {
  readonly id: number;
  readonly rcode: number;
  readonly truncated: boolean;
  readonly authenticData: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly extended: readonly ExtendedError[];
};

/** True where the octets are a response to the query with this id: what else arrives is not ours. */
export function isResponseTo(message: Uint8Array, id: number): boolean {
  return (
    message.length >= HEADER && u16(message, 0) === id && ((message[2] as number) & 0xf8) === 0x80 // QR set, opcode QUERY
  );
}

/**
 * How the question of a response compares with the one sent: the same octets, the same but for
 * letter case, or another.
 */
export function compareQuestion(message: Uint8Array, sent: Uint8Array): 'same' | 'case' | 'other' {
  if (u16(message, 4) !== 1 || message.length < HEADER + sent.length) return 'other';
  let result: 'same' | 'case' = 'same';
  for (let i = 0; i < sent.length; i++) {
    const a = message[HEADER + i] as number;
    const b = sent[i] as number;
    if (a === b) continue;
    const letter = (b | 0x20) >= 0x61 && (b | 0x20) <= 0x7a;
    // Type and class are the last four octets: a bit of theirs is no letter case.
    if ((a ^ b) !== 0x20 || !letter || i >= sent.length - 4) return 'other';
    result = 'case';
  }
  return result;
}

/** Reads an upstream's answer to the question of `questionLength` octets. Throws Malformed. */
export function decodeResponse(message: Uint8Array, questionLength: number): Response {
  const flags = u16(message, 2);
  const questionEnd = HEADER + questionLength;
  const answers: ResourceRecord[] = [];
  const authorities: ResourceRecord[] = [];
  const counts = [u16(message, 6), u16(message, 8), u16(message, 10)] as const;
  const truncated = (flags & 0x0200) !== 0;
  let opt: Opt | undefined;
  let at = questionEnd;
  for (const [section, count] of counts.entries()) {
    // What is cut off is asked for again over TCP, so only the flag matters.
    if (truncated) break;
    for (let i = 0; i < count; i++) {
      const owner = readName(message, at, message.length, questionEnd);
      const { type, class: klass, ttl, start, end } = readRecordHeader(message, endOfName());
      if (type === TYPE.OPT) {
        if (section !== 2 || opt) throw malformed('an OPT record where none may be');
        opt = readOpt(klass, ttl, message.subarray(start, end));
      } else if (section < 2) {
        const data = readData(message, type, start, end, questionEnd);
        (section === 0 ? answers : authorities).push({ owner, type, class: klass, ttl, data });
      }
      at = end;
    }
  }
  return {
    id: u16(message, 0),
    rcode: (flags & 15) | ((opt?.extendedRcode ?? 0) << 4),
    truncated,
    authenticData: (flags & 0x0020) !== 0,
    answers,
    authorities,
    extended: opt ? extendedErrorsOf(opt) : [],
  };
}
