import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCaptureLog } from '../../../src/firewall/log/capture-log.ts';
import { createIntake, type Found } from '../../../src/firewall/log/intake.ts';
import { readKernelLine } from '../../../src/firewall/log/kernel-line.ts';
import { createLineReader } from '../../../src/firewall/log/lines.ts';
import type { LoggedPacket } from '../../../src/firewall/log/packet.ts';
import { parseAddress } from '../../../src/policy/network.ts';
import { mutate } from '../../support/mutate.ts';
import { createPrng } from '../../support/prng.ts';
import { captureHeader, captureRecord, makeNflog, makePacket, makePflog } from './captures.ts';

// What a log holds is written by strangers in part, and by other programs: whatever comes, nothing is thrown,
// and what comes out is sound.

const ROUNDS = 20_000;

const PACKETS = [
  makePacket({ from: '192.0.2.10', to: '203.0.113.5' }),
  makePacket({ from: '192.0.2.10', to: '203.0.113.5', protocol: 17, port: 53, options: 8 }),
  makePacket({
    from: '2001:db8::1',
    to: '2001:db8::2',
    protocol: 17,
    extensions: [
      [0, Buffer.alloc(7)],
      [44, Buffer.alloc(7)],
      [60, Buffer.alloc(15, 1)],
    ],
  }),
];

function assertSound({ time, entry, from, to, port, transport }: LoggedPacket): void {
  assert(Number.isFinite(new Date(time).getTime()));
  assert.match(entry, /^TW-[A-Za-z0-9.-]+$/);
  assert.equal(parseAddress(from), from);
  assert.equal(parseAddress(to), to);
  assert(port === undefined || (Number.isInteger(port) && port >= 0 && port < 0x10000));
  assert(['tcp', 'udp', 'other'].includes(transport));
}

const captures = [
  { kind: 'nflog', linkType: 239, seeds: PACKETS.map((packet) => makeNflog({ packet })) },
  {
    kind: 'pflog',
    linkType: 117,
    seeds: PACKETS.map((packet) => makePflog({ packet, length: 69 })),
  },
];
for (const { kind, linkType, seeds } of captures) {
  test(`fuzz: ${kind}`, () => {
    const prng = createPrng(linkType);
    const all: Found[] = [];
    const intake = createIntake(
      () => {},
      () => 0,
      Number.POSITIVE_INFINITY,
    );
    const log = createCaptureLog({
      intake: { ...intake, take: (found) => all.push(found), look: (read) => all.push(read()) },
      pf: {
        take: ({ time, rule, refused, headers }) =>
          all.push({ time, entry: `TW-PF-${rule}`, ...headers, refused }),
      },
    });
    log.push(captureHeader({ linkType }));
    for (let round = 0; round < ROUNDS; round += 1) {
      assert.equal(log.push(captureRecord(mutate(prng.pick(seeds), seeds, prng))), undefined);
    }
    assert.equal(all.length, ROUNDS);
    for (const found of all) if (typeof found !== 'string') assertSound(found);
    const good = all.filter((found) => typeof found !== 'string').length;
    assert(good > ROUNDS / 20 && good < ROUNDS * 0.99, `${good} were read`);
  });
}

test('fuzz: streams that are no captures, or are cut and spliced', () => {
  const prng = createPrng(3);
  const whole = Buffer.concat([
    captureHeader(),
    ...PACKETS.map((packet) => captureRecord(makeNflog({ packet }))),
  ]);
  let [refused, read] = [0, 0];
  for (let round = 0; round < 4_000; round += 1) {
    const intake = createIntake(
      (packet) => {
        read += 1;
        assertSound(packet);
      },
      () => 0,
    );
    const log = createCaptureLog({ intake, pf: { take: () => {} } });
    const stream = round % 10 === 0 ? prng.octets(300) : mutate(whole, [whole], prng);
    for (let at = 0; at < stream.length; ) {
      const size = 1 + prng.below(100);
      const fault = log.push(stream.subarray(at, at + size));
      if (fault !== undefined) {
        refused += 1;
        break;
      }
      at += size;
    }
  }
  assert(refused > 500 && read > 1_000, `${refused} streams refused, ${read} packets read`);
});

test('fuzz: lines', () => {
  const prng = createPrng(4);
  const seeds = [
    '4,1234,5678901,-;TW-DENY IN=lan OUT=wan SRC=192.0.2.10 DST=203.0.113.5 LEN=60 PROTO=TCP SPT=1 DPT=443 WINDOW=1 ',
    'Nov 27 11:38:20 gw kernel: [ 1.2] TW-PORT-bore.c0123abcd IN=lan OUT=wan SRC=2001:0db8:0001:0000:0000:0000:0000:0010 DST=2001:0db8:0077:0000:0000:0000:0000:0005 LEN=55 PROTO=UDP SPT=2 DPT=7844 LEN=11 ',
  ].map((text) => Buffer.from(text));
  const counts = { packet: 0, foreign: 0, unreadable: 0 };
  const { push } = createLineReader((line) => {
    const found = line === undefined ? 'unreadable' : readKernelLine(line, 0);
    counts[typeof found === 'string' ? found : 'packet'] += 1;
    if (typeof found !== 'string') assertSound(found);
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    push(Buffer.concat([mutate(prng.pick(seeds), seeds, prng), Buffer.from('\n')]));
  }
  assert(Math.min(...Object.values(counts)) > ROUNDS / 50, JSON.stringify(counts));
});

test('fuzz: a line that would take a pattern long is read as fast as any', () => {
  const begun = performance.now();
  for (const text of [
    `TW-DENY IN=${' SRC='.repeat(1_600)}`,
    `TW-${'-'.repeat(8_000)} IN=`,
    `${'<4>'.repeat(2_600)}TW-DENY IN=`,
    `Nov 27 11:38:20 ${'a'.repeat(8_000)}`,
  ]) {
    for (let i = 0; i < 100; i += 1) readKernelLine(text, 0);
  }
  assert(performance.now() - begun < 2_000);
});
