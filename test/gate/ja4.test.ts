import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ja4Parts, ja4Of } from '../../src/gate/ja4.ts';

const list = (text: string) => text.split(',').map((value) => Number.parseInt(value, 16));

/** The example of FoxIO's technical_details/JA4.md, with the GREASE that such a client sends. */
const EXAMPLE: Ja4Parts = {
  legacyVersion: 0x0303,
  versions: [0x7a7a, 0x0304, 0x0303],
  ciphers: list('2a2a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035'),
  extensions: list(
    'fafa,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015,0a0a',
  ),
  signatureAlgorithms: list('0403,0804,0401,0503,0805,0501,0806,0601'),
  alpn: ['h2', 'http/1.1'],
};

const cases: readonly {
  readonly when: string;
  readonly parts: Partial<Ja4Parts>;
  readonly ja4: string;
}[] = [
  { when: 'the example', parts: {}, ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1' },
  {
    when: 'no signature algorithms',
    parts: { signatureAlgorithms: [] },
    ja4: 't13d1516h2_8daaf6152771_6d807ffa2a79',
  },
  {
    when: 'another order',
    parts: {
      ciphers: EXAMPLE.ciphers.toReversed(),
      extensions: EXAMPLE.extensions.toReversed(),
    },
    ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1',
  },
  {
    when: 'no server name and no protocols',
    parts: { extensions: EXAMPLE.extensions.filter((type) => type !== 0 && type !== 16), alpn: [] },
    ja4: 't13i151400_8daaf6152771_e5627efa2ab1',
  },
  {
    when: 'nothing at all',
    parts: { ciphers: [0x0a0a], extensions: [0, 16, 0xaaaa], versions: [] },
    ja4: 't12d0002h2_000000000000_000000000000',
  },
  {
    when: 'more than 99',
    parts: { ciphers: Array.from({ length: 300 }, () => 0x1301) },
    ja4: 't13d9916h2_',
  },
  {
    when: 'TLS 1.1 in the hello alone',
    parts: { versions: [], legacyVersion: 0x0302 },
    ja4: 't11',
  },
  { when: 'SSL 3.0', parts: { versions: [], legacyVersion: 0x0300 }, ja4: 'ts3' },
  { when: 'a version nobody knows', parts: { versions: [0x0304, 0x0505] }, ja4: 't00' },
  // Examples of the same document.
  { when: 'a protocol h', parts: { alpn: ['h'] }, ja4: 't13d1516hh_' },
  { when: 'a protocol ab', parts: { alpn: ['\xab'] }, ja4: 't13d1516ab_' },
  { when: 'a protocol abcd', parts: { alpn: ['\xab\xcd'] }, ja4: 't13d1516ad_' },
  { when: 'a protocol 30ab', parts: { alpn: ['0\xab'] }, ja4: 't13d15163b_' },
  { when: 'a protocol 3031abcd', parts: { alpn: ['01\xab\xcd'] }, ja4: 't13d15163d_' },
  { when: 'a protocol 30abcd31', parts: { alpn: ['0\xab\xcd1'] }, ja4: 't13d151601_' },
];
for (const { when, parts, ja4 } of cases) {
  test(`ja4Of: ${when}`, () => {
    const found = ja4Of({ ...EXAMPLE, ...parts });
    assert.equal(found.slice(0, ja4.length), ja4);
    assert.match(found, /^t(?:1[0-3]|s3|00)[di]\d{4}[0-9a-zA-Z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/);
  });
}
