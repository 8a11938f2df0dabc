import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readKernelLine } from '../../../src/firewall/log/kernel-line.ts';
import { createLineReader } from '../../../src/firewall/log/lines.ts';
import { readNflog } from '../../../src/firewall/log/nflog.ts';
import { type CaptureRecord, createCaptureReader } from '../../../src/firewall/log/pcap.ts';
import { readPflog } from '../../../src/firewall/log/pflog.ts';
import {
  captureHeader,
  captureRecord,
  type MadeCapture,
  makeNflog,
  makePacket,
  makePflog,
} from './captures.ts';

const NOON = Date.UTC(2026, 10, 27, 12);
const V4 = { from: '192.0.2.10', to: '203.0.113.5' };
const V6 = { from: '2001:db8:1::10', to: '2001:db8:77::5' };

// A record that the kernel of Linux 6 has logged and tcpdump 4.99 written.
const REAL = Buffer.from(
  `020000050800010008000300 12000a0054572d44454e592e633161322000000008000500000000010800
   0b00000000000800 0e000000000040000900 4500003c64b640004006d8037f0000017f00000182e401bcb372104e
   00000000a002ffd7fe3000000204ffd70402080a20937f61000000000103030a`.replaceAll(/\s/g, ''),
  'hex',
);

test('nflog: a record of a real kernel', () => {
  assert.deepEqual(readNflog(REAL, NOON, true), {
    time: NOON,
    entry: 'TW-DENY.c1a2',
    from: '127.0.0.1',
    to: '127.0.0.1',
    transport: 'tcp',
    port: 444,
    refused: true,
  });
});

const nflogs: readonly {
  when: string;
  made: Parameters<typeof makeNflog>[0];
  is: object | string;
}[] = [
  {
    when: 'IPv6 on a machine of the other byte order',
    made: { packet: makePacket({ ...V6, protocol: 17 }), isBigEndian: true },
    is: { time: NOON, entry: 'TW-DENY', ...V6, transport: 'udp', port: 443, refused: true },
  },
  {
    when: "a question on its way to our resolver, at the kernel's own time",
    made: {
      prefix: 'TW-DNS ',
      hook: 0,
      packet: makePacket({ ...V4, protocol: 17, port: 53, payload: Buffer.from('q') }),
      stamp: [1_795_779_789n, 936_123n],
    },
    is: {
      time: 1_795_779_789_936,
      entry: 'TW-DNS',
      ...V4,
      transport: 'udp',
      port: 53,
      question: Uint8Array.of(0x71),
      refused: false,
    },
  },
  {
    when: 'what is only recorded',
    made: { prefix: 'TW-ADDR-bore-record-1.c0123abcd ', packet: makePacket(V4) },
    is: {
      time: NOON,
      entry: 'TW-ADDR-bore-record-1.c0123abcd',
      ...V4,
      transport: 'tcp',
      port: 443,
      refused: false,
    },
  },
  {
    when: 'what is watched',
    made: { prefix: 'TW-WATCH-1 ', packet: makePacket(V4) },
    is: { time: NOON, entry: 'TW-WATCH-1', ...V4, transport: 'tcp', port: 443, refused: false },
  },
  { when: "another's prefix", made: { prefix: 'drop ', packet: makePacket(V4) }, is: 'foreign' },
  { when: 'no prefix', made: { prefix: '', packet: makePacket(V4) }, is: 'foreign' },
  {
    when: 'a prefix that only begins as ours do',
    made: { prefix: 'TW-DENY\x1b[2J', packet: makePacket(V4) },
    is: 'foreign',
  },
  { when: 'no packet', made: {}, is: 'unreadable' },
  { when: 'what is no packet', made: { packet: Buffer.from('hello') }, is: 'unreadable' },
  {
    when: 'a time past all calendars, which is passed over',
    made: { packet: makePacket(V4), stamp: [2n ** 63n, 0n] },
    is: { time: NOON, entry: 'TW-DENY', ...V4, transport: 'tcp', port: 443, refused: true },
  },
];
for (const { when, made, is } of nflogs) {
  test(`nflog: ${when}`, () =>
    assert.deepEqual(readNflog(makeNflog(made), NOON, made.isBigEndian !== true), is));
}

