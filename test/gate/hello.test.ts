import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Opening } from '../../src/gate/opening.ts';
import { type Extension, messageOf, nameList, partsOf, recordsOf, sized } from './support/build.ts';
import { captured } from './support/captures.ts';
import { readDripping, readPieces } from './support/read.ts';

const record = captured('node20');
const message = record.subarray(5);
const parts = partsOf(record);

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** Version and random. */
const start = parts.head.subarray(0, 34);
const helloOf = (...body: readonly Uint8Array[]) =>
  recordsOf(Buffer.concat([Buffer.of(1), sized(3, start, ...body)]));
const extended = (...extensions: readonly Extension[]) =>
  recordsOf(messageOf({ ...parts, extensions: [...parts.extensions, ...extensions] }));
/** A message with so much padding (RFC 7685) that it has this many octets. */
const padded = (size: number) =>
  messageOf({
    ...parts,
    extensions: [...parts.extensions, { type: 21, data: Buffer.alloc(size - message.length - 4) }],
  });
const join = (...pieces: readonly Uint8Array[]) => Buffer.concat(pieces);

test('hello: what is built of a capture is the capture', () => {
  assert.deepEqual(recordsOf(messageOf(parts)).subarray(5), message);
});

const sound: readonly {
  readonly when: string;
  readonly octets: Buffer;
  readonly hello: Partial<(Opening & { kind: 'tls' })['hello']>;
}[] = [
  {
    when: 'without a list of extensions',
    octets: helloOf(hex('00 0002002f 0100')),
    hello: { alpn: [], ech: false, ja4: 't12i010000_ba72b8082249_000000000000' },
  },
  {
    when: 'with an empty list of extensions',
    octets: helloOf(hex('00 0002002f 0100 0000')),
    hello: { ja4: 't12i010000_ba72b8082249_000000000000' },
  },
  {
    when: 'with a session id of 32 octets',
    octets: helloOf(hex(`20 ${'ab'.repeat(32)} 0002002f 0100`)),
    hello: {},
  },
  {
    when: 'with extensions nobody knows, of any content',
    octets: extended({ type: 0x1a1a, data: hex('00') }, { type: 0xeeee, data: Buffer.alloc(3000) }),
    hello: {},
  },
  {
    when: 'with protocols, one of which is no text',
    octets: extended({ type: 16, data: sized(2, sized(1, hex('ff00')), sized(1, hex('6832'))) }),
    hello: { alpn: ['\xff\0', 'h2'] },
  },
  {
    when: 'with an encrypted hello',
    octets: extended({ type: 0xfe0d, data: hex('00') }),
    hello: { ech: true },
  },
  {
    when: 'with what looks like a server name within another extension',
    octets: extended({ type: 21, data: join(hex('0000'), sized(2, nameList('www.example.net'))) }),
    hello: {},
  },
  {
    when: 'in records of any version 3',
    octets: join(hex('1603ff'), record.subarray(3)),
    hello: {},
  },
  { when: 'as long as may be', octets: recordsOf(padded(16_384 - 5)), hello: {} },
  {
    when: 'with another message behind it in its record',
    octets: recordsOf(join(message, message)),
    hello: {},
  },
];
for (const { when, octets, hello } of sound) {
  test(`hello: sound ${when}`, () => {
    const opening = readPieces(octets);
    assert(opening?.kind === 'tls', JSON.stringify(opening));
    const expected = octets.includes('www.example.com') ? 'www.example.com' : undefined;
    assert.equal(opening.hello.serverName, expected);
    assert.deepEqual({ ...opening.hello, ...hello }, opening.hello);
    assert.deepEqual(readDripping(octets).opening, opening);
  });
}

const TOO_LONG = 'the hello is too long';
const NO_HANDSHAKE = 'a record within the hello holds no handshake';

