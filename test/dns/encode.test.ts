import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeQuery } from '../../src/dns/decode.ts';
import {
  type Extras,
  encodeRefused,
  encodeReply,
  encodeSections,
  encodeUpstreamQuery,
  NO_RECORDS,
} from '../../src/dns/encode.ts';
import type { Query, QueryEdns, Reply, ResourceRecord } from '../../src/dns/message.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import {
  buildPacket,
  nameOctets,
  type PacketRecord,
  parsePacket,
  words,
} from '../support/packet.ts';
import { recordOf, textOf } from '../support/records.ts';

const NAME = 'www.example.com';
const client = parseAddress('192.0.2.7');

function resource({ name, ...rest }: PacketRecord): ResourceRecord {
  return { owner: parseName(name), ...rest };
}
function sectionsOf(name: string, answers: readonly string[], authorities: readonly string[] = []) {
  const records = (texts: readonly string[]) => texts.map((text) => resource(recordOf(text)));
  return encodeSections(parseName(name), records(answers), records(authorities));
}
function queryOf(name: string, changes: Partial<Query> = {}): Query {
  const query = decodeQuery(
    buildPacket({ id: 7, flags: ['RD'], questions: [{ name, type: 1, class: 1 }] }),
    client,
    'udp',
  );
  assert(!('kind' in query));
  return { ...query, ...changes };
}
function replyOf(changes: Partial<Reply> = {}): Reply {
  return { rcode: 0, sections: NO_RECORDS, age: 0, authenticData: false, extended: [], ...changes };
}
const edns = (changes: Partial<QueryEdns> = {}): QueryEdns => ({
  size: 1232,
  dnssecOk: false,
  keepalive: false,
  padding: false,
  ...changes,
});

const lists: readonly { when: string; name: string; answers: string[]; authorities?: string[] }[] =
  [
    { when: 'nothing', name: NAME, answers: [] },
    { when: 'one record of the name asked', name: NAME, answers: [`${NAME} 300 A 192.0.2.80`] },
    {
      when: 'a chain whose names share their ends',
      name: NAME,
      answers: [
        `${NAME} 300 CNAME a.example.com`,
        'a.example.com 300 CNAME b.a.example.com',
        'b.a.example.com 300 CNAME b.example.net',
        'b.example.net 300 A 192.0.2.80',
      ],
    },
    {
      when: 'names in the data of all types that may be compressed',
      name: 'example.com',
      answers: [
        'example.com 300 MX 10 mail.example.com',
        'example.com 300 NS ns.mail.example.com',
        'example.com 300 PTR example.com',
        'example.com 300 SOA ns.mail.example.com host.example.com 1 2 3 4 5',
      ],
    },
    {
      when: 'names in the data of types that may not',
      name: 'example.com',
      answers: [
        'example.com 300 SRV 1 2 3 example.com',
        'example.com 300 DNAME example.com',
        'example.com 300 HTTPS 1 example.com alpn=h2',
        'example.com 300 RRSIG A example.com',
        'example.com 300 NSEC example.com',
      ],
    },
    {
      when: 'answers and authorities',
      name: NAME,
      answers: [`${NAME} 300 CNAME no.example.com`],
      authorities: ['example.com 60 SOA ns.example.com h.example.com 1 2 3 4 5'],
    },
    { when: 'the root', name: '.', answers: ['. 300 NS a.example.net', '. 300 SOA . . 1 2 3 4 5'] },
    {
      when: 'a dot in a label, an escape and an odd octet',
      name: 'a\\.b.example.com',
      answers: [
        'a\\.b.example.com 300 CNAME \\200\\@x.a\\.b.example.com',
        '\\200\\@x.a\\.b.example.com 300 CNAME b.example.com',
        'b.example.com 300 A 192.0.2.1',
      ],
    },
    {
      when: 'the longest name there is',
      name: `${'a.'.repeat(126)}a`,
      answers: [`${'a.'.repeat(126)}a 300 CNAME ${'b.'.repeat(126)}a`],
    },
    { when: 'a record of no octets', name: NAME, answers: [`${NAME} 300 TYPE65280 \\# 0`] },
    { when: 'a TTL of 31 bits', name: NAME, answers: [`${NAME} 2147483647 A 192.0.2.80`] },
  ];
