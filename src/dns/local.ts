import { isAtOrBelow, type Name, nameToWire, parentOf, parseName, ROOT } from '../policy/name.ts';
import { octetsOfAddress, parseAddress } from '../policy/network.ts';
import { CLASS, EXTENDED_ERROR, RCODE, TYPE } from './constants.ts';
import { encodeSections, NO_RECORDS } from './encode.ts';
import type { ExtendedError, Query, Question, Reply, ResourceRecord } from './message.ts';
import { encodeData, soaData, txtData } from './rdata.ts';

/** Seconds a client may keep what we say of special names. */
const TTL = 3600;

const names = (...texts: string[]) => texts.map(parseName);

const LOCALHOST = parseName('localhost');
const HOME_ARPA = parseName('home.arpa');
/** RFC 9462: a network without encrypted resolvers of its own says so; others must not be asked, as they would name theirs. */
const RESOLVER_ARPA = parseName('resolver.arpa');
const VERSION = new Set<Name>(names('version.bind', 'version.server'));
const LOOPBACK = {
  [TYPE.A]: octetsOfAddress(parseAddress('127.0.0.1')),
  [TYPE.AAAA]: octetsOfAddress(parseAddress('::1')),
};

/**
 * Names that exist nowhere outside (RFC 6761, 7686, 8375, 9476). `local` and `internal` are not among
 * them: many organisations' own resolvers, our upstreams, answer those.
 */
const NOWHERE = [...names('invalid', 'test', 'onion', 'alt'), HOME_ARPA];

/**
 * Reverse zones of addresses that mean something only on one network (RFC 6303 section 4, RFC 7793).
 */
const LOOPBACK_V6 = `1.${'0.'.repeat(31)}ip6.arpa`;
const LOOPBACK_PTR = names('1.0.0.127.in-addr.arpa', LOOPBACK_V6);
const REVERSE = names(
  '10.in-addr.arpa',
  ...range(16, 31).map((n) => `${n}.172.in-addr.arpa`),
  '168.192.in-addr.arpa',
  ...range(64, 127).map((n) => `${n}.100.in-addr.arpa`),
  '0.in-addr.arpa',
  '127.in-addr.arpa',
  '254.169.in-addr.arpa',
  '2.0.192.in-addr.arpa',
  '100.51.198.in-addr.arpa',
  '113.0.203.in-addr.arpa',
  '255.255.255.255.in-addr.arpa',
  `${'0.'.repeat(32)}ip6.arpa`,
  LOOPBACK_V6,
  'd.f.ip6.arpa',
  '8.e.f.ip6.arpa',
  '9.e.f.ip6.arpa',
  'a.e.f.ip6.arpa',
  'b.e.f.ip6.arpa',
  '8.b.d.0.1.0.0.2.ip6.arpa',
);
const LOCAL_ZONES: ReadonlySet<Name> = new Set([LOCALHOST, RESOLVER_ARPA, ...NOWHERE, ...REVERSE]);
/** The last labels of all of them: nearly every question is done after one look here. */
const LAST_LABELS = new Set([...LOCAL_ZONES].map((zone) => zone.slice(zone.lastIndexOf('.') + 1)));

/**
 * Answers what must not be asked of others: special names (RFC 6761, 6303, 7686, 8375), the classes
 * and types that make no sense for a forwarder, and the version. Undefined means: ask. `isForwarded`
 * tells names that the policy sends to resolvers of the organisation's own: these are asked.
 */