const malformed: readonly {
  readonly when: string;
  readonly octets: Buffer;
  readonly reason: string;
  /** After how many octets it is known at the latest, where that is not all of them. */
  readonly after?: number;
}[] = [
  {
    when: 'a record of another version',
    octets: hex('16 0201 0010'),
    reason: 'a record has an unknown version',
  },
  { when: 'an empty record', octets: hex('16 0301 0000'), reason: 'a record is empty' },
  {
    when: 'an empty record within',
    octets: join(recordsOf(message.subarray(0, 50)), hex('16 0301 0000')),
    reason: 'a record is empty',
  },
  { when: 'a record over 16 KiB', octets: hex('16 0301 4001'), reason: 'a record is too long' },
  {
    when: 'an alert within',
    octets: join(recordsOf(message.subarray(0, 50)), hex('15 0301 0002 0100')),
    reason: NO_HANDSHAKE,
    after: 60,
  },
  {
    when: 'a change of cipher within',
    octets: join(recordsOf(message.subarray(0, 2)), hex('14 0303 0001')),
    reason: NO_HANDSHAKE,
  },
  {
    when: 'an alert in front',
    octets: join(hex('15 0301 0002 0100'), record),
    reason: 'the first record holds no handshake',
    after: 2,
  },
  {
    when: 'application data in front',
    octets: hex('17 0303 0010'),
    reason: 'the first record holds no handshake',
    after: 2,
  },
  {
    when: 'a hello in the form of SSL 2.0',
    octets: hex('802e 010301 0015 0000 0010'),
    reason: 'the hello is in the form of SSL 2.0',
    after: 4,
  },
  {
    when: 'another message',
    octets: recordsOf(hex('02 000010')),
    reason: 'the first message is no ClientHello',
  },
  {
    when: 'another message in front',
    octets: recordsOf(hex('00 000000'), message),
    reason: 'the first message is no ClientHello',
    after: 9,
  },
  {
    when: 'a hello said to be too long',
    octets: recordsOf(hex('01 003ffd')),
    reason: TOO_LONG,
  },
  {
    when: 'a hello said to be as long as can be',
    octets: recordsOf(hex('01'), hex('ff'), hex('ff'), hex('ff')),
    reason: TOO_LONG,
  },
  {
    when: 'a hello that ends one octet too late',
    octets: recordsOf(padded(16_384 - 4)),
    reason: TOO_LONG,
    after: 16_384,
  },
  {
    when: 'a hello in records so small that it ends too late',
    octets: recordsOf(...Array.from(padded(3000), (octet) => Buffer.of(octet))),
    reason: TOO_LONG,
    after: 16_384,
  },
  { when: 'no octets', octets: recordsOf(hex('01 000000')), reason: 'the hello is cut short' },
  {
    when: 'half a random',
    octets: recordsOf(hex('01 000010 0303 0000000000000000000000000000')),
    reason: 'the random is cut short',
  },
  {
    when: 'a session id of 33 octets',
    octets: helloOf(hex(`21 ${'ab'.repeat(33)} 0002002f 0100`)),
    reason: 'the session id is too long',
  },
  {
    when: 'no ciphers',
    octets: helloOf(hex('00 0000 0100')),
    reason: 'the hello offers no cipher',
  },
  {
    when: 'half a cipher',
    octets: helloOf(hex('00 0003002f00 0100')),
    reason: 'the list of ciphers is cut short',
  },
  {
    when: 'no compressions',
    octets: helloOf(hex('00 0002002f 00')),
    reason: 'the hello offers no compression, not even none',
  },
  {
    when: 'no end of the compressions',
    octets: helloOf(hex('00 0002002f 0200')),
    reason: 'the list of compressions is cut short',
  },
  {
    when: 'a list of extensions longer than the hello',
    octets: helloOf(hex('00 0002002f 0100 0004 0017')),
    reason: 'the list of extensions is cut short',
  },
  {
    when: 'octets behind the list of extensions',
    octets: helloOf(hex('00 0002002f 0100 0004 00170000 00')),
    reason: 'the list of extensions ends too early',
  },
  {
    when: 'an extension longer than its list',
    octets: helloOf(hex('00 0002002f 0100 0004 00170001')),
    reason: 'an extension is cut short',
  },
  {
    when: 'two server name extensions',
    octets: extended({ type: 0, data: nameList('www.example.net') }),
    reason: 'extension 0 is there twice',
  },
  {
    when: 'two of another extension',
    octets: extended({ type: 23, data: Buffer.alloc(0) }),
    reason: 'extension 23 is there twice',
  },
  {
    when: 'a protocol without a name',
    octets: extended({ type: 16, data: sized(2, hex('00')) }),
    reason: 'a protocol has no name',
  },
  {
    when: 'half a version',
    octets: helloOf(hex('00 0002002f 0100 0008 002b 0004 03030403')),
    reason: 'the list of versions is cut short',
  },
];
for (const { when, octets, reason, after } of malformed) {
  test(`hello: malformed by ${when}`, () => {
    const opening = { kind: 'malformed', reason };
    assert.deepEqual(readPieces(octets), opening);
    assert.deepEqual(readDripping(octets), { opening, after: after ?? octets.length });
  });
}
