import assert from 'node:assert/strict';
import test from 'node:test';
import type { Gain } from '../../../src/attempts/fold.ts';
import { backfillIncidents } from '../../../src/attempts/incident/backfill.ts';
import { incidentsOf, QUIET_GAP } from '../../../src/attempts/incident/fold.ts';
import type { IncidentFacts } from '../../../src/attempts/incident/incident.ts';
import { severityOf } from '../../../src/attempts/incident/severity.ts';
import { wayOf } from '../../../src/attempts/incident/way.ts';
import { prepareSave } from '../../../src/attempts/save.ts';
import { parseAddress } from '../../../src/policy/network.ts';
import { createRandom, type Random } from '../../policy/support/random.ts';
import { database, HOUR, NOON } from '../support.ts';
import { allIncidents, SEEN, seen } from './support.ts';

// In whatever order attempts come, in whatever batches, and however their repeats are split: the
// incidents are the same.

const ROUNDS = 40;
const CLIENTS = ['192.0.2.17', '192.0.2.18', '2001:db8::7'].map(parseAddress);

/** Attempts of some days, in bursts that are about as far apart as keeps incidents apart. */
function someAttempts(random: Random): readonly Gain[] {
  const bursts = Array.from(
    { length: 6 },
    (_, i) => NOON + i * (QUIET_GAP + HOUR * random.below(4)),
  );
  return Array.from({ length: 5 + random.below(40) }, () => {
    const how = random.pick(Object.keys(SEEN)) as keyof typeof SEEN;
    const isLoose = how === 'of no service';
    return seen(how, random.pick(bursts) + random.below(3 * HOUR), {
      client: random.pick(CLIENTS),
      ...(isLoose ? {} : { service: random.pick(['ngrok', 'zrok']) }),
      count: 1 + random.below(9),
      lasting: random.below(HOUR),
    });
  });
}

/** What is stored of a window before it is over, and what it gains after. */
function split(gain: Gain, random: Random): readonly Gain[] {
  const { first, last, count } = gain;
  if (count < 2 || random.chance(0.4)) return [{ ...gain, row: { id: undefined } }];
  const part = 1 + random.below(count - 1);
  const seenAt = first + random.below(last - first + 1);
  const row = { id: undefined };
  return [
    { ...gain, row, count: part, last: seenAt },
    ...split({ ...gain, count: count - part }, random).map((rest) => ({ ...rest, row })),
  ];
}

function batches(gains: readonly Gain[], random: Random): readonly (readonly Gain[])[] {
  if (gains.length === 0) return [];
  const size = 1 + random.below(gains.length);
  return [gains.slice(0, size), ...batches(gains.slice(size), random)];
}

/** The same in the plainest words: what is at most a gap apart belongs together, until nothing changes. */
function plainly(gains: readonly Gain[]): readonly IncidentFacts[] {
  const groups: Gain[][] = gains
    .filter(({ attempt }) => wayOf(attempt) !== undefined)
    .map((gain) => [gain]);
  const touch = (a: Gain, b: Gain) =>
    a.attempt.client === b.attempt.client &&
    a.attempt.service === b.attempt.service &&
    a.first <= b.last + QUIET_GAP &&
    b.first <= a.last + QUIET_GAP;
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < groups.length; i++) {
      for (let j = i + 1; j < groups.length; j++) {
        if (!groups[i]?.some((a) => groups[j]?.some((b) => touch(a, b)))) continue;
        groups[i]?.push(...(groups.splice(j, 1)[0] as Gain[]));
        changed = true;
      }
    }
  }
  return groups.map((group) => {
    const { client, service } = (group[0] as Gain).attempt;
    const ways = Map.groupBy(
      group,
      ({ attempt }) => wayOf(attempt) as NonNullable<ReturnType<typeof wayOf>>,
    );
    const total = (of: readonly Gain[]) => of.reduce((sum, { count }) => sum + count, 0);
    const span = (of: readonly Gain[]) => ({
      first: Math.min(...of.map(({ first }) => first)),
      last: Math.max(...of.map(({ last }) => last)),
    });
    return {
      client,
      ...(service === undefined ? {} : { service }),
      ...span(group),
      ways: new Map(
        [...ways].map(([way, of]) => [
          way,
          {
            ...span(of),
            count: total(of),
            passed: total(of.filter(({ attempt }) => attempt.verdict !== 'blocked')),
          },
        ]),
      ),
    };
  });
}

const inOrder = (all: readonly IncidentFacts[]) =>
  all.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
const keyOf = ({ client, service, first }: IncidentFacts) => `${client} ${service} ${first}`;

const flat = (gains: readonly Gain[]) =>
  gains.map(({ attempt: { time, ...rest }, first, last, count }, id) => ({
    ...{ ...rest, id, first, last, count },
  }));

for (let seed = 1; seed <= ROUNDS; seed++) {
  test(`incidents: the same in any order, seed ${seed}`, (t) => {
    const random = createRandom(seed);
    const gains = someAttempts(random);
    const expected = inOrder(plainly(gains));
    assert.ok(expected.length > 0);
    const shuffled = random.shuffle(gains).flatMap((gain) => split(gain, random));
    assert.deepEqual(
      inOrder(incidentsOf(flat(random.shuffle(shuffled)))),
      expected,
      'folded at once',
    );

    const db = database(t);
    const save = prepareSave(db);
    for (const batch of batches(random.shuffle(shuffled), random)) save(batch);
    const kept = allIncidents(db);
    const bare = kept.map(({ id, count, severity, state, ...rest }) => rest);
    assert.deepEqual(inOrder(bare), expected, 'stored in batches');
    for (const incident of kept) {
      assert.equal(incident.severity, severityOf(incident));
      assert.equal(incident.state, 'new');
      const tries = [...incident.ways.values()].reduce((sum, { count }) => sum + count, 0);
      assert.equal(incident.count, tries);
    }

    db.exec('DELETE FROM incidents');
    backfillIncidents(db);
    const again = allIncidents(db).map(({ id, count, severity, state, ...rest }) => rest);
    assert.deepEqual(inOrder(again), expected, 'made afterwards');
  });
}