for (const { when, name, answers, authorities = [] } of lists) {
  test(`encodeSections: ${when} is read again as it was`, () => {
    const sections = sectionsOf(name, answers, authorities);
    const message = encodeReply(queryOf(name, { transport: 'tcp' }), replyOf({ sections }), {});
    const packet = parsePacket(message);
    assert.deepEqual(packet.answers.map(textOf), answers);
    assert.deepEqual(packet.authorities.map(textOf), authorities);
    assert.equal(sections.ttlOffsets.length, answers.length + authorities.length);
  });
}

test('encodeSections: repeated names are compressed, letters keep their case in data alone', () => {
  const record = recordOf(`${NAME} 300 CNAME x.example.com`);
  const data = nameOctets('X.eXample.com');
  const { octets } = encodeSections(parseName(NAME), [resource({ ...record, data })], []);
  // A pointer to the question, the fixed part, then `X` and a pointer to example.com in the question.
  assert.deepEqual(
    Buffer.from(octets),
    Buffer.concat([words(0xc00c, 5, 1, 0, 300, 4), Buffer.from([1, 0x58]), words(0xc000 | 16)]),
  );
});

test('encodeSections: no pointer leads beyond what 14 bits can say', () => {
  const answers = Array.from(
    { length: 400 },
    (_, i) => `${NAME} 300 CNAME n${i}.${'x'.repeat(50)}${i}.example.org`,
  );
  const again = Array.from(
    { length: 400 },
    (_, i) => `n${i}.${'x'.repeat(50)}${i}.example.org 300 A 192.0.2.1`,
  );
  const sections = sectionsOf(NAME, [...answers, ...again]);
  assert(sections.octets.length > 0x4000);
  const message = encodeReply(queryOf(NAME, { transport: 'tcp' }), replyOf({ sections }), {});
  assert.deepEqual(parsePacket(message).answers.map(textOf), [...answers, ...again]);
});

test('encodeReply: the question comes back as it was written, and the id', () => {
  const packet = parsePacket(encodeReply(queryOf('WwW.ExAmPlE.cOm'), replyOf(), {}));
  assert.deepEqual(
    [packet.id, packet.questions],
    [7, [{ name: 'WwW.ExAmPlE.cOm', type: 1, class: 1 }]],
  );
});

const flags: readonly {
  when: string;
  query: Partial<Query>;
  reply?: Partial<Reply>;
  is: string[];
}[] = [
  { when: 'RD', query: {}, is: ['QR', 'RD', 'RA'] },
  { when: 'no RD', query: { recursionDesired: false }, is: ['QR', 'RA'] },
  { when: 'CD', query: { checkingDisabled: true }, is: ['QR', 'RD', 'RA', 'CD'] },
  {
    when: 'AD that was not asked for',
    query: {},
    reply: { authenticData: true },
    is: ['QR', 'RD', 'RA'],
  },
  {
    when: 'AD asked for by AD',
    query: { authenticData: true },
    reply: { authenticData: true },
    is: ['QR', 'RD', 'RA', 'AD'],
  },
  {
    when: 'AD asked for by DO',
    query: { edns: edns({ dnssecOk: true }) },
    reply: { authenticData: true },
    is: ['QR', 'RD', 'RA', 'AD'],
  },
  {
    when: 'AD asked for and not to be had',
    query: { authenticData: true },
    is: ['QR', 'RD', 'RA'],
  },
];
for (const { when, query, reply, is } of flags) {
  test(`encodeReply: flags: ${when}`, () => {
    assert.deepEqual(parsePacket(encodeReply(queryOf(NAME, query), replyOf(reply), {})).flags, is);
  });
}

