import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { type FollowedLog, followLog, type LogProblem } from '../../../src/firewall/log/follow.ts';
import { eventually } from '../../support/e2e/patience.ts';
import { folder } from '../../support/e2e/tunnelwarden.ts';
import { captureHeader, captureRecord, makeNflog, makePacket, makePflog } from './captures.ts';

type Followed = {
  /** The last parts of the addresses that packets went to. */
  readonly seen: string[];
  readonly problems: LogProblem[];
  readonly log: FollowedLog;
  readonly looks: () => number;
};

function follow(t: TestContext, path: string): Followed {
  const seen: string[] = [];
  const problems: LogProblem[] = [];
  let looks = 0;
  const after: typeof systemClock.after = (milliseconds, call) => {
    looks += 1;
    return systemClock.after(milliseconds, call);
  };
  const log = followLog(
    { kind: 'file', path },
    {
      timers: { now: systemClock.now, after },
      now: Date.now,
      onPacket: ({ to }) => seen.push(to.slice('203.0.113.'.length)),
      onProblem: (problem) => problems.push(problem),
    },
  );
  t.after(log.stop);
  return { seen, problems, log, looks: () => looks };
}

const line = (last: number) =>
  `Nov 27 11:38:20 gw kernel: TW-DENY IN=lan OUT=wan SRC=192.0.2.10 DST=203.0.113.${last} LEN=60 PROTO=TCP SPT=1 DPT=443 \n`;
const packet = (last: number) => makePacket({ from: '192.0.2.10', to: `203.0.113.${last}` });
const record = (last: number) => captureRecord(makeNflog({ packet: packet(last) }));

const arrived = (seen: readonly string[], ...lasts: readonly number[]) =>
  eventually(`${lasts} after ${seen}`, () => seen.length >= lasts.length).then(() =>
    assert.deepEqual(seen, lasts.map(String)),
  );

/** The same for both kinds of file. */
const KINDS = [
  { kind: 'lines', begin: Buffer.alloc(0), piece: (last: number) => Buffer.from(line(last)) },
  { kind: 'a capture', begin: captureHeader(), piece: record },
];
for (const { kind, begin, piece } of KINDS) {
  test(`file of ${kind}: what is appended, past a rotation and a cut`, async (t) => {
    const path = join(folder(t), 'log');
    writeFileSync(path, Buffer.concat([begin, piece(1), piece(2)]));
    const { seen, problems, log } = follow(t, path);
    // There is no telling when it has been opened but by what comes of it.
    await eventually('it is read', () => {
      appendFileSync(path, piece(3));
      return seen.length > 0;
    });
    assert.deepEqual(new Set(seen), new Set(['3']));
    await eventually('all of it', () => log.tally().packets === seen.length);
    seen.length = 0;

    const [whole] = [piece(4)];
    appendFileSync(path, whole.subarray(0, 30));
    appendFileSync(path, Buffer.concat([whole.subarray(30), piece(5).subarray(0, 9)]));
    await eventually('the first', () => seen.includes('4'));
    appendFileSync(path, piece(5).subarray(9));
    await eventually('the second', () => seen.includes('5'));
    seen.length = 0;

    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, piece(6)); // the writer has not reopened it yet
    await arrived(seen, 6);
    appendFileSync(`${path}.1`, piece(7));
    writeFileSync(path, Buffer.concat([begin, piece(8), piece(9)]));
    await arrived(seen, 6, 7, 8, 9);
    seen.length = 0;

    // Shorter than it was, whenever it is looked at: one that has grown past that is not seen to be cut.
    truncateSync(path, 0);
    appendFileSync(path, Buffer.concat([begin, piece(10)]));
    await arrived(seen, 10);
    assert.deepEqual(problems, []);
  });
}

test('file: one that is not there yet is told once, and read from its beginning', async (t) => {
  const path = join(folder(t), 'log');
  const { seen, problems, looks } = follow(t, path);
  await eventually('it is looked for again', () => looks() > 3);
  assert.equal(problems.length, 1);
  assert.match(problems[0]?.message ?? '', /no such file.*it is read as soon as it can be/);
  writeFileSync(path, line(1));
  await arrived(seen, 1);
  await eventually('the end of it', () => problems.length > 1);
  assert.deepEqual(
    problems.map(({ kind }) => kind),
    ['lost', 'recovered'],
  );
  rmSync(path);
  writeFileSync(path, line(2));
  await arrived(seen, 1, 2);
});

test('file: a folder, or a capture of something else, is no log', async (t) => {
  const path = folder(t);
  mkdirSync(join(path, 'dir'));
  writeFileSync(
    join(path, 'ethernet'),
    Buffer.concat([captureHeader({ linkType: 1 }), captureRecord(packet(1))]),
  );
  const dir = follow(t, join(path, 'dir'));
  const ethernet = follow(t, join(path, 'ethernet'));
  await eventually('both are told', () => dir.problems.length + ethernet.problems.length > 1);
  assert.match(dir.problems[0]?.message ?? '', /is no file/);
  assert.match(ethernet.problems[0]?.message ?? '', /link type 1, and no log of a firewall/);
});

test('file: a flood is passed over, and counted', async (t) => {
  const path = join(folder(t), 'log');
  const { seen, problems, log } = follow(t, path);
  await eventually('it is missed', () => problems.length > 0);
  writeFileSync(path, line(1).repeat(10_000));
  await eventually('all of it', () => log.tally().packets + log.tally().passedOver === 10_000);
  assert(log.tally().passedOver >= 10_000 - 2 * 2_000, `${log.tally().passedOver} passed over`);
  assert.equal(seen.length, log.tally().packets);
});

test("file: pf's log, where there is no pfctl to tell what its rules are called", async (t) => {
  const path = join(folder(t), 'pflog');
  const { seen, problems } = follow(t, path);
  await eventually('it is missed', () => problems.length > 0);
  writeFileSync(
    path,
    Buffer.concat([
      captureHeader({ linkType: 117 }),
      captureRecord(makePflog({ subrule: 3, packet: packet(1) })),
      captureRecord(makePflog({ anchor: '', packet: packet(2) })),
    ]),
  );
  await arrived(seen, 1);
  assert.deepEqual(
    problems.map(({ kind }) => kind).filter((kind) => kind === 'unnamed'),
    ['unnamed'],
  );
});
