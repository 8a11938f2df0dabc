import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareQuestion,
  decodeQuery,
  decodeResponse,
  isResponseTo,
} from '../../src/dns/decode.ts';
import { Malformed } from '../../src/dns/reader.ts';
import { parseAddress } from '../../src/policy/network.ts';
import {
  buildOpt,
  buildPacket,
  buildRecord,
  nameOctets,
  type Packet,
  words,
} from '../support/packet.ts';
import { recordOf } from '../support/records.ts';

const client = parseAddress('192.0.2.7');
const question = { name: 'www.example.com', type: 1, class: 1 };
const query = (packet: Partial<Packet> = {}) =>
  buildPacket({ id: 7, flags: ['RD'], questions: [question], ...packet });
/** A header with these counts and flags, and what follows it. */
const raw = (counts: readonly [number, number, number, number], ...parts: readonly Buffer[]) =>
  Buffer.concat([words(7, 0x0100, ...counts), ...parts]);
const asked = Buffer.concat([nameOctets('www.example.com'), words(1, 1)]);
const opt = (options: readonly { code: number; data: Buffer }[], more = {}) =>
  query({ edns: { size: 1232, version: 0, dnssecOk: false, options, ...more } });
const option = (code: number, length: number) => ({ code, data: Buffer.alloc(length, 1) });

const FORMERR = { kind: 'error', rcode: 1 } as const;
const SOUND = { kind: undefined, id: 7 } as const;

