import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { listIncidents } from '../../src/attempts/incident/query.ts';
import { openForReading } from '../../src/attempts/store.ts';
import { addressOf, DAY, simulateDay } from '../support/day.ts';
import { missing } from '../support/e2e/requirements.ts';
import { CLI, folder } from '../support/e2e/tunnelwarden.ts';
import { openTerminal } from '../support/terminal.ts';

// What a whole working day of 200 machines leaves behind, and what the person on duty sees of it.

const HOUR = 3_600_000;

test('day: 50 agents that retry from morning to evening are 50 rows', {
  skip: missing('tmux'),
}, async (t) => {
  const database = join(folder(t), 'day.db');
  // It has just ended, so that what is shown is today's.
  const sums = await simulateDay(database, Date.now() - DAY.hours * HOUR);
  assert(sums.refused > 100_000, `${sums.refused} questions were refused`);
  assert(sums.excepted > 1000, `${sums.excepted} questions were excepted`);
  assert(sums.watched > 50, `${sums.watched} questions were watched after the reload`);

  const db = openForReading(database);
  t.after(() => db.close());
  const incidents = listIncidents(db, {}, 'newest', 1000);
  const clients = new Set(incidents.map(({ client }) => client));
  assert.equal(incidents.length, DAY.agents);
  assert.deepEqual(
    [...clients].sort(),
    Array.from({ length: DAY.agents }, (_, agent) => addressOf(agent)).sort(),
  );
  assert.equal(
    incidents.reduce((sum, { count }) => sum + count, 0),
    sums.refused,
    'every refusal is in an incident, and nothing else is',
  );

  const terminal = openTerminal(
    t,
    [process.execPath, CLI, 'tui', '--read-only', '--database', database, '--screen', 'incidents'],
    { width: 200, height: 60 },
  );
  const screen = await terminal.shows('50 incidents');
  const shown = screen.split('\n').filter((line) => /\b10\.1\.\d+\.\d+\b/.test(line));
  assert.equal(new Set(shown.map((line) => /10\.1\.\d+\.\d+/.exec(line)?.[0])).size, 50, screen);
  terminal.press('q');
  assert.equal(await terminal.ended(), 0);
});