// What pf logs is made by hand after net/if_pflog.h; no BSD was at hand to capture it.
for (const length of [61, 69, 100] as const) {
  test(`pflog: a header of ${length} octets`, () => {
    const made = { length, rule: 3, subrule: 12, packet: makePacket({ ...V6, protocol: 17 }) };
    assert.deepEqual(readPflog(makePflog(made), NOON), {
      time: NOON,
      anchor: 'tunnelwarden',
      rule: 12,
      refused: true,
      headers: { ...V6, transport: 'udp', port: 443 },
    });
  });
}
test('pflog: a rule of the main file, and what was only matched', () => {
  const made = { anchor: '', action: 12, packet: makePacket(V4) };
  const read = readPflog(makePflog(made), NOON);
  assert.deepEqual([read?.anchor, read?.rule, read?.refused], ['', 7, false]);
});
test('pflog: a header that is too short, or is cut, is none', () => {
  const record = makePflog({ packet: makePacket(V4) });
  for (const length of [0, 1, 20, 60, 99, 100, 110]) {
    assert.equal(readPflog(record.subarray(0, length), NOON), undefined);
  }
  record[0] = 40;
  assert.equal(readPflog(record, NOON), undefined);
});

const BODY =
  'IN=lan OUT=wan MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=192.0.2.10 DST=203.0.113.5 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=25782 DF PROTO=TCP SPT=33508 DPT=443 WINDOW=65495 RES=0x00 SYN URGP=0 ';
const BODY6 =
  'IN=lan OUT=wan SRC=2001:0db8:0001:0000:0000:0000:0000:0010 DST=2001:0db8:0077:0000:0000:0000:0000:0005 LEN=55 TC=0 HOPLIMIT=63 FLOWLBL=657957 PROTO=UDP SPT=59004 DPT=7844 LEN=11 ';
const tcp = { time: NOON, entry: 'TW-DENY', ...V4, transport: 'tcp', port: 443, refused: true };

const lines: readonly { when: string; line: string; is: object | string }[] = [
  { when: 'a record of /dev/kmsg', line: `4,1234,5678901,-;TW-DENY ${BODY}`, is: tcp },
  {
    when: 'one that says who wrote it',
    line: `4,1234,5678901,-,caller=T12;TW-DENY ${BODY}`,
    is: tcp,
  },
  { when: 'syslog', line: `Nov  7 09:38:20 gw kernel: [ 1962.937903] TW-DENY ${BODY}`, is: tcp },
  { when: 'syslog without a clock', line: `Nov 27 11:38:20 gw kernel: TW-DENY ${BODY}`, is: tcp },
  {
    when: "rsyslog's own time",
    line: `2026-11-27T11:38:20.123456+00:00 gw kernel: TW-DENY ${BODY}`,
    is: tcp,
  },
  { when: "ulogd's file", line: `Nov 27 11:38:20 gw TW-DENY  ${BODY}`, is: tcp },
  { when: 'dmesg', line: `[ 1962.937903] TW-DENY ${BODY}`, is: tcp },
  { when: 'with a priority', line: `<4>[12345.678901] TW-DENY ${BODY}`, is: tcp },
  {
    when: 'IPv6',
    line: `4,1,2,-;TW-PORT-cloudflare-tunnel.c0123abcd ${BODY6}`,
    is: {
      time: NOON,
      entry: 'TW-PORT-cloudflare-tunnel.c0123abcd',
      ...V6,
      transport: 'udp',
      port: 7844,
      refused: true,
    },
  },
  {
    when: 'before routing',
    line: `4,1,2,-;TW-DNS ${BODY.replace('OUT=wan', 'OUT=').replace('DPT=443', 'DPT=53')}`,
    is: { ...tcp, entry: 'TW-DNS', port: 53, refused: false },
  },
  {
    when: 'an ICMP error, which quotes a packet',
    line: `4,1,2,-;TW-DENY IN=lan OUT=wan SRC=192.0.2.10 DST=203.0.113.5 LEN=88 PROTO=ICMP TYPE=3 CODE=3 [SRC=198.51.100.1 DST=192.0.2.10 PROTO=UDP SPT=1 DPT=443 ] `,
    is: { time: NOON, entry: 'TW-DENY', ...V4, transport: 'other', refused: true },
  },
  {
    when: 'a later fragment',
    line: '4,1,2,-;TW-DENY IN=lan OUT=wan SRC=192.0.2.10 DST=203.0.113.5 LEN=88 FRAG:185 PROTO=UDP ',
    is: { time: NOON, entry: 'TW-DENY', ...V4, transport: 'udp', refused: true },
  },
  { when: 'other words of the kernel', line: '6,1,2,-;eth0: link up', is: 'foreign' },
  { when: "another's prefix", line: `4,1,2,-;DROP ${BODY}`, is: 'foreign' },
  {
    when: "another program's message that looks like ours",
    line: `Nov 27 11:38:20 gw sshd[12]: TW-DENY ${BODY}`,
    is: 'foreign',
  },
  {
    when: 'one that says it is the kernel inside of its message',
    line: `Nov 27 11:38:20 gw logger: kernel: TW-DENY ${BODY}`,
    is: 'foreign',
  },
  { when: 'a record that a program wrote', line: `12,1,2,-;TW-DENY ${BODY}`, is: 'foreign' },
  { when: 'no addresses', line: '4,1,2,-;TW-DENY IN=lan OUT=wan ', is: 'unreadable' },
  {
    when: 'an address that is none',
    line: `4,1,2,-;TW-DENY ${BODY.replace('203.0.113.5', '203.0.113.500')}`,
    is: 'unreadable',
  },
  { when: 'nothing', line: '', is: 'foreign' },
];
for (const { when, line, is } of lines) {
  test(`kernel line: ${when}`, () => assert.deepEqual(readKernelLine(line, NOON), is));
}