export function localReply(
  { question, recursionDesired }: Query,
  version: string | undefined,
  isForwarded: (name: Name) => boolean,
): Reply | undefined {
  const { name, type } = question;
  if (question.class === CLASS.CH) return chaosReply(question, version);
  if (question.class !== CLASS.IN) return refusal('class is not served');
  // RFC 6895 3.1: zone transfers and other meta types are no questions to a resolver.
  if (type === 0 || type === TYPE.OPT || (type >= 128 && type < 255))
    return refusal('type is not served');
  const asksOthers = isForwarded(name) && !isAtOrBelow(name, RESOLVER_ARPA);
  const special = asksOthers ? undefined : specialReply(question);
  if (special) return special;
  // A cache that answers without recursion tells strangers what others asked.
  if (!recursionDesired) return refusal('recursion was not desired');
  return type === TYPE.ANY ? anyReply(question) : undefined;
}

function specialReply(question: Question): Reply | undefined {
  const { name, type } = question;
  const zone = localZoneOf(name);
  if (zone === undefined) return undefined;
  // RFC 8375 section 4: its delegation is unsigned, and a validator below us has to see the proof.
  if (name === HOME_ARPA && type === TYPE.DS) return undefined;
  if (zone === LOCALHOST && (type === TYPE.A || type === TYPE.AAAA)) {
    return recordReply(question, { type, data: LOOPBACK[type] });
  }
  if (LOOPBACK_PTR.includes(name) && type === TYPE.PTR) {
    return recordReply(question, { type, data: nameToWire(LOCALHOST) });
  }
  if (name === zone && type === TYPE.SOA)
    return recordReply(question, { type, data: soaData(TTL) });
  const exists =
    name === zone || zone === LOCALHOST || zone === RESOLVER_ARPA || isAboveLoopback(name);
  return negative(question, exists ? RCODE.NOERROR : RCODE.NXDOMAIN, zone);
}

/** True for the reverse names of the loopback addresses and the empty names above them (RFC 8020). */
function isAboveLoopback(name: Name): boolean {
  return LOOPBACK_PTR.some((reverse) => isAtOrBelow(reverse, name));
}

function localZoneOf(name: Name): Name | undefined {
  if (!LAST_LABELS.has(name.slice(name.lastIndexOf('.') + 1))) return undefined;
  for (let suffix = name; suffix !== ROOT; suffix = parentOf(suffix)) {
    if (LOCAL_ZONES.has(suffix)) return suffix;
  }
  return undefined;
}

function chaosReply(question: Question, version: string | undefined): Reply {
  const isAsked =
    VERSION.has(question.name) && (question.type === TYPE.TXT || question.type === TYPE.ANY);
  if (!isAsked || version === undefined) return refusal('nothing to tell');
  return recordReply(question, { type: TYPE.TXT, data: txtData(version) });
}

/** RFC 8482 4.2: one small record for a question that is asked mostly to be amplified. */
function anyReply(question: Question): Reply {
  const data = encodeData({ type: 'HINFO', name: '.', data: { cpu: 'RFC8482', os: '' } });
  return recordReply(question, { type: TYPE.HINFO, data });
}

function recordReply(question: Question, record: Pick<ResourceRecord, 'type' | 'data'>): Reply {
  const { name: owner, class: klass } = question;
  const sections = encodeSections(owner, [{ owner, class: klass, ttl: TTL, ...record }], []);
  return { rcode: RCODE.NOERROR, sections, age: 0, authenticData: false, extended: [] };
}

function negative({ name }: Question, rcode: number, zone: Name): Reply {
  return {
    rcode,
    sections: soaSection(name, zone, TTL),
    age: 0,
    authenticData: false,
    extended: [],
  };
}

/** An SOA in the authority section, so that a negative answer is kept `ttl` seconds (RFC 2308). */
export function soaSection(name: Name, zone: Name, ttl: number) {
  const soa = { owner: zone, type: TYPE.SOA, class: CLASS.IN, ttl, data: soaData(ttl) };
  return encodeSections(name, [], [soa]);
}

function refusal(text: string): Reply {
  const extended: ExtendedError[] = [{ code: EXTENDED_ERROR.NOT_AUTHORITATIVE, text }];
  return { rcode: RCODE.REFUSED, sections: NO_RECORDS, age: 0, authenticData: false, extended };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