const ages: readonly { when: string; reply: Partial<Reply>; ttls: number[] }[] = [
  { when: 'fresh', reply: {}, ttls: [300, 70000] },
  { when: 'a minute old', reply: { age: 60 }, ttls: [240, 69940] },
  { when: 'older than one of its TTLs', reply: { age: 400 }, ttls: [0, 69600] },
  { when: 'past its time', reply: { ttl: 30 }, ttls: [30, 30] },
];
for (const { when, reply, ttls } of ages) {
  test(`encodeReply: TTLs of an answer that is ${when}`, () => {
    const sections = sectionsOf(NAME, [`${NAME} 300 A 192.0.2.1`, `${NAME} 70000 TXT "x"`]);
    const message = encodeReply(queryOf(NAME), replyOf({ sections, ...reply }), {});
    assert.deepEqual(
      parsePacket(message).answers.map(({ ttl }) => ttl),
      ttls,
    );
    const fresh = encodeReply(queryOf(NAME), replyOf({ sections }), {});
    assert.deepEqual(
      parsePacket(fresh).answers.map(({ ttl }) => ttl),
      [300, 70000],
    );
  });
}

/** Records that make a message of this length: one of unknown type with so many octets of data. */
function sectionsFor(length: number, query: Query) {
  const fixed = 12 + query.questionWire.length + (query.edns ? 11 : 0) + 12;
  const data = Buffer.alloc(length - fixed, 7);
  const record = { owner: parseName(NAME), type: 65280, class: 1, ttl: 60, data };
  return encodeSections(parseName(NAME), [record], []);
}
const limits: readonly { when: string; query: Partial<Query>; limit: number }[] = [
  { when: 'UDP without EDNS', query: {}, limit: 512 },
  { when: 'UDP and a client that takes 512', query: { edns: edns({ size: 512 }) }, limit: 512 },
  { when: 'UDP and a client that takes 1000', query: { edns: edns({ size: 1000 }) }, limit: 1000 },
  { when: 'UDP and a client that takes 4096', query: { edns: edns({ size: 4096 }) }, limit: 1232 },
  {
    when: 'UDP and a client that takes 65535',
    query: { edns: edns({ size: 65535 }) },
    limit: 1232,
  },
  { when: 'TCP', query: { transport: 'tcp', edns: edns({ size: 512 }) }, limit: 65535 },
  { when: 'TCP without EDNS', query: { transport: 'tcp' }, limit: 65535 },
];
for (const { when, query: changes, limit } of limits) {
  test(`encodeReply: over ${when} a message has ${limit} octets and no more`, () => {
    const query = queryOf(NAME, changes);
    const fits = encodeReply(query, replyOf({ sections: sectionsFor(limit, query) }), {});
    assert.deepEqual([fits.length, parsePacket(fits).flags.includes('TC')], [limit, false]);
    if (limit === 65535) return;
    const over = encodeReply(query, replyOf({ sections: sectionsFor(limit + 1, query) }), {});
    const packet = parsePacket(over);
    assert.deepEqual([packet.answers, packet.flags.includes('TC')], [[], true]);
    assert.equal(packet.edns !== undefined, query.edns !== undefined);
  });
}

