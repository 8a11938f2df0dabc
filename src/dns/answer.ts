import { isAtOrBelow, type Name, nameFromWire, ROOT } from '../policy/name.ts';
import { type Address, addressFromOctets, translatedAddress } from '../policy/network.ts';
import { CLASS, RCODE, TYPE } from './constants.ts';
import type { Response } from './decode.ts';
import { encodeSections } from './encode.ts';
import type { Answer, Lead, Question, ResourceRecord } from './message.ts';
import { soaMinimum } from './rdata.ts';
import { malformed, u16 } from './reader.ts';
import { decodeServiceBinding, dropEch, hintsOf, keepInSight } from './svcb.ts';

/** Longest CNAME chain followed; real ones have two or three links. */
const CHAIN = 16;
/** Seconds: nothing is kept for longer, whatever its TTL (RFC 8767 section 4 names a week as sane). */
const LONGEST = 86_400;
/** Seconds a negative answer is kept at most (RFC 2308 section 5: one to three hours work well). */
const LONGEST_NEGATIVE = 10_800;

/** Octets of records that fit a message of 65535 beside the longest question and options of ours. */
const LONGEST_SECTIONS = 65_000;

/**
 * Reduces what an upstream sent to what answers the question: the chain of CNAMEs from the name
 * asked, the records of the type asked at its end, and for a negative answer its SOA and proofs. All
 * else (glue, strangers' records, the additional section) is left out, so it can neither be cached
 * nor carry an address past the policy. Throws Malformed for a chain that loops, and for
 * more records than a message of ours can hold.
 */
export function answerOf(question: Question, dnssecOk: boolean, response: Response): Answer {
  const received = dedupe(response.answers.filter(isInternet));
  const chain = followChain(question, received);
  const final = received.filter(
    (record) => record.owner === chain.end && record.type === question.type,
  );
  const negative = final.length === 0;
  const kept = [...chain.records, ...final];
  const authority = response.authorities.filter(isInternet);
  const soa = authority.find(
    ({ type, owner }) => type === TYPE.SOA && isAtOrBelow(chain.end, owner),
  );
  const negativeTtl = soa ? Math.min(ttlOf(soa), soaMinimum(soa.data), LONGEST_NEGATIVE) : 0;
  const proofs = dnssecOk ? levelTtls(authority.filter(isProof)) : [];
  const authorities = negative && soa ? [{ ...soa, ttl: negativeTtl }, ...proofs] : proofs;
  const signatures = dnssecOk ? signaturesOf(received, kept) : [];
  const answers = levelTtls([...kept, ...signatures]);
  const ttls = [...answers, ...authorities].map(({ ttl }) => ttl);
  const cacheable = response.rcode === RCODE.NOERROR || response.rcode === RCODE.NXDOMAIN;
  const ttl = !cacheable || (negative && !soa) ? 0 : Math.min(LONGEST, ...ttls);
  const unfinished =
    negative && !soa && chain.records.length > 0 && response.rcode === RCODE.NOERROR;
  const sections = encodeSections(question.name, answers, authorities);
  if (sections.octets.length > LONGEST_SECTIONS)
    throw malformed('an answer is too long to pass on');
  return {
    rcode: response.rcode,
    sections,
    ...stripped(question.name, answers, authorities),
    leads: [...chain.leads, ...final.flatMap((record) => leadsOf(chain.end, record))],
    authenticData: response.authenticData,
    extended: response.extended,
    ttl,
    ...(unfinished ? { unfinished: chain.end } : {}),
  };
}

type Chain = {
  /** CNAME and DNAME records passed, in the order a client follows them. */
  readonly records: readonly ResourceRecord[];
  readonly leads: readonly Lead[];
  readonly end: Name;
};

function followChain({ name, type }: Question, answers: readonly ResourceRecord[]): Chain {
  const records: ResourceRecord[] = [];
  const leads: Lead[] = [];
  const seen = new Set<Name>([name]);
  let end = name;
  for (;;) {
    if (
      type === TYPE.CNAME ||
      answers.some((record) => record.owner === end && record.type === type)
    )
      break;
    const dname = answers.find(
      (record) =>
        record.type === TYPE.DNAME && record.owner !== end && isAtOrBelow(end, record.owner),
    );
    const cname = answers.find((record) => record.type === TYPE.CNAME && record.owner === end);
    if (!cname) break;
    // One DNAME may be passed more than once on the way, and is told once.
    for (const step of dname && !records.includes(dname) ? [dname, cname] : [cname]) {
      records.push(step);
      leads.push(...leadsOf(end, step));
    }
    end = nameFromWire(cname.data, 0, cname.data.length);
    if (seen.has(end) || seen.size > CHAIN) throw malformed('a CNAME chain does not end');
    seen.add(end);
  }
  return { records, leads, end };
}

