import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOf } from '../../src/dns/answer.ts';
import { decodeResponse } from '../../src/dns/decode.ts';
import { readData } from '../../src/dns/rdata.ts';
import { Malformed } from '../../src/dns/reader.ts';
import { parseName } from '../../src/policy/name.ts';
import { nameOctets, words } from '../support/packet.ts';

/** A message that has this name at 12, another that ends in it at 30, and then some data. */
const asked = Buffer.concat([nameOctets('example.com'), words(1, 1)]);
const other = Buffer.concat([Buffer.from('\x03foo'), words(0xc00c)]);
const start = 12 + asked.length + other.length;
const message = (data: Buffer) => Buffer.concat([Buffer.alloc(12), asked, other, data]);
const toAsked = words(0xc00c);
const toOther = words(0xc000 | (12 + asked.length));
const inline = Buffer.from([3, 0x62, 0x61, 0x72, 0xc0, 12]);
const [example, foo, bar] = ['example.com', 'foo.example.com', 'bar.example.com'].map(
  nameOctets,
) as [Buffer, Buffer, Buffer];
const octets = (length: number) => Buffer.from(Array.from({ length }, (_, i) => 0xc0 + (i % 32)));
const strings = Buffer.from('\x01u\x03E2U\x00');

const layouts: readonly { type: string; number: number; data: Buffer[]; spelled: Buffer[] }[] = [
  { type: 'NS', number: 2, data: [toAsked], spelled: [example] },
  { type: 'MD', number: 3, data: [toOther], spelled: [foo] },
  { type: 'MF', number: 4, data: [inline], spelled: [bar] },
  { type: 'CNAME', number: 5, data: [toOther], spelled: [foo] },
  { type: 'MB', number: 7, data: [toOther], spelled: [foo] },
  { type: 'MG', number: 8, data: [toOther], spelled: [foo] },
  { type: 'MR', number: 9, data: [toOther], spelled: [foo] },
  { type: 'PTR', number: 12, data: [inline], spelled: [bar] },
  { type: 'DNAME', number: 39, data: [toAsked], spelled: [example] },
  { type: 'MX', number: 15, data: [octets(2), toOther], spelled: [octets(2), foo] },
  { type: 'AFSDB', number: 18, data: [octets(2), toOther], spelled: [octets(2), foo] },
  { type: 'RT', number: 21, data: [octets(2), inline], spelled: [octets(2), bar] },
  { type: 'KX', number: 36, data: [octets(2), toAsked], spelled: [octets(2), example] },
  { type: 'SOA', number: 6, data: [toOther, inline, octets(20)], spelled: [foo, bar, octets(20)] },
  { type: 'MINFO', number: 14, data: [toAsked, toOther], spelled: [example, foo] },
  { type: 'RP', number: 17, data: [inline, toOther], spelled: [bar, foo] },
  {
    type: 'PX',
    number: 26,
    data: [octets(2), toAsked, toOther],
    spelled: [octets(2), example, foo],
  },
  { type: 'SRV', number: 33, data: [octets(6), toOther], spelled: [octets(6), foo] },
  {
    type: 'NAPTR',
    number: 35,
    data: [octets(4), strings, toOther],
    spelled: [octets(4), strings, foo],
  },
  {
    type: 'SIG',
    number: 24,
    data: [octets(18), toAsked, octets(64)],
    spelled: [octets(18), example, octets(64)],
  },
  {
    type: 'RRSIG',
    number: 46,
    data: [octets(18), toAsked, octets(64)],
    spelled: [octets(18), example, octets(64)],
  },
  { type: 'NXT', number: 30, data: [toOther, octets(4)], spelled: [foo, octets(4)] },
  { type: 'NSEC', number: 47, data: [inline, octets(4)], spelled: [bar, octets(4)] },
];

