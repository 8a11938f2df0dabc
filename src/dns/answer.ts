import { isAtOrBelow, type Name, nameFromWire, ROOT } from '../policy/name.ts';
import { addressFromOctets } from '../policy/network.ts';
import { CLASS, RCODE, TYPE } from './constants.ts';
import type { Response } from './decode.ts';
import { encodeSections } from './encode.ts';
import type { Answer, Link, Question, ResourceRecord } from './message.ts';
import { malformed, u16 } from './reader.ts';
import { soaMinimum } from './rdata.ts';
import { decodeServiceBinding, dropEch, hasEch, hintsOf } from './svcb.ts';

/** Longest CNAME chain followed; real ones have two or three links. */
const CHAIN = 16;
/** Seconds: nothing is kept for longer, whatever its TTL (RFC 8767 section 4 names a week as sane). */
const LONGEST = 86_400;
/** Seconds a negative answer is kept at most (RFC 2308 section 5: one to three hours work well). */
const LONGEST_NEGATIVE = 10_800;

/**
 * Reduces what an upstream sent to what answers the question: the chain of CNAMEs from the name
 * asked, the records of the type asked at its end, and for a negative answer its SOA and proofs. All
 * else (glue, strangers' records, the additional section) is left out, so it can neither be cached
 * nor carry an address past the policy. Throws Malformed for a chain that loops.
 */
export function answerOf(question: Question, dnssecOk: boolean, response: Response): Answer {
  const chain = followChain(question, response.answers);
  const final = response.answers.filter(
    (record) => record.owner === chain.end && record.class === CLASS.IN && record.type === question.type,
  );
  const negative = final.length === 0;
  const kept = dedupe([...chain.records, ...final]);
  const soa = response.authorities.find(
    ({ type, owner, class: klass }) =>
      type === TYPE.SOA && klass === CLASS.IN && isAtOrBelow(chain.end, owner),
  );
  const negativeTtl = soa ? Math.min(ttlOf(soa), soaMinimum(soa.data), LONGEST_NEGATIVE) : 0;
  const proofs = dnssecOk ? response.authorities.filter(isProof) : [];
  const authorities = negative && soa ? [{ ...soa, ttl: negativeTtl }, ...proofs] : proofs;
  const signatures = dnssecOk ? signaturesOf(response.answers, kept) : [];
  const answers = levelTtls([...kept, ...signatures]);
  const ttls = [...answers, ...authorities].map(ttlOf);
  const cacheable = response.rcode === RCODE.NOERROR || response.rcode === RCODE.NXDOMAIN;
  const ttl = !cacheable || (negative && !soa) ? 0 : Math.min(LONGEST, ...ttls);
  const unfinished = negative && !soa && chain.records.length > 0 && response.rcode === RCODE.NOERROR;
  const stripped = answers.map(withoutEch);
  return {
    rcode: response.rcode,
    sections: encodeSections(question.name, answers, authorities),
    ...(stripped.some((record, i) => record !== answers[i])
      ? { withoutEch: encodeSections(question.name, stripped, authorities) }
      : {}),
    links: answers.flatMap(linksOf),
    authenticData: response.authenticData,
    extended: response.extended,
    ttl,
    ...(unfinished ? { unfinished: chain.end } : {}),
  };
}

type Chain = {
  /** CNAME and DNAME records passed, in the order a client follows them. */
  readonly records: readonly ResourceRecord[];
  readonly end: Name;
};

function followChain({ name, type }: Question, answers: readonly ResourceRecord[]): Chain {
  const records: ResourceRecord[] = [];
  const seen = new Set<Name>([name]);
  let end = name;
  for (;;) {
    if (type === TYPE.CNAME || answers.some((record) => record.owner === end && record.type === type)) break;
    const dname = answers.find(
      (record) => record.type === TYPE.DNAME && record.owner !== end && isAtOrBelow(end, record.owner),
    );
    const cname = answers.find((record) => record.type === TYPE.CNAME && record.owner === end);
    if (!cname) break;
    if (dname) records.push(dname);
    records.push(cname);
    end = nameFromWire(cname.data, 0, cname.data.length);
    if (seen.has(end) || seen.size > CHAIN) throw malformed('a CNAME chain does not end');
    seen.add(end);
  }
  return { records, end };
}

/** Records of one owner, type and data are one record (RFC 2181 section 5). */
function dedupe(records: readonly ResourceRecord[]): ResourceRecord[] {
  const seen = new Set<string>();
  return records.filter(({ owner, type, data }) => {
    const key = `${owner} ${type} ${Buffer.from(data).toString('latin1')}`;
    return seen.has(key) ? false : Boolean(seen.add(key));
  });
}

/** One TTL for each set of records, the lowest of it (RFC 2181 5.2). */
function levelTtls(records: readonly ResourceRecord[]): ResourceRecord[] {
  const lowest = new Map<string, number>();
  const key = ({ owner, type }: ResourceRecord) => `${owner} ${type}`;
  for (const record of records) {
    lowest.set(key(record), Math.min(ttlOf(record), lowest.get(key(record)) ?? LONGEST));
  }
  return records.map((record) => ({ ...record, ttl: lowest.get(key(record)) as number }));
}

/** RFC 2181 section 8: a TTL with its top bit set is 0. */
function ttlOf({ ttl }: ResourceRecord): number {
  return ttl >= 0x80000000 ? 0 : Math.min(ttl, LONGEST);
}

/** The signatures over sets that are kept (RFC 4034 section 3.1: the type covered comes first). */
function signaturesOf(
  answers: readonly ResourceRecord[],
  kept: readonly ResourceRecord[],
): ResourceRecord[] {
  return answers.filter(
    (signature) =>
      signature.type === TYPE.RRSIG &&
      kept.some(({ owner, type }) => owner === signature.owner && type === u16(signature.data, 0)),
  );
}

/** What proves to a validator that a name or type does not exist, or that a wildcard answered. */
function isProof({ type, data }: ResourceRecord): boolean {
  if (type === TYPE.NSEC || type === TYPE.NSEC3) return true;
  if (type !== TYPE.RRSIG) return false;
  const covered = u16(data, 0);
  return covered === TYPE.NSEC || covered === TYPE.NSEC3 || covered === TYPE.SOA;
}

function linksOf({ type, data }: ResourceRecord): Link[] {
  if (type === TYPE.A || type === TYPE.AAAA) return [{ address: addressFromOctets(data) }];
  if (type === TYPE.CNAME || type === TYPE.DNAME) return [{ name: nameFromWire(data, 0, data.length) }];
  if (type !== TYPE.SVCB && type !== TYPE.HTTPS) return [];
  const binding = decodeServiceBinding(data);
  const hints = hintsOf(binding).map((address) => ({ address }));
  return binding.target === ROOT ? hints : [{ name: binding.target }, ...hints];
}

function withoutEch(record: ResourceRecord): ResourceRecord {
  if (record.type !== TYPE.SVCB && record.type !== TYPE.HTTPS) return record;
  if (!hasEch(decodeServiceBinding(record.data))) return record;
  return { ...record, data: dropEch(record.data) };
}

/** A response whose chain was unfinished, continued with the response for the chain's end. */
export function joinResponses(first: Response, rest: Response): Response {
  const chain = first.answers.filter(({ type }) => type !== TYPE.RRSIG);
  return {
    ...rest,
    answers: [...chain, ...rest.answers],
    authenticData: first.authenticData && rest.authenticData,
  };
}