test('lines: cut anywhere; one that is too long is told, and the next one read', () => {
  const text = `one\n${'x'.repeat(9_000)}\ntwo\nthree`;
  for (let size = 1; size < 300; size += 7) {
    const read: (string | undefined)[] = [];
    const { push } = createLineReader((line) => read.push(line));
    for (let at = 0; at < text.length; at += size) push(Buffer.from(text.slice(at, at + size)));
    assert.deepEqual(read, ['one', undefined, 'two']);
  }
});

const captures: readonly (MadeCapture & { time: readonly [number, number]; is: number })[] = [
  { time: [1_795_779_789, 936_999], is: 1_795_779_789_936 },
  { time: [1_795_779_789, 936_999], is: 1_795_779_789_936, isBigEndian: true },
  { time: [4_294_967_295, 999_999_999], is: 4_294_967_295_999, isNano: true },
  { time: [7, 936_999_999], is: 7_936, isNano: true, isBigEndian: true },
];
for (const { time, is, ...made } of captures) {
  test(`pcap: ${made.isBigEndian ? 'big' : 'little'} endian, ${made.isNano ? 'nano' : 'micro'}seconds, cut anywhere`, () => {
    const stream = Buffer.concat([
      captureHeader({ ...made, linkType: 0x1400_0075 }),
      captureRecord(Buffer.from('first'), time, made),
      captureRecord(Buffer.alloc(0), time, made),
      captureRecord(Buffer.from('the last'), time, made),
    ]);
    for (let size = 1; size <= stream.length; size += 1) {
      const read: (CaptureRecord & { linkType: number })[] = [];
      const { push } = createCaptureReader((record, { linkType }) =>
        read.push({ ...record, octets: Buffer.from(record.octets), linkType }),
      );
      for (let at = 0; at < stream.length; at += size) {
        assert.equal(push(stream.subarray(at, at + size)), undefined);
      }
      assert.deepEqual(
        read.map(({ octets, ...rest }) => ({ text: octets.toString(), ...rest })),
        [
          { text: 'first', time: is, end: 45, linkType: 117 },
          { text: '', time: is, end: 61, linkType: 117 },
          { text: 'the last', time: is, end: 85, linkType: 117 },
        ],
      );
    }
  });
}

test('pcap: what is none is told, and a record without an end is not waited for', () => {
  const none = createCaptureReader(() => assert.fail());
  assert.match(none.push(Buffer.alloc(24, 0x0a)) ?? '', /no capture as tcpdump writes them/);
  assert.match(none.push(captureHeader()) ?? '', /no capture/);
  const endless = createCaptureReader(() => assert.fail());
  const record = captureRecord(Buffer.alloc(8));
  record.writeUInt32LE(0x7fff_ffff, 8);
  assert.match(endless.push(Buffer.concat([captureHeader(), record])) ?? '', /2147483647 octets/);
});
