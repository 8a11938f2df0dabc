import { buildPacket, nameOctets, type Packet, words } from './packet.ts';
import { recordOf, typeNumberOf } from './records.ts';

/** Sound messages of many kinds, for mutations to start from. */

const question = (name: string, type = 'A', klass = 1) => ({
  name,
  type: typeNumberOf(type),
  class: klass,
});
const edns = (options: readonly (readonly [number, string])[] = [], more = {}) => ({
  size: 1232,
  version: 0,
  dnssecOk: false,
  options: options.map(([code, hex]) => ({ code, data: Buffer.from(hex, 'hex') })),
  ...more,
});
const query = (packet: Partial<Packet>) => buildPacket({ id: 7, flags: ['RD'], ...packet });

export const QUERIES: readonly Buffer[] = [
  query({ questions: [question('www.example.com')] }),
  query({ questions: [question('WwW.eXample.com', 'AAAA')], edns: edns([], { dnssecOk: true }) }),
  query({
    questions: [question('www.example.com', 'HTTPS')],
    edns: edns([[10, '0102030405060708']]),
  }),
  query({
    questions: [question('www.example.com', 'TXT')],
    edns: edns([
      [3, ''],
      [8, '0001180000000000'],
      [11, ''],
      [12, '00'.repeat(60)],
      [10, '01'.repeat(24)],
    ]),
  }),
  query({ questions: [question('.', 'NS')] }),
  query({ questions: [question('version.bind', 'TXT', 3)] }),
  query({ questions: [question('example.com', 'AXFR')] }),
  query({ questions: [question('bad.example.net')], edns: edns() }),
  query({ questions: [question('localhost')], flags: ['RD', 'AD', 'CD'] }),
  query({ questions: [question('5.0.0.10.in-addr.arpa', 'PTR')] }),
  query({ questions: [question(`${'a.'.repeat(126)}a`)] }),
  query({
    questions: [question(`${'x'.repeat(63)}.example.com`, 'ANY')],
    edns: edns([], { version: 1 }),
  }),
  query({ questions: [], edns: edns([[10, '0102030405060708']]) }),
  query({ opcode: 4, questions: [question('example.com', 'SOA')] }),
];

/** What an upstream may say of www.example.com; the question in it is of type A. */
const answers: readonly Partial<Packet>[] = [
  {
    answers: ['www.example.com 300 A 192.0.2.80', 'www.example.com 60 A 192.0.2.81'].map(recordOf),
  },
  {
    answers: [
      'www.example.com 300 CNAME a.example.net',
      'a.example.net 300 CNAME b.example.net',
      'b.example.net 300 A 192.0.2.80',
    ].map(recordOf),
  },
  {
    answers: [
      'example.com 300 DNAME example.net',
      'www.example.com 300 CNAME www.example.net',
      'www.example.net 300 A 192.0.2.80',
      'www.example.net 300 RRSIG A example.net',
    ].map(recordOf),
    edns: edns([[15, '00166e6f206c75636b']], { dnssecOk: true }),
  },
  {
    rcode: 3,
    authorities: [
      'example.com 300 SOA ns.example.com host.example.com 1 2 3 4 5',
      'example.com 300 RRSIG SOA example.com',
      'a.example.com 300 NSEC z.example.com',
      'a.example.com 300 RRSIG NSEC example.com',
    ].map(recordOf),
  },
  {
    answers: ['www.example.com 300 A 192.0.2.80'].map(recordOf),
    authorities: ['example.com 300 NS ns.example.com'].map(recordOf),
    additionals: ['ns.example.com 300 A 192.0.2.1', 'ns.example.com 300 AAAA 2001:db8::1'].map(
      recordOf,
    ),
    edns: edns(),
  },
  {
    answers: [
      'www.example.com 300 HTTPS 1 svc.example.net alpn=h2 ipv4hint=192.0.2.1 ech=AAECAw==',
      'www.example.com 300 SVCB 0 www.example.com',
      'www.example.com 300 MX 10 mail.example.com',
      'www.example.com 300 SRV 1 2 3 mail.example.com',
      'www.example.com 300 TXT "a" "b"',
      'www.example.com 300 TYPE65280 \\# 4 c00cc00c',
    ].map(recordOf),
  },
];

export const ASKED: Buffer = Buffer.concat([nameOctets('www.example.com'), words(1, 1)]);

/** Responses to that question, as a codec writes them and, for two, compressed by hand. */
export const RESPONSES: readonly Buffer[] = [
  ...answers.map((packet) =>
    buildPacket({
      id: 7,
      flags: ['QR', 'RD', 'RA'],
      questions: [question('www.example.com')],
      ...packet,
    }),
  ),
  Buffer.concat([
    words(7, 0x8180, 1, 2, 0, 0),
    ASKED,
    words(0xc00c, 5, 1, 0, 300, 6),
    Buffer.from([3, 0x66, 0x6f, 0x6f, 0xc0, 16]),
    words(0xc000 | 45, 1, 1, 0, 300, 4),
    Buffer.from([192, 0, 2, 1]),
  ]),
  Buffer.concat([
    words(7, 0x8183, 1, 0, 1, 0),
    ASKED,
    words(0xc010, 6, 1, 0, 300, 24, 0xc00c, 0xc010),
    Buffer.alloc(20, 1),
  ]),
];