const cookie = Buffer.alloc(24, 5);
const extended = [
  { code: 15, text: 'first' },
  { code: 22, text: 'x'.repeat(100) },
];
const rooms: readonly { when: string; spare: number; options: number[]; cut: boolean }[] = [
  { when: 'room for all', spare: 28 + 11 + 106, options: [10, 15, 15], cut: false },
  {
    when: 'no room for the second explanation',
    spare: 28 + 11 + 105,
    options: [10, 15],
    cut: false,
  },
  { when: 'no room for an explanation', spare: 28 + 10, options: [10], cut: false },
  { when: 'room for the cookie alone', spare: 28, options: [10], cut: false },
  {
    when: 'no room for the cookie, which a client may insist on',
    spare: 27,
    options: [10, 15, 15],
    cut: true,
  },
];
for (const { when, spare, options, cut } of rooms) {
  test(`encodeReply: options: ${when}`, () => {
    const query = queryOf(NAME, { edns: edns({ cookie: cookie.subarray(0, 8) }) });
    const sections = sectionsFor(1232 - spare, query);
    const message = encodeReply(query, replyOf({ sections, extended }), { cookie });
    const packet = parsePacket(message);
    assert.deepEqual(packet.flags.includes('TC'), cut);
    if (!cut)
      assert.deepEqual(
        packet.edns?.options.map(({ code }) => code),
        options,
      );
    assert(message.length <= 1232);
    assert.deepEqual(Buffer.from(packet.edns?.options[0]?.data ?? []), cookie);
  });
}

test('encodeReply: an OPT record answers an OPT record, with DO as it was and our own size', () => {
  const packet = parsePacket(
    encodeReply(queryOf(NAME, { edns: edns({ dnssecOk: true, size: 4000 }) }), replyOf(), {}),
  );
  assert.deepEqual(packet.edns, { size: 1232, version: 0, dnssecOk: true, options: [] });
});

const extras: readonly { when: string; query: Partial<Query>; extras: Extras; is: unknown }[] = [
  {
    when: 'without EDNS nothing is said',
    query: {},
    extras: { cookie, keepalive: 100 },
    is: undefined,
  },
  {
    when: 'an extended error is a code and UTF-8',
    query: { edns: edns() },
    extras: {},
    is: [[15, Buffer.from('\0\x0fgrüß Gott')]],
  },
  {
    when: 'keepalive is told to those who ask, in tenths of a second',
    query: { transport: 'tcp', edns: edns({ keepalive: true }) },
    extras: { keepalive: 300 },
    is: [
      [11, Buffer.of(1, 44)],
      [15, Buffer.from('\0\x0fgrüß Gott')],
    ],
  },
  {
    when: 'keepalive is not told to those who do not',
    query: { transport: 'tcp', edns: edns() },
    extras: { keepalive: 300 },
    is: [[15, Buffer.from('\0\x0fgrüß Gott')]],
  },
];
for (const { when, query, extras: given, is } of extras) {
  test(`encodeReply: ${when}`, () => {
    const reply = replyOf({ extended: [{ code: 15, text: 'grüß Gott' }] });
    const packet = parsePacket(encodeReply(queryOf(NAME, query), reply, given));
    assert.deepEqual(
      packet.edns?.options.map(({ code, data }) => [code, Buffer.from(data)]),
      is,
    );
  });
}

const paddings: readonly { when: string; query: Partial<Query>; data: number; length: number }[] = [
  {
    when: 'over TCP, in blocks of 468',
    query: { transport: 'tcp', edns: edns({ padding: true }) },
    data: 10,
    length: 468,
  },
  {
    when: 'to the next block',
    query: { transport: 'tcp', edns: edns({ padding: true }) },
    data: 440,
    length: 936,
  },
  { when: 'never over UDP', query: { edns: edns({ padding: true }) }, data: 10, length: 66 },
  {
    when: 'not unless the client padded',
    query: { transport: 'tcp', edns: edns() },
    data: 10,
    length: 66,
  },
  {
    when: 'not where it would not fit',
    query: { transport: 'tcp', edns: edns({ padding: true }) },
    data: 65470,
    length: 65526,
  },
];
for (const { when, query: changes, data, length } of paddings) {
  test(`encodeReply: padding: ${when}`, () => {
    const query = queryOf(NAME, changes);
    const record = {
      owner: parseName(NAME),
      type: 65280,
      class: 1,
      ttl: 60,
      data: Buffer.alloc(data),
    };
    const sections = encodeSections(parseName(NAME), [record], []);
    const message = encodeReply(query, replyOf({ sections }), {});
    assert.equal(message.length, length);
    assert.equal(parsePacket(message).answers.length, 1);
  });
}

