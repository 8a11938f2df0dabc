import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PartState } from '../../../src/attempts/note.ts';
import { verdictOf } from '../../../src/tui/screens/verdict.ts';
import type { Overview } from '../../../src/tui/source.ts';
import { MINUTE, NOW, PARTS, SECOND, serviceState } from './made-up.ts';
import { NOTHING } from './worlds.ts';

const quiet: Overview = {
  ...NOTHING.overview,
  states: [{ time: NOW - 3 * SECOND, state: serviceState() }],
};
const stated = (different: Parameters<typeof serviceState>[0], age = 3 * SECOND) => ({
  time: NOW - age,
  state: serviceState(different),
});
const withPart = (part: PartState) => [
  ...PARTS.filter(({ part: name }) => name !== part.part),
  part,
];

const cases: readonly {
  readonly when: string;
  readonly overview: Overview;
  readonly wants: string;
  readonly tone: string;
}[] = [
  { when: 'all is well', overview: quiet, wants: 'Working. Nothing needs a look.', tone: 'good' },
  {
    when: 'something is open',
    overview: { ...quiet, open: { info: 4, low: 1, medium: 1, high: 1 } },
    ...{ wants: 'Working. 3 incidents need a look, 1 of them high.', tone: 'warn' },
  },
  {
    when: 'what is open only informs',
    overview: { ...quiet, open: { info: 4, low: 0, medium: 0, high: 0 } },
    ...{ wants: 'Working. Nothing needs a look.', tone: 'good' },
  },
  {
    when: 'one is open, and high',
    overview: { ...quiet, open: { info: 0, low: 0, medium: 0, high: 1 } },
    ...{ wants: 'Working. 1 incident needs a look, a high one.', tone: 'warn' },
  },
  {
    when: 'nothing was ever written',
    overview: NOTHING.overview,
    wants: 'No serve has written here yet: start tunnelwarden serve --database ...',
    tone: 'bad',
  },
  {
    when: 'serve says nothing',
    overview: { ...quiet, states: [stated({}, 4 * MINUTE)] },
    wants:
      'The resolver does not answer: serve has said nothing for 4 minutes. No incident is open.',
    tone: 'bad',
  },
  {
    when: 'serve spoke just in time',
    overview: { ...quiet, states: [stated({}, 15 * SECOND)] },
    ...{ wants: 'Working. Nothing needs a look.', tone: 'good' },
  },
  {
    when: 'serve was stopped',
    overview: {
      ...quiet,
      states: [stated({ parts: PARTS.map((part) => ({ ...part, is: 'off' })) }, 4 * MINUTE)],
    },
    wants: 'serve was stopped 4m ago: nobody is answered. No incident is open.',
    tone: 'bad',
  },
  {
    when: 'the resolver is down',
    overview: {
      ...quiet,
      states: [stated({ parts: withPart({ part: 'resolver', is: 'down', about: 'port taken' }) })],
    },
    ...{ wants: 'The resolver is down: port taken. No incident is open.', tone: 'bad' },
  },
  {
    when: 'the feed is down',
    overview: {
      ...quiet,
      states: [stated({ parts: withPart({ part: 'feed', is: 'down', about: '' }) })],
    },
    ...{ wants: 'Working, but the feed is down. No incident is open.', tone: 'bad' },
  },
  {
    when: 'the gate of its own is silent',
    overview: { ...quiet, states: [...quiet.states, stated({ program: 'gate' }, MINUTE)] },
    wants: 'Working, but the gate has said nothing for 1 minute. No incident is open.',
    tone: 'bad',
  },
  {
    when: 'attempts were lost',
    overview: { ...quiet, states: [stated({ dropped: 12 })] },
    ...{
      wants: 'Working, but 12 attempts could not be stored. No incident is open.',
      tone: 'warn',
    },
  },
  {
    when: 'nothing is refused',
    overview: { ...quiet, states: [stated({ mode: 'observe' })] },
    wants: 'Observing only: NOTHING IS REFUSED, all is recorded. No incident is open.',
    tone: 'warn',
  },
];
for (const { when, overview, wants, tone } of cases) {
  test(`verdict: ${when}`, () => {
    const { text, tone: told } = verdictOf(overview, NOW);
    assert.deepEqual({ text, tone: told }, { text: wants, tone });
  });
}
