import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Gain } from '../attempts/fold.ts';
import { type Minute, type Note, prepareNotes } from '../attempts/note.ts';
import { prepareSave } from '../attempts/save.ts';
import { type Database, openForWriting } from '../attempts/store.ts';
import { version } from '../version.ts';
import { DEMO_CLIENTS, demoFacts } from './demo-people.ts';
import { reviewDemo } from './demo-review.ts';
import { type Act, DEMO_SCENES } from './demo-scenes.ts';

/** A made-up working day in a database that goes when it is closed. */
export type Demo = {
  readonly database: string;
  readonly policy: string;
  /** Goes on: adds what happens now, and says when to call again, in milliseconds. */
  readonly goOn: (now: number) => number;
  readonly close: () => void;
};

const MINUTE = 60_000;
const HOURS = 9;

export const DEMO_POLICY = fileURLToPath(new URL('../../rules/policy.demo.yaml', import.meta.url));

/** What the demo's policy comes to. A test says when it is stale: reading it here would have people wait. */
export const DEMO_RULESET = {
  digest: 'd57daaadedb31653be6fe19a55ab1f2f40773a8b60a2e54a82da1bb59e39abce',
  rules: 587,
} as const;

/** Scenes of the day; with their acts some hundreds of rows. */
const SCENES = 64;

/** The same day in every run, but for the time that it ends at. */
export function createDemo(now: number): Demo {
  const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-demo-'));
  const database = join(folder, 'demo.db');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  let db: Database;
  try {
    db = openForWriting(database);
    fill(db, now);
  } catch (error) {
    remove();
    throw error;
  }
  const save = prepareSave(db);
  const note = prepareNotes(db);
  const random = createRandom(2);
  let round = 0;
  return {
    database,
    policy: DEMO_POLICY,
    goOn: (time) => {
      const acts = sceneAt(random, time).map((act) => ({ ...act, lasts: 0 }));
      // One of a scene's acts at a time: as they would come in.
      const act = acts[round++ % acts.length];
      if (act) save([gainOf({ ...act, attempt: { ...act.attempt, time } })]);
      note(notesAt(time, random));
      return 1500 + Math.floor(random() * 4000);
    },
    close: () => {
      db.close();
      remove();
    },
  };
}

function fill(db: Database, now: number): void {
  const random = createRandom(1);
  const begin = now - HOURS * 60 * MINUTE;
  const acts = Array.from({ length: SCENES }, () => {
    // Mornings and early afternoons are busier.
    const part = (random() + random()) / 2;
    return sceneAt(random, begin + part * (now - begin - 2 * MINUTE));
  }).flat();
  const gains = acts
    .filter(({ attempt, lasts }) => attempt.time + lasts < now)
    .sort((a, b) => a.attempt.time - b.attempt.time)
    .map(gainOf);
  prepareSave(db)(gains);
  const minutes: Note[] = [];
  for (let time = begin; time < now; time += MINUTE) {
    minutes.push({ kind: 'minute', minute: minuteAt(Math.floor(time / MINUTE) * MINUTE, random) });
  }
  prepareNotes(db)([
    ...minutes,
    { kind: 'facts', facts: demoFacts(now) },
    ...eventsOf(begin, now),
    ...notesAt(now, random),
  ]);
  reviewDemo(db, now);
}

function sceneAt(random: () => number, time: number): readonly Act[] {
  const scene = DEMO_SCENES[Math.floor(random() * DEMO_SCENES.length)];
  // Few people try often.
  const client = DEMO_CLIENTS[Math.floor(random() ** 1.7 * DEMO_CLIENTS.length)];
  return scene && client ? scene(client.address, Math.floor(time)) : [];
}

function gainOf({ attempt, count, lasts }: Act): Gain {
  const { time } = attempt;
  return { attempt, first: time, last: time + lasts, count, row: { id: undefined } };
}

function minuteAt(time: number, random: () => number): Minute {
  const hour = new Date(time).getHours();
  const busy = hour >= 8 && hour < 18 ? 1 : 0.3;
  const questions = Math.floor(busy * (900 + random() * 700));
  return {
    ...{ time, questions },
    refused: Math.floor(questions * 0.01 * random()),
    cached: Math.floor(questions * (0.6 + 0.2 * random())),
    failed: random() < 0.05 ? 2 : 0,
    p50: 0.3 + random() * 0.2,
    p99: 18 + random() * 25,
  };
}

function eventsOf(begin: number, now: number): readonly Note[] {
  const event = (time: number, level: 'info' | 'warn', text: string): Note => ({
    kind: 'event',
    event: { program: 'serve', time, level, text },
  });
  return [
    event(begin, 'info', `started with policy.demo.yaml, ${DEMO_RULESET.rules} rules`),
    event(begin + 95 * MINUTE, 'warn', 'upstream 198.51.100.53 did not answer for 4 s'),
    event(begin + 97 * MINUTE, 'info', 'upstream 198.51.100.53 answers again'),
    event(
      now - 130 * MINUTE,
      'info',
      `policy.demo.yaml was read again, ${DEMO_RULESET.rules} rules`,
    ),
  ];
}

function notesAt(time: number, random: () => number): readonly Note[] {
  const started = time - HOURS * 60 * MINUTE;
  const common = {
    ...{ version: version(), started, policy: 'policy.demo.yaml', mode: 'enforce' as const },
    organisation: 'Example Corp',
    ...{ ...DEMO_RULESET, dropped: 0 },
  };
  return [
    { kind: 'minute', minute: minuteOfSecond(time, random) },
    {
      ...{ kind: 'state', time },
      state: {
        ...{ ...common, program: 'serve', pid: 4711 },
        parts: [
          { part: 'resolver', is: 'up', about: '192.0.2.1:53, [2001:db8::1]:53' },
          { part: 'feed', is: 'up', about: 'nft sets of 4 names, 12 s ago' },
          { part: 'refuser', is: 'up', about: '192.0.2.2' },
        ],
      },
    },
    {
      ...{ kind: 'state', time },
      state: {
        ...{ ...common, program: 'gate', pid: 4712 },
        parts: [{ part: 'gate', is: 'up', about: '192.0.2.3:443' }],
      },
    },
  ];
}

/** What a few seconds add to the minute they are in. */
function minuteOfSecond(time: number, random: () => number): Minute {
  const whole = minuteAt(Math.floor(time / MINUTE) * MINUTE, random);
  return { ...whole, questions: 40, cached: 28, refused: 1, failed: 0 };
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
