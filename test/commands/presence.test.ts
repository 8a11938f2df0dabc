import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFigures } from '../../src/attempts/figures.ts';
import type { Note, PartState } from '../../src/attempts/note.ts';
import { createPresence } from '../../src/commands/presence.ts';
import type { Outcome } from '../../src/dns/message.ts';
import type { Level } from '../../src/log.ts';

type Told = readonly [level: Level, event: string, particulars?: Record<string, unknown>];

const self = {
  ...({ program: 'serve', version: '1.2.3', pid: 1, started: 0, policy: 'policy.yaml' } as const),
  ...({
    organisation: 'Example Corp',
    mode: 'enforce',
    digest: 'ab',
    rules: 3,
    dropped: 0,
  } as const),
};

/** What is written when a program tells these, before and after it has begun to write. */
function written(before: readonly Told[], after: readonly Told[] = []) {
  const log: string[] = [];
  const notes: Note[] = [];
  const presence = createPresence(
    'serve',
    (_, event) => log.push(event),
    () => 1000,
  );
  for (const [level, event, particulars] of before) presence.log(level, event, particulars);
  const figures = createFigures();
  presence.start({ note: (note) => notes.push(note), state: () => self, figures });
  for (const [level, event, particulars] of after) presence.log(level, event, particulars);
  return { log, notes, presence };
}

const lastParts = (notes: readonly Note[]): readonly PartState[] | undefined =>
  notes.flatMap((note) => (note.kind === 'state' ? [note.state.parts] : [])).at(-1);

const textsOf = (notes: readonly Note[]) =>
  notes.flatMap((note) => (note.kind === 'event' ? [note.event.text] : []));

test('presence: everything goes to the log, and what is of use into the database', () => {
  const { log, notes, presence } = written(
    [
      ['info', 'listening', { address: '127.0.0.1:53' }],
      ['info', 'gate listening', { address: '127.0.0.1:4443', lane: 'shared' }],
      ['warn', 'policy', { message: 'odd' }],
    ],
    [['info', 'reloaded', { digest: 'cd', rules: 4 }]],
  );
  presence.stop();
  assert.deepEqual(log, ['listening', 'gate listening', 'policy', 'reloaded']);
  assert.deepEqual(textsOf(notes), ['policy: message odd', 'reloaded: digest cd, rules 4']);
});

for (const { when, told, parts } of [
  {
    when: 'a part at two addresses',
    told: [
      ['info', 'listening', { address: '127.0.0.1:53' }],
      ['info', 'listening', { address: '[::1]:53' }],
    ],
    parts: [{ part: 'resolver', is: 'up', about: '127.0.0.1:53, [::1]:53' }],
  },
  {
    when: 'a part that is started again',
    told: [
      ['info', 'gate listening', { address: '127.0.0.1:4443' }],
      ['error', 'gate down', { message: 'it was killed' }],
      ['info', 'gate listening', { address: '127.0.0.1:4443' }],
    ],
    parts: [{ part: 'gate', is: 'up', about: '127.0.0.1:4443' }],
  },
  {
    when: 'a part that is down',
    told: [
      ['info', 'feeding', { feed: 'nft', names: 3 }],
      ['error', 'firewall sets lost', { sets: 'tw_deny4', message: 'no such table' }],
    ],
    parts: [{ part: 'feed', is: 'down', about: 'tw_deny4 no such table' }],
  },
] satisfies readonly { when: string; told: Told[]; parts: readonly PartState[] }[]) {
  test(`presence: the state is what the log told last: ${when}`, () => {
    const { notes, presence } = written(told.slice(0, 1), told.slice(1));
    assert.deepEqual(lastParts(notes), parts);
    presence.stop();
    assert.deepEqual(
      lastParts(notes)?.map(({ is }) => is),
      parts.map(() => 'off'),
    );
  });
}

test('presence: what was counted of the last minute is written at the end', () => {
  const notes: Note[] = [];
  const figures = createFigures();
  const presence = createPresence(
    'serve',
    () => {},
    () => 1000,
  );
  presence.start({ note: (note) => notes.push(note), state: () => self, figures });
  figures.count({ verdict: { kind: 'unmatched' }, source: 'cache' } as Outcome, 1, 1000);
  assert.equal(notes.filter(({ kind }) => kind === 'minute').length, 0);
  presence.stop();
  assert.equal(notes.filter(({ kind }) => kind === 'minute').length, 1);
});