const queries: readonly { when: string; message: Buffer; is: Record<string, unknown> }[] = [
  { when: 'a plain question', message: query(), is: { ...SOUND, recursionDesired: true } },
  {
    when: 'flags that mean nothing in a query are passed over',
    message: query({ flags: ['AA', 'TC', 'RA'] }),
    is: { ...SOUND, recursionDesired: false, checkingDisabled: false },
  },
  {
    when: 'RD, AD and CD are read',
    message: query({ flags: ['RD', 'AD', 'CD'] }),
    is: { recursionDesired: true, authenticData: true, checkingDisabled: true },
  },
  { when: 'nothing at all', message: Buffer.alloc(0), is: { kind: 'ignored' } },
  { when: 'half a header', message: query().subarray(0, 11), is: { kind: 'ignored' } },
  { when: 'a response (QR)', message: query({ flags: ['QR'] }), is: { kind: 'ignored' } },
  {
    when: 'a broken response',
    message: query({ flags: ['QR'] }).subarray(0, 14),
    is: { kind: 'ignored' },
  },
  { when: 'opcode 1', message: query({ opcode: 1 }), is: { kind: 'error', rcode: 4, opcode: 1 } },
  { when: 'NOTIFY', message: query({ opcode: 4 }), is: { kind: 'error', rcode: 4, opcode: 4 } },
  { when: 'UPDATE', message: query({ opcode: 5 }), is: { kind: 'error', rcode: 4, opcode: 5 } },
  { when: 'opcode 15', message: query({ opcode: 15 }), is: { kind: 'error', rcode: 4, id: 7 } },
  { when: 'no question', message: query({ questions: [] }), is: { ...FORMERR, edns: undefined } },
  { when: 'two questions', message: query({ questions: [question, question] }), is: FORMERR },
  { when: 'a question count of 65535', message: raw([65535, 0, 0, 0], asked), is: FORMERR },
  { when: 'a question count of 1 and no question', message: raw([1, 0, 0, 0]), is: FORMERR },
  { when: 'a question cut in its name', message: query().subarray(0, 18), is: FORMERR },
  { when: 'a question cut in its class', message: query().subarray(0, -1), is: FORMERR },
  { when: 'an octet too many', message: raw([1, 0, 0, 0], asked, Buffer.of(0)), is: FORMERR },
  {
    when: 'a pointer to itself in the question',
    message: raw([1, 0, 0, 0], words(0xc00c, 1, 1)),
    is: FORMERR,
  },
  {
    when: 'a pointer forward in the question',
    message: raw([1, 0, 0, 0], words(0xc00e, 1, 1), asked),
    is: FORMERR,
  },
  {
    when: 'a pointer into the header',
    message: raw([1, 0, 0, 0], words(0xc004, 1, 1)),
    is: FORMERR,
  },
  {
    when: 'a label and a pointer back to it',
    message: raw([1, 0, 0, 0], Buffer.from([1, 0x61, 0xc0, 12]), words(1, 1)),
    is: FORMERR,
  },
  {
    when: 'a label of 64 octets',
    message: raw([1, 0, 0, 0], Buffer.of(64), Buffer.alloc(64, 0x61), Buffer.of(0), words(1, 1)),
    is: FORMERR,
  },
  {
    when: 'an extended label type (RFC 2673)',
    message: raw([1, 0, 0, 0], Buffer.of(0x41, 8, 0xff, 0), words(1, 1)),
    is: FORMERR,
  },
  {
    when: 'a name of 255 octets',
    message: query({ questions: [{ ...question, name: `${'a.'.repeat(126)}a` }] }),
    is: SOUND,
  },
  {
    when: 'a name of 257 octets',
    message: query({ questions: [{ ...question, name: `${'a.'.repeat(127)}a` }] }),
    is: FORMERR,
  },
  {
    when: 'an answer in the query that is sound',
    message: query({ answers: [recordOf('example.com 1 A 192.0.2.1')] }),
    is: SOUND,
  },
  {
    when: 'an answer in the query that is cut',
    message: raw(
      [1, 1, 0, 0],
      asked,
      buildRecord(recordOf('example.com 1 A 192.0.2.1')).subarray(0, -1),
    ),
    is: FORMERR,
  },
  {
    when: 'a name in an additional record may point back',
    message: raw([1, 0, 0, 1], asked, words(0xc00c, 1, 1, 0, 0, 4), Buffer.alloc(4)),
    is: SOUND,
  },
  {
    when: 'a name in an additional record may not point forward',
    message: raw([1, 0, 0, 1], asked, words(0xc0ff, 1, 1, 0, 0, 4), Buffer.alloc(4)),
    is: FORMERR,
  },
  {
    when: 'EDNS',
    message: opt([], { size: 4096, dnssecOk: true }),
    is: { edns: { size: 4096, dnssecOk: true, keepalive: false, padding: false } },
  },
  {
    when: 'EDNS with a size under 512',
    message: opt([], { size: 0 }),
    is: { edns: { size: 512, dnssecOk: false, keepalive: false, padding: false } },
  },
  {
    when: 'options that nobody knows',
    message: opt([option(65001, 40), option(3, 0), option(8, 7)]),
    is: { edns: { size: 1232, dnssecOk: false, keepalive: false, padding: false } },
  },
  {
    when: 'keepalive and padding',
    message: opt([option(11, 0), option(12, 100)]),
    is: { edns: { size: 1232, dnssecOk: false, keepalive: true, padding: true } },
  },
  {
    when: 'two OPT records',
    message: raw([1, 0, 0, 2], asked, buildOpt({}), buildOpt({})),
    is: FORMERR,
  },
  {
    when: 'an OPT record among the answers',
    message: raw([1, 1, 0, 0], asked, buildOpt({})),
    is: FORMERR,
  },
  {
    when: 'an OPT record among the authorities',
    message: raw([1, 0, 1, 0], asked, buildOpt({})),
    is: FORMERR,
  },
  {
    when: 'an OPT record with a name',
    message: raw([1, 0, 0, 1], asked, Buffer.of(1, 0x61), buildOpt({})),
    is: FORMERR,
  },
  {
    when: 'an OPT record that is cut',
    message: raw([1, 0, 0, 1], asked, buildOpt({}).subarray(0, -1)),
    is: FORMERR,
  },
  {
    when: 'an option past the end of its record is told with an OPT record (RFC 6891 section 7)',
    message: raw([1, 0, 0, 1], asked, Buffer.of(0), words(41, 1232, 0, 0, 4, 10, 8)),
    is: { ...FORMERR, edns: { size: 512, dnssecOk: false, keepalive: false, padding: false } },
  },
  {
    when: 'three octets of an option',
    message: raw([1, 0, 0, 1], asked, Buffer.of(0), words(41, 1232, 0, 0, 3), Buffer.alloc(3)),
    is: { ...FORMERR, edns: { size: 512, dnssecOk: false, keepalive: false, padding: false } },
  },
  {
    when: 'EDNS version 1',
    message: opt([], { version: 1, dnssecOk: true }),
    is: {
      kind: 'error',
      rcode: 16,
      questionWire: asked,
      edns: { size: 512, dnssecOk: true, keepalive: false, padding: false },
    },
  },
  {
    when: 'EDNS version 1 with what is no option in version 0 (RFC 6891 6.1.3)',
    message: raw([1, 0, 0, 1], asked, Buffer.of(0), words(41, 1232, 0x0001, 0, 2, 0xffff)),
    is: { kind: 'error', rcode: 16 },
  },
  { when: 'a cookie of 8 octets', message: opt([option(10, 8)]), is: SOUND },
  { when: 'a cookie of 40 octets', message: opt([option(10, 40)]), is: SOUND },
  { when: 'a cookie of 7 octets', message: opt([option(10, 7)]), is: FORMERR },
  { when: 'a cookie of 9 octets', message: opt([option(10, 9)]), is: FORMERR },
  { when: 'a cookie of 15 octets', message: opt([option(10, 15)]), is: FORMERR },
  { when: 'a cookie of 41 octets', message: opt([option(10, 41)]), is: FORMERR },
  {
    when: 'no question but a cookie (RFC 7873 5.4)',
    message: buildPacket({
      id: 7,
      edns: { size: 1232, version: 0, dnssecOk: false, options: [option(10, 8)] },
    }),
    is: { kind: 'error', rcode: 0 },
  },
  {
    when: 'no question, and EDNS without a cookie',
    message: buildPacket({ id: 7, edns: { size: 1232, version: 0, dnssecOk: false, options: [] } }),
    is: { ...FORMERR, edns: { size: 1232, dnssecOk: false, keepalive: false, padding: false } },
  },
  {
    when: 'counts that promise more than there is',
    message: raw([1, 0, 0, 65535], asked),
    is: FORMERR,
  },
];

