import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Attempt } from '../../src/attempts/attempt.ts';
import type { Gain } from '../../src/attempts/fold.ts';
import { prepareSave } from '../../src/attempts/save.ts';
import { type Database, openForWriting } from '../../src/attempts/store.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const NOON = Date.UTC(2026, 0, 15, 12);

export type Different = { readonly [Field in keyof Attempt]?: Attempt[Field] | undefined };

/** An ngrok agent's question at noon, with what is written over it, or left out as undefined. */
export function attempt(different: Different = {}): Attempt {
  const fields = {
    time: NOON,
    client: parseAddress('192.0.2.17'),
    point: 'resolver',
    transport: 'udp',
    name: parseName('connect.ngrok-agent.com'),
    type: 'A',
    rule: 'ngrok/session/connect.ngrok-agent.com',
    service: 'ngrok',
    role: 'session',
    verdict: 'blocked',
    answer: 'nxdomain',
    ...different,
  };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Attempt;
}

export function gain(different: Different = {}, count = 1, lasting = 0): Gain {
  const folded = attempt(different);
  const { time } = folded;
  return { attempt: folded, first: time, last: time + lasting, count, row: { id: undefined } };
}

let root: string | undefined;

/** A new folder, gone when all tests of the file are done and have closed what they opened. */
export function folder(): string {
  root ??= rootFolder();
  return mkdtempSync(join(root, 'test-'));
}

function rootFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tunnelwarden-'));
  process.on('exit', () => rmSync(path, { recursive: true }));
  return path;
}

/** A new database with these rows, open for writing until the test ends. */
export function database(t: TestContext, gains: readonly Gain[] = []): Database {
  const db = openForWriting(join(folder(), 'attempts.db'));
  t.after(() => db.close());
  prepareSave(db)(gains);
  return db;
}

/** Numbers in [0, 1) that look random and are the same in every run (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}
