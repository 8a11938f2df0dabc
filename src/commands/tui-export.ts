import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { labelsOf } from '../attempts/facts.ts';
import { listIncidents } from '../attempts/incident/query.ts';
import { formatMoment } from '../attempts/moment.ts';
import { createPrinter } from '../attempts/print.ts';
import { searchAttempts } from '../attempts/search/attempts.ts';
import { attemptFilterOf, incidentFilterOf } from '../attempts/search/filters.ts';
import { parseSearch } from '../attempts/search/parse.ts';
import { peopleOf } from '../attempts/search/people.ts';
import type { Database } from '../attempts/store.ts';
import { attemptView, type View } from '../attempts/view.ts';
import { counted } from '../text.ts';
import type { Action, ClientRow, Done, KnownIncident } from '../tui/source.ts';
import { CommandFailure } from './failure.ts';
import { createClients } from './tui-clients.ts';
import type { DatabaseOptions } from './tui-database.ts';
import { SLICE, turn } from './tui-slices.ts';

type Export = Extract<Action, { kind: 'export' }>;

/** Rows read and written in one go. */
const PAGE = 500;

/** Writes all that a search finds into a new file of the working folder, for its owner only. */
export async function exportRows(
  db: Database,
  { what, search }: Export,
  options: DatabaseOptions,
): Promise<Done> {
  const pages = pagesOf(db, what, search, options.now);
  // Asked for before there is a file, so that a search that cannot be made leaves none behind.
  const first = await pages.next();
  const { path, descriptor } = newFile(options, what);
  let count = 0;
  try {
    for (let page = first; !page.done; page = await pages.next()) {
      writeSync(descriptor, page.value.text);
      count += page.value.rows;
      await turn();
    }
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return { message: `Wrote ${counted(count, 'row')} to ${path}.` };
}

type Piece = { readonly text: string; readonly rows: number };

async function* pagesOf(
  db: Database,
  what: Export['what'],
  search: string,
  now: () => number,
): AsyncGenerator<Piece> {
  const parsed = parseSearch(search, now());
  const people = peopleOf(db);
  switch (what) {
    case 'attempts': {
      const print = csvOf(attemptView);
      const filter = attemptFilterOf(parsed, people);
      let behind: { first: number; id: number } | undefined;
      for (;;) {
        const found = searchAttempts(db, filter, PAGE, behind, SLICE);
        yield print(found.rows);
        if (found.isAll) return;
        const { searchedTo } = found;
        behind = searchedTo === undefined ? found.rows.at(-1) : { first: searchedTo, id: 0 };
      }
    }
    case 'incidents': {
      const print = csvOf(INCIDENTS);
      const filter = incidentFilterOf(parsed, people);
      for (let behind: KnownIncident | undefined; ; ) {
        const rows = listIncidents(db, filter, 'newest', PAGE, behind);
        const labels = labelsOf(
          db,
          rows.map(({ client }) => client),
        );
        yield print(rows.map((row) => ({ ...row, ...labels.get(row.client) })));
        if (rows.length < PAGE) return;
        behind = rows.at(-1);
      }
    }
    case 'clients': {
      const print = csvOf(CLIENTS);
      const clients = createClients(db, now);
      const filter = incidentFilterOf(parsed, people);
      for (let behind: ClientRow | undefined; ; ) {
        const ask = { search, limit: PAGE, ...(behind ? { behind } : {}) };
        const { rows, isAll } = await clients.answer(ask, filter);
        yield print(rows);
        if (isAll) return;
        behind = rows.at(-1);
      }
    }
  }
}

function csvOf<Row>(view: View<Row>): (rows: readonly Row[]) => Piece {
  const print = createPrinter(view, 'csv', { width: 80, colour: false });
  return (rows) => ({ text: print(rows), rows: rows.length });
}

const iso = (time: number) => new Date(time).toISOString();

const INCIDENTS: View<KnownIncident> = {
  columns: () => [],
  fields: [
    { name: 'id', value: ({ id }) => id },
    { name: 'first', value: ({ first }) => iso(first) },
    { name: 'last', value: ({ last }) => iso(last) },
    { name: 'client', value: ({ client }) => client },
    { name: 'label', value: ({ label }) => label },
    { name: 'team', value: ({ team }) => team },
    { name: 'service', value: ({ service }) => service },
    { name: 'severity', value: ({ severity }) => severity },
    { name: 'state', value: ({ state }) => state },
    { name: 'attempts', value: ({ count }) => count },
    { name: 'ways', value: ({ ways }) => [...ways.keys()].join(' ') },
  ],
};

const CLIENTS: View<ClientRow> = {
  columns: () => [],
  fields: [
    { name: 'client', value: ({ client }) => client },
    { name: 'label', value: ({ label }) => label },
    { name: 'team', value: ({ team }) => team },
    { name: 'incidents', value: ({ incidents }) => incidents },
    { name: 'open', value: ({ open }) => open },
    { name: 'attempts', value: ({ attempts }) => attempts },
    { name: 'services', value: ({ services }) => services.join(' ') },
    { name: 'last', value: ({ last }) => iso(last) },
  ],
};

/** A name with the day in it, and a number where it is taken. */
function newFile({ folder, now }: DatabaseOptions, what: Export['what']) {
  const base = `tunnelwarden-${what}-${formatMoment(now()).slice(0, 10)}`;
  for (let number = 1; number < 1000; number++) {
    const path = join(folder, `${base}${number === 1 ? '' : `-${number}`}.csv`);
    try {
      return { path, descriptor: openSync(path, 'wx', 0o600) };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      throw new CommandFailure(`cannot write ${path}: ${message}; start in another folder`, {
        cause: error,
      });
    }
  }
  throw new CommandFailure(`there are a thousand files ${base}…csv; move some of them away`);
}