const refusals = [
  {
    when: 'NOTIMP repeats the opcode',
    rcode: 4,
    opcode: 5,
    more: {},
    is: { rcode: 4, opcode: 5, questions: [] },
  },
  {
    when: 'FORMERR without EDNS',
    rcode: 1,
    opcode: 0,
    more: {},
    is: { rcode: 1, edns: undefined },
  },
  {
    when: 'BADVERS has its upper bits in the OPT record, and the question',
    rcode: 16,
    opcode: 0,
    more: {
      edns: edns({ dnssecOk: true }),
      questionWire: Buffer.concat([nameOctets(NAME), words(1, 1)]),
    },
    is: {
      rcode: 16,
      edns: { size: 1232, version: 0, dnssecOk: true, options: [] },
      questions: [{ name: NAME, type: 1, class: 1 }],
    },
  },
];
for (const { when, rcode, opcode, more, is } of refusals) {
  test(`encodeRefused: ${when}`, () => {
    const packet: Record<string, unknown> = parsePacket(
      encodeRefused(
        {
          kind: 'error',
          rcode,
          opcode,
          id: 7,
          recursionDesired: true,
          checkingDisabled: true,
          ...more,
        },
        {},
      ),
    );
    assert.deepEqual(packet.flags, ['QR', 'RD', 'RA', 'CD']);
    assert.deepEqual(Object.fromEntries(Object.keys(is).map((key) => [key, packet[key]])), is);
  });
}

const upstream = [
  { when: 'plain', dnssecOk: false, checkingDisabled: false, edns: true, padTo: 0, length: 44 },
  { when: 'DO and CD', dnssecOk: true, checkingDisabled: true, edns: true, padTo: 0, length: 44 },
  {
    when: 'without EDNS',
    dnssecOk: false,
    checkingDisabled: false,
    edns: false,
    padTo: 0,
    length: 33,
  },
  {
    when: 'padded to 128 (RFC 8467 4.1)',
    dnssecOk: false,
    checkingDisabled: false,
    edns: true,
    padTo: 128,
    length: 128,
  },
];
for (const { when, edns: hasEdns, padTo, length, ...asked } of upstream) {
  test(`encodeUpstreamQuery: ${when}`, () => {
    const wire = Buffer.concat([nameOctets('wWw.example.com'), words(1, 1)]);
    const message = encodeUpstreamQuery(7, wire, asked, hasEdns, padTo);
    const packet = parsePacket(message);
    assert.equal(message.length, length);
    assert.deepEqual(packet.questions, [{ name: 'wWw.example.com', type: 1, class: 1 }]);
    assert.deepEqual(packet.flags, ['RD', 'AD', ...(asked.checkingDisabled ? ['CD'] : [])]);
    assert.equal(packet.edns?.dnssecOk, hasEdns ? asked.dnssecOk : undefined);
    // NSID, ECS, cookies: nothing of the client's, nothing that tells clients apart.
    assert.deepEqual(packet.edns?.options.map(({ code }) => code) ?? [], padTo > 0 ? [12] : []);
  });
}

test('encodeUpstreamQuery: every length of name is padded to whole blocks', () => {
  for (let length = 1; length <= 63; length++) {
    const wire = Buffer.concat([
      nameOctets(`${'a'.repeat(length)}.${'b'.repeat(50)}`),
      words(1, 1),
    ]);
    const message = encodeUpstreamQuery(
      7,
      wire,
      { dnssecOk: false, checkingDisabled: false },
      true,
      128,
    );
    assert.equal(message.length % 128, 0);
    parsePacket(message);
  }
});