function isInternet({ class: klass }: ResourceRecord): boolean {
  return klass === CLASS.IN;
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

/** Where a record leads a client that asked for `from`; a hint is an address of the target it stands beside. */
function leadsOf(from: Name, { type, data }: ResourceRecord): Lead[] {
  if (type === TYPE.A || type === TYPE.AAAA) return addressLeads(from, addressFromOctets(data));
  if (type === TYPE.CNAME || type === TYPE.DNAME) {
    return [{ from, to: { name: nameFromWire(data, 0, data.length) } }];
  }
  if (type !== TYPE.SVCB && type !== TYPE.HTTPS) return [];
  const binding = decodeServiceBinding(data);
  const target = binding.target === ROOT ? from : binding.target;
  const hints = hintsOf(binding).flatMap((address) => addressLeads(target, address));
  return target === from ? hints : [{ from, to: { name: target } }, ...hints];
}

/** An address, and the IPv4 address behind it where a translator (NAT64) makes one of the other. */
function addressLeads(from: Name, address: Address): Lead[] {
  const translated = translatedAddress(address);
  return [address, ...(translated ? [translated] : [])].map((to) => ({
    from,
    to: { address: to },
  }));
}

/**
 * What is sent instead where a connection is to stay in sight. Most answers offer nothing that hides it,
 * and many that do offer only one of the two: what is the same is kept once.
 */
function stripped(
  name: Name,
  answers: readonly ResourceRecord[],
  authorities: readonly ResourceRecord[],
): Pick<Answer, 'withoutEch' | 'inSight'> {
  const inSight = withBindings(answers, keepInSight);
  if (inSight === answers) return {};
  const withoutEch = withBindings(answers, dropEch);
  const sections = encodeSections(name, inSight, authorities);
  if (withoutEch === answers) return { inSight: sections };
  const isSame = withoutEch.every(({ data }, i) => Buffer.compare(data, dataAt(inSight, i)) === 0);
  return {
    inSight: sections,
    withoutEch: isSame ? sections : encodeSections(name, withoutEch, authorities),
  };
}

/** The records with their service bindings changed; the same array where none is. */
function withBindings(
  records: readonly ResourceRecord[],
  change: (data: Uint8Array) => Uint8Array,
): readonly ResourceRecord[] {
  const changed = records.map((record) => {
    if (record.type !== TYPE.SVCB && record.type !== TYPE.HTTPS) return record;
    const data = change(record.data);
    return data === record.data ? record : { ...record, data };
  });
  return changed.some((record, i) => record !== records[i]) ? changed : records;
}

function dataAt(records: readonly ResourceRecord[], i: number): Uint8Array {
  return (records[i] as ResourceRecord).data;
}

/**
 * The response up to where its chain of CNAMEs enters the names of another route: what lies beyond is
 * for that route's upstreams to say. It reads as unfinished there.
 */
export function cutChain(
  { name, type }: Question,
  response: Response,
  isForeign: (name: Name) => boolean,
): Response {
  if (type === TYPE.CNAME) return response;
  const passed = new Set<Name>();
  for (let end = name; !isForeign(end); ) {
    const cname = response.answers.find(({ owner, type }) => owner === end && type === TYPE.CNAME);
    // A chain that loops is left whole, for `answerOf` to refuse.
    if (!cname || passed.has(end)) return response;
    passed.add(end);
    end = nameFromWire(cname.data, 0, cname.data.length);
  }
  const answers = response.answers.filter(
    ({ owner, type }) => passed.has(owner) || type === TYPE.DNAME,
  );
  return { ...response, rcode: RCODE.NOERROR, answers, authorities: [] };
}

/** A response whose chain was unfinished, continued with the response for the chain's end. */
export function joinResponses(first: Response, rest: Response): Response {
  return {
    ...rest,
    answers: [...first.answers, ...rest.answers],
    authenticData: first.authenticData && rest.authenticData,
  };
}