for (const { when, message, is } of queries) {
  test(`decodeQuery: ${when}`, () => {
    const decoded: Record<string, unknown> = decodeQuery(message, client, 'udp');
    assert.deepEqual(Object.fromEntries(Object.keys(is).map((key) => [key, decoded[key]])), is);
  });
}

test('decodeQuery: the question is canonical, and its octets are kept as they came', () => {
  const name = 'WwW.ExAmPle.COM';
  const decoded = decodeQuery(query({ questions: [{ name, type: 28, class: 1 }] }), client, 'tcp');
  assert(!('kind' in decoded));
  assert.deepEqual(decoded.question, { name: 'www.example.com', type: 28, class: 1 });
  assert.deepEqual(
    Buffer.from(decoded.questionWire),
    Buffer.concat([nameOctets(name), words(28, 1)]),
  );
  assert.deepEqual([decoded.client, decoded.transport], ['192.0.2.7', 'tcp']);
});

/** A name that reaches the question's by so many pointers, one behind the other. */
function pointerChain(pointers: number): Buffer {
  const start = 12 + asked.length + 11;
  const chain = Array.from({ length: pointers }, (_, i) =>
    words(0xc000 | (i === 0 ? 12 : start + (i - 1) * 2)),
  );
  const holder = Buffer.concat([Buffer.of(0), words(65280, 1, 0, 0, pointers * 2), ...chain]);
  const user = Buffer.concat([
    words(0xc000 | (start + (pointers - 1) * 2)),
    words(1, 1, 0, 0, 4),
    Buffer.alloc(4),
  ]);
  return raw([1, 0, 0, 2], asked, holder, user);
}