for (const { type, number, data, spelled } of layouts) {
  test(`readData: names in ${type} are spelled out`, () => {
    const whole = message(Buffer.concat(data));
    const read = readData(whole, number, start, whole.length, 12 + asked.length);
    assert.deepEqual(Buffer.from(read), Buffer.concat(spelled));
  });

  test(`readData: ${type} cut by an octet, or with one too many, is malformed or has no fixed end`, () => {
    const whole = message(Buffer.concat([...data, Buffer.of(0)]));
    const read = (end: number) => () => readData(whole, number, start, end, 12 + asked.length);
    const isOpen = ['SIG', 'RRSIG', 'NXT', 'NSEC'].includes(type);
    if (isOpen) assert.doesNotThrow(read(whole.length));
    else assert.throws(read(whole.length), Malformed);
    if (!isOpen) assert.throws(read(whole.length - 2), Malformed);
  });
}

// RFC 3597: types that were new after 1035 are never compressed, and what looks like a pointer is none.
const opaque = [
  0, 10, 11, 13, 20, 25, 29, 37, 42, 44, 48, 50, 51, 52, 55, 61, 62, 108, 256, 257, 32768, 65280,
  65535,
];
for (const type of opaque) {
  test(`readData: TYPE${type} passes bit for bit`, () => {
    const data = Buffer.concat([toAsked, octets(40), toOther]);
    const whole = message(data);
    assert.deepEqual(Buffer.from(readData(whole, type, start, whole.length, 29)), data);
    assert.deepEqual(Buffer.from(readData(whole, type, start, start, 29)), Buffer.alloc(0));
  });
}

test('readData: letters taken from the question are lower case, as their case there is ours', () => {
  const shouting = Buffer.concat([Buffer.alloc(12), nameOctets('EXAMPLE.com'), words(1, 1)]);
  const data = Buffer.concat([Buffer.from('\x03WwW'), words(0xc00c)]);
  const whole = Buffer.concat([shouting, data]);
  const read = readData(whole, 5, shouting.length, whole.length, shouting.length);
  assert.deepEqual(Buffer.from(read), nameOctets('WwW.example.com'));
});

test('readData: data that is longer than a length field can say once spelled out is malformed', () => {
  // Labels that lie inside each other, each behind it a pointer to the one that begins before it.
  const whole = Buffer.alloc(65535);
  const nested = [
    { at: 40, length: 30, next: 0 },
    { at: 45, length: 40, next: 0xc000 | 40 },
    { at: 50, length: 50, next: 0xc000 | 45 },
    { at: 55, length: 60, next: 0xc000 | 50 },
  ];
  for (const { at, length, next } of nested) {
    whole[at] = length;
    whole.writeUInt16BE(next, at + 1 + length);
  }
  // An RRSIG whose signer is the last of them: 185 octets that came in 78.
  const rrsig = 118;
  whole.writeUInt16BE(0xc000 | 55, rrsig + 18);
  assert.throws(() => readData(whole, 46, rrsig, 65535, 0), {
    name: 'Malformed',
    message: /too long once its names are spelled out/,
  });
});

test('answerOf: more records than a message of ours can hold are malformed', () => {
  // SRV targets may not be compressed, but are by some: spelled out, 5000 of them are over a megabyte.
  const target = `${'long-label-'.repeat(5)}.${'long-label-'.repeat(5)}.example.com`;
  const name = nameOctets('_x._tcp.example.com');
  const question = Buffer.concat([name, words(33, 1)]);
  const first = Buffer.concat([
    words(0xc00c, 33, 1, 0, 60, 6 + nameOctets(target).length, 0, 0, 0),
    nameOctets(target),
  ]);
  const place = 12 + question.length + 18;
  const rest = Array.from({ length: 2500 }, (_, i) =>
    words(0xc00c, 33, 1, 0, 60, 8, i, 0, 0, 0xc000 | place),
  );
  const message = Buffer.concat([words(7, 0x8180, 1, 2501, 0, 0), question, first, ...rest]);
  const asked = { name: parseName('_x._tcp.example.com'), type: 33, class: 1 };
  const response = decodeResponse(message, question.length);
  assert.equal(response.answers.length, 2501);
  assert.throws(() => answerOf(asked, false, response), {
    name: 'Malformed',
    message: /too long to pass on/,
  });
});
