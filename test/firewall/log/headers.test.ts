import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHeaders } from '../../../src/firewall/log/headers.ts';
import { type Made, makePacket } from './captures.ts';

const V4 = { from: '192.0.2.10', to: '203.0.113.5' };
const V6 = { from: '2001:db8:1::10', to: '2001:db8:77::5' };
/** So many octets behind the first, the length in the second. */
const extension = (octets: number) => {
  const rest = Buffer.alloc(octets - 1);
  rest[0] = octets / 8 - 1;
  return rest;
};
const fragment = (offset: number) =>
  Buffer.of(0, (offset << 3) >> 8, (offset << 3) & 0xff, 0, 0, 0, 1);
const authentication = (octets: number) => {
  const rest = Buffer.alloc(octets - 1);
  rest[0] = octets / 4 - 2;
  return rest;
};

const cases: readonly { when: string; made: Made; is: object }[] = [
  { when: 'TCP over IPv4', made: V4, is: { ...V4, transport: 'tcp', port: 443 } },
  { when: 'TCP over IPv6', made: V6, is: { ...V6, transport: 'tcp', port: 443 } },
  {
    when: 'UDP',
    made: { ...V6, protocol: 17, port: 7844 },
    is: { ...V6, transport: 'udp', port: 7844 },
  },
  {
    when: 'a question',
    made: { ...V4, protocol: 17, port: 53, payload: Buffer.from('abc') },
    is: { ...V4, transport: 'udp', port: 53, question: Uint8Array.from(Buffer.from('abc')) },
  },
  {
    when: 'TCP to port 53, which is no datagram',
    made: { ...V4, port: 53, payload: Buffer.from('abc') },
    is: { ...V4, transport: 'tcp', port: 53 },
  },
  { when: 'ICMP', made: { ...V4, protocol: 1 }, is: { ...V4, transport: 'other' } },
  {
    when: 'IPv4 options',
    made: { ...V4, options: 12 },
    is: { ...V4, transport: 'tcp', port: 443 },
  },
  {
    when: 'a later fragment of IPv4',
    made: { ...V4, fragmentOffset: 100 },
    is: { ...V4, transport: 'tcp' },
  },
  {
    when: 'a first fragment of IPv4, with more to come',
    made: { ...V4, fragmentOffset: 0x2000 },
    is: { ...V4, transport: 'tcp', port: 443 },
  },
  {
    when: 'extension headers of IPv6',
    made: {
      ...V6,
      protocol: 17,
      extensions: [
        [0, extension(8)],
        [60, extension(24)],
        [43, extension(16)],
        [44, fragment(0)],
        [51, authentication(12)],
      ],
    },
    is: { ...V6, transport: 'udp', port: 443 },
  },
  {
    when: 'a later fragment of IPv6',
    made: { ...V6, extensions: [[44, fragment(9)]] },
    is: { ...V6, transport: 'tcp' },
  },
  { when: 'IPsec', made: { ...V6, protocol: 50 }, is: { ...V6, transport: 'other' } },
];

for (const { when, made, is } of cases) {
  test(`headers: ${when}`, () => {
    const packet = makePacket(made);
    assert.deepEqual(readHeaders(packet), is);
  });
}

test('headers: a packet that is cut anywhere has its addresses or none, and no wrong port', () => {
  for (const { made } of cases) {
    const packet = makePacket(made);
    const whole = readHeaders(packet);
    for (let length = 0; length < packet.length; length += 1) {
      const cut = readHeaders(packet.subarray(0, length));
      if (!cut) continue;
      assert.deepEqual([cut.from, cut.to], [whole?.from, whole?.to]);
      assert(cut.port === undefined || cut.port === whole?.port);
    }
  }
});

test('headers: what is no IP packet is none', () => {
  for (const octets of [
    Buffer.alloc(0),
    Buffer.of(0x45),
    Buffer.alloc(60),
    Buffer.alloc(60, 0x41),
  ]) {
    assert.equal(readHeaders(octets), undefined);
  }
});
