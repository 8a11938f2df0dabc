import { listExceptions, readException } from '../attempts/exceptions.ts';
import { factsOf, labelsOf } from '../attempts/facts.ts';
import type { Filter } from '../attempts/filter.ts';
import type { Act, Incident } from '../attempts/incident/incident.ts';
import { actsOf, listIncidents, readIncident } from '../attempts/incident/query.ts';
import { reasonsFor } from '../attempts/incident/severity.ts';
import { stepsOf } from '../attempts/incident/steps.ts';
import type { Cursor } from '../attempts/rows.ts';
import { searchAttempts } from '../attempts/search/attempts.ts';
import { attemptFilterOf, incidentFilterOf } from '../attempts/search/filters.ts';
import { parseSearch } from '../attempts/search/parse.ts';
import { peopleOf, rememberedPeople } from '../attempts/search/people.ts';
import type { Database } from '../attempts/store.ts';
import { type Address, contains, octetsOfAddress, parseNetwork } from '../policy/network.ts';
import type { Answer, AnswerTo, Known, Question, Questions } from '../tui/source.ts';
import { CommandFailure } from './failure.ts';
import { createClients } from './tui-clients.ts';
import { createOverview } from './tui-overview.ts';
import { SLICE, turn } from './tui-slices.ts';
import { valuesFor } from './tui-values.ts';

/** Attempts and incidents shown beside what is looked at. */
const BESIDE = 50;

/** Milliseconds that attempts are looked for before what is found is shown. */
const PATIENCE = 60;

export type Answers = {
  readonly answer: (question: Question) => Promise<Answer> | Answer;
  /** Looks anew at what it remembers, since somebody here has changed something. */
  readonly forget: () => void;
};

/** `change` is called when there is more to be told than there was. */
export function createAnswers(
  db: Database,
  { now, change }: { readonly now: () => number; readonly change: () => void },
): Answers {
  const overview = createOverview(db, { now, change });
  const clients = createClients(db, now);
  const people = rememberedPeople(peopleOf(db), now);
  const incidentFilter = (search: string) => incidentFilterOf(parseSearch(search, now()), people);
  return {
    answer(question) {
      switch (question.kind) {
        case 'overview':
          return overview.answer();
        case 'incidents':
          return incidentPage(db, question, incidentFilter(question.search));
        case 'incident':
          return incidentDetail(db, question.id, now());
        case 'attempts':
          return attemptPage(
            db,
            question,
            attemptFilterOf(parseSearch(question.search, now()), people),
          );
        case 'clients':
          return clients.answer(question, incidentFilter(question.search));
        case 'client':
          return clientDetail(db, question.address);
        case 'exceptions':
          return listExceptions(db, { all: true, now: now() });
        case 'values':
          return valuesFor(db, question.field, question.prefix);
        default:
          throw new CommandFailure(`the database knows nothing of ${question.kind}`);
      }
    },
    forget() {
      overview.forget();
      clients.forget();
    },
  };
}

function incidentPage(
  db: Database,
  { order, behind, limit }: Questions['incidents']['ask'],
  filter: ReturnType<typeof incidentFilterOf>,
): AnswerTo<'incidents'> {
  const rows = listIncidents(db, filter, order, limit + 1, behind);
  return { rows: withLabels(db, rows.slice(0, limit)), isAll: rows.length <= limit };
}

async function attemptPage(
  db: Database,
  { behind, limit }: Questions['attempts']['ask'],
  filter: Filter,
): Promise<AnswerTo<'attempts'>> {
  const rows: AnswerTo<'attempts'>['rows'][number][] = [];
  const end = performance.now() + PATIENCE;
  let from: Cursor | undefined = behind;
  for (;;) {
    const found = searchAttempts(db, filter, limit - rows.length, from, SLICE);
    rows.push(...withLabels(db, found.rows));
    const { isAll, searchedTo } = found;
    if (searchedTo === undefined) return { rows, isAll };
    if (performance.now() > end) return { rows, isAll, searchedTo };
    from = { first: searchedTo, id: 0 };
    await turn();
  }
}

function incidentDetail(db: Database, id: number, now: number): AnswerTo<'incident'> {
  const incident = readIncident(db, id);
  if (!incident) return undefined;
  const acts = actsOf(db, id);
  return {
    incident: withLabel(db, incident),
    reasons: reasonsFor(incident),
    facts: factsOf(db, incident.client),
    acts,
    steps: stepsOf(db, incident),
    attempts: attemptsOf(db, incident),
    exceptions: exceptionsOf(db, incident, acts, now),
  };
}

function attemptsOf(db: Database, { client, service, first, last }: Incident) {
  const filter = {
    client: parseNetwork(client),
    ...(service === undefined ? { noService: true as const } : { service }),
    ...{ since: first, until: last + 1, unsanctioned: true as const },
  };
  return searchAttempts(db, filter, BESIDE, undefined, SLICE).rows;
}

/** Those that were made for it, and those in force that are for its client and service. */
function exceptionsOf(
  db: Database,
  { client, service }: Incident,
  acts: readonly Act[],
  now: number,
): AnswerTo<'exceptions'> {
  const made = acts.flatMap(({ exception }) => exception ?? []);
  const octets = octetsOfAddress(client);
  const inForce = listExceptions(db, { now }).filter(
    ({ subject, clients }) =>
      subject.kind === 'service' &&
      subject.service === service &&
      (clients.length === 0 || clients.some((network) => contains(network, octets))),
  );
  const ids = new Set([...made, ...inForce.map(({ id }) => id)]);
  return [...ids].sort((a, b) => b - a).flatMap((id) => readException(db, id) ?? []);
}

function clientDetail(db: Database, address: Address): AnswerTo<'client'> {
  const client = parseNetwork(address);
  return {
    facts: factsOf(db, address),
    incidents: withLabels(db, listIncidents(db, { client, loose: true }, 'latest', BESIDE)),
    names: namesOf(db, address),
  };
}

/** The names that a client asked for most, of its newest rows: one may have millions. */
function namesOf(db: Database, client: Address): AnswerTo<'client'>['names'] {
  return db
    .prepare<unknown[], AnswerTo<'client'>['names'][number]>(
      `SELECT names.name AS key, attempts, first, last FROM
         (SELECT name, sum(count) AS attempts, min(first) AS first, max(last) AS last FROM
            (SELECT name, count, first, last FROM attempts INDEXED BY attempts_by_client
             WHERE client = ? ORDER BY first DESC LIMIT 10000)
          GROUP BY name) AS sums
       JOIN names ON names.id = sums.name ORDER BY attempts DESC, key LIMIT ?`,
    )
    .all(octetsOfAddress(client), BESIDE)
    .map(({ key, ...figures }) => ({ key: key === '.' ? undefined : key, ...figures }));
}

export function withLabels<Row extends { readonly client: Address }>(
  db: Database,
  rows: readonly Row[],
): readonly (Row & Known)[] {
  const labels = labelsOf(db, new Set(rows.map(({ client }) => client)));
  return rows.map((row) => ({ ...row, ...labels.get(row.client) }));
}

function withLabel<Row extends { readonly client: Address }>(db: Database, row: Row): Row & Known {
  return withLabels(db, [row])[0] as Row & Known;
}
