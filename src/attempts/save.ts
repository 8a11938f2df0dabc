import { type Name, ROOT } from '../policy/name.ts';
import { octetsOfAddress } from '../policy/network.ts';
import type { Attempt } from './attempt.ts';
import type { Gain } from './fold.ts';
import type { IncidentChange } from './incident/change.ts';
import { prepareIncidents } from './incident/save.ts';
import { reversedName } from './reversed.ts';
import type { Database } from './store.ts';

/** What a batch came to: the id of each gain's row, and the incidents that it began or changed. */
export type Saved = {
  readonly ids: readonly number[];
  readonly changes: readonly IncidentChange[];
};

/** Prepares the writing of what was seen: a batch of gains, with the incidents they make, in one transaction. */
export function prepareSave(db: Database): (gains: readonly Gain[]) => Saved {
  const nextBatch = db
    .prepare<[], number>('SELECT ifnull(max(batch), 0) + 1 FROM attempts')
    .pluck();
  // A row is known by all that makes it, because another file may have been put in this one's place.
  const grow = db.prepare(
    `UPDATE attempts SET count = count + ?, last = max(last, ?), batch = ?
     WHERE id = ? AND first = ? AND client = ? AND name = ? AND kind = ? AND via IS ?
       AND destination IS ? AND port IS ? AND ja4 IS ?`,
  );
  const insert = db
    .prepare<unknown[], number>(
      `INSERT INTO attempts (count, last, batch, first, client, name, kind, via, destination, port, ja4)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    )
    .pluck();
  const nameId = prepareNameId(db);
  const kindId = prepareKindId(db);

  const saveGain = ({ attempt, first, last, count, row }: Gain, batch: number): number => {
    const { client, name, via, destination, port, ja4 } = attempt;
    const which = [
      first,
      octetsOfAddress(client),
      // The root stands for no name: nobody can speak of it but to a resolver, which always has one.
      nameId(name ?? ROOT),
      kindId(attempt),
      via,
      destination && octetsOfAddress(destination),
      port,
      ja4,
    ];
    if (row.id !== undefined && grow.run(count, last, batch, row.id, ...which).changes === 1) {
      return row.id;
    }
    // A row that retention has taken meanwhile begins again with what came since.
    return insert.get(count, last, batch, ...which) as number;
  };
  const noteIncidents = prepareIncidents(db);
  const saveAll = db.transaction((gains: readonly Gain[]): Saved => {
    const batch = nextBatch.get() as number;
    return { ids: gains.map((gain) => saveGain(gain, batch)), changes: noteIncidents(gains) };
  });
  // Immediate: a lock that cannot be had is noticed before anything is read.
  return (gains) => (gains.length === 0 ? { ids: [], changes: [] } : saveAll.immediate(gains));
}

function prepareNameId(db: Database): (name: Name) => number {
  const find = db.prepare<[string], number>('SELECT id FROM names WHERE reversed = ?').pluck();
  const add = db
    .prepare<[string, string], number>(
      'INSERT INTO names (name, reversed) VALUES (?, ?) RETURNING id',
    )
    .pluck();
  return (name) => {
    const reversed = reversedName(name);
    return find.get(reversed) ?? (add.get(name, reversed) as number);
  };
}

function prepareKindId(db: Database): (attempt: Attempt) => number {
  const find = db
    .prepare<unknown[], number>(
      `SELECT id FROM kinds WHERE rule = ? AND type = ? AND verdict = ? AND transport = ?
       AND answer = ? AND point = ? AND ifnull(service, '') = ifnull(?, '')
       AND ifnull(role, '') = ifnull(?, '') AND ifnull(lead, '') = ifnull(?, '')`,
    )
    .pluck();
  const add = db
    .prepare<unknown[], number>(
      `INSERT INTO kinds (rule, type, verdict, transport, answer, point, service, role, lead)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    )
    .pluck();
  return ({ rule, type, verdict, transport, answer, point, service, role, lead }) => {
    const kind = [rule, type, verdict, transport, answer, point, service, role, lead];
    return find.get(...kind) ?? (add.get(...kind) as number);
  };
}