const chains = [
  { when: 'ten pointers in a row', pointers: 10, kind: undefined },
  { when: 'more pointers than a name has labels', pointers: 127, kind: 'error' },
  { when: 'as many pointers as a message of 16384 octets holds', pointers: 8000, kind: 'error' },
];
for (const { when, pointers, kind } of chains) {
  test(`decodeQuery: ${when}`, () => {
    const decoded: Record<string, unknown> = decodeQuery(pointerChain(pointers), client, 'tcp');
    assert.equal(decoded.kind, kind);
  });
}

const sent = Buffer.concat([nameOctets('wWw.example.com'), words(1, 1)]);
const response = (...parts: readonly Buffer[]) =>
  Buffer.concat([words(7, 0x8180, 1, 0, 0, 0), ...parts]);
const comparisons = [
  { when: 'the same octets', message: response(sent), is: 'same' },
  { when: 'another letter case', message: response(asked), is: 'case' },
  {
    when: 'another name',
    message: response(Buffer.concat([nameOctets('wWw.example.net'), words(1, 1)])),
    is: 'other',
  },
  {
    when: 'another type',
    message: response(Buffer.concat([nameOctets('wWw.example.com'), words(28, 1)])),
    is: 'other',
  },
  {
    when: 'a type that differs by what is letter case elsewhere',
    message: response(Buffer.concat([nameOctets('wWw.example.com'), words(0x21, 1)])),
    is: 'other',
  },
  {
    when: 'octets that differ by what is letter case elsewhere',
    message: response(Buffer.concat([nameOctets('wWw\\014example.com'), words(1, 1)])),
    is: 'other',
  },
  { when: 'no question', message: words(7, 0x8180, 0, 0, 0, 0), is: 'other' },
  {
    when: 'two questions',
    message: Buffer.concat([words(7, 0x8180, 2, 0, 0, 0), sent, sent]),
    is: 'other',
  },
  { when: 'half a question', message: response(sent.subarray(0, 10)), is: 'other' },
];
for (const { when, message, is } of comparisons) {
  test(`compareQuestion: ${when}`, () => assert.equal(compareQuestion(message, sent), is));
}

const headers = [
  { when: 'a response to it', flags: 0x8180, id: 7, is: true },
  { when: 'another id', flags: 0x8180, id: 8, is: false },
  { when: 'a query', flags: 0x0100, id: 7, is: false },
  { when: 'the response to an UPDATE', flags: 0xa800, id: 7, is: false },
];
for (const { when, flags, id, is } of headers) {
  test(`isResponseTo: ${when}`, () => {
    assert.equal(isResponseTo(Buffer.concat([words(id, flags, 0, 0, 0, 0)]), 7), is);
  });
}

const answer = (packet: Partial<Packet>) =>
  buildPacket({ id: 7, flags: ['QR', 'RD', 'RA'], questions: [question], ...packet });

test('decodeResponse: records, flags and the extended rcode', () => {
  const record = recordOf('www.example.com 300 A 192.0.2.80');
  const decoded = decodeResponse(
    answer({
      flags: ['QR', 'AD'],
      rcode: 23,
      answers: [record],
      authorities: [recordOf('example.com 60 NS ns.example.com')],
      additionals: [recordOf('ns.example.com 60 A 192.0.2.1')],
      edns: {
        size: 1232,
        version: 0,
        dnssecOk: true,
        options: [{ code: 15, data: Buffer.from('\0\x16no luck\0') }],
      },
    }),
    asked.length,
  );
  assert.equal(decoded.rcode, 23);
  assert.equal(decoded.authenticData, true);
  assert.equal(decoded.truncated, false);
  assert.deepEqual(decoded.extended, [{ code: 22, text: 'no luck' }]);
  assert.deepEqual(
    decoded.answers.map(({ owner, type, ttl, data }) => [owner, type, ttl, [...data]]),
    [['www.example.com', 1, 300, [192, 0, 2, 80]]],
  );
  assert.equal(decoded.authorities.length, 1);
});

test('decodeResponse: what was cut off is not read, only that it was', () => {
  const message = answer({
    flags: ['QR', 'TC'],
    answers: [recordOf('www.example.com 300 A 192.0.2.80')],
  });
  const decoded = decodeResponse(message.subarray(0, -3), asked.length);
  assert.equal(decoded.truncated, true);
  assert.deepEqual(decoded.answers, []);
});

const A = recordOf('www.example.com 300 A 192.0.2.80');
const broken = [
  { when: 'a record cut short', message: answer({ answers: [A] }).subarray(0, -1) },
  {
    when: 'fewer records than it says',
    message: Buffer.concat([words(7, 0x8180, 1, 2, 0, 0), asked, buildRecord(A)]),
  },
  {
    when: 'an A record of 3 octets',
    message: answer({ answers: [{ ...A, data: Buffer.alloc(3) }] }),
  },
  {
    when: 'an A record of 5 octets',
    message: answer({ answers: [{ ...A, data: Buffer.alloc(5) }] }),
  },
  { when: 'an AAAA record of 4 octets', message: answer({ answers: [{ ...A, type: 28 }] }) },
  { when: 'an OPT record among the answers', message: answer({ answers: [{ ...A, type: 41 }] }) },
  {
    when: 'a CNAME without a name',
    message: answer({ answers: [{ ...A, type: 5, data: Buffer.alloc(0) }] }),
  },
  {
    when: 'octets behind a CNAME',
    message: answer({ answers: [{ ...A, type: 5, data: Buffer.of(1, 97, 0, 0) }] }),
  },
  {
    when: 'an SOA cut short',
    message: answer({ answers: [{ ...A, type: 6, data: Buffer.alloc(21) }] }),
  },
  {
    when: 'an MX without a name',
    message: answer({ answers: [{ ...A, type: 15, data: Buffer.alloc(2) }] }),
  },
  {
    when: 'an SRV cut short',
    message: answer({ answers: [{ ...A, type: 33, data: Buffer.alloc(5) }] }),
  },
  {
    when: 'an RRSIG cut short',
    message: answer({ answers: [{ ...A, type: 46, data: Buffer.alloc(18) }] }),
  },
  {
    when: 'a NAPTR cut short',
    message: answer({ answers: [{ ...A, type: 35, data: Buffer.alloc(7) }] }),
  },
  {
    when: 'a TXT of no string',
    message: answer({ answers: [{ ...A, type: 16, data: Buffer.alloc(0) }] }),
  },
  {
    when: 'a TXT whose string runs over',
    message: answer({ answers: [{ ...A, type: 16, data: Buffer.of(2, 97) }] }),
  },
  {
    when: 'an HTTPS without a target',
    message: answer({ answers: [{ ...A, type: 65, data: Buffer.alloc(2) }] }),
  },
  {
    when: 'two OPT records',
    message: Buffer.concat([words(7, 0x8180, 1, 0, 0, 2), asked, buildOpt({}), buildOpt({})]),
  },
  {
    when: 'a name that points forward',
    message: Buffer.concat([
      words(7, 0x8180, 1, 1, 0, 0),
      asked,
      words(0xc0ff, 1, 1, 0, 0, 4),
      Buffer.alloc(4),
    ]),
  },
  {
    when: 'a name that points into the header',
    message: Buffer.concat([
      words(7, 0x8180, 1, 1, 0, 0),
      asked,
      words(0xc000, 1, 1, 0, 0, 4),
      Buffer.alloc(4),
    ]),
  },
  {
    when: 'a CNAME that points to itself',
    message: Buffer.concat([
      words(7, 0x8180, 1, 1, 0, 0),
      asked,
      words(0xc00c, 5, 1, 0, 0, 2, 0xc000 | (12 + asked.length + 12)),
    ]),
  },
];
for (const { when, message } of broken) {
  test(`decodeResponse: ${when}`, () => {
    assert.throws(() => decodeResponse(message, asked.length), Malformed);
  });
}
