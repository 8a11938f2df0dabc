import { Command, Option } from 'commander';
import { knownClientJson, knownClientView, listClients } from '../attempts/known-clients.ts';
import { createPrinter } from '../attempts/print.ts';
import type { Database } from '../attempts/store.ts';
import { ParseError } from '../policy/problem.ts';
import { jsonLine } from '../text.ts';
import { withDatabase } from './database.ts';
import { parsing } from './options.ts';
import { write } from './pipe.ts';
import { type Surroundings, screenOf } from './reviewing.ts';

type Flags = {
  readonly database: string;
  readonly limit: number;
  readonly json?: true;
  readonly csv?: true;
};

type Around = Pick<Surroundings, 'stdout' | 'stderr' | 'env'>;

const EXAMPLES = `
Examples:
  tunnelwarden clients               the clients with most incidents first
  tunnelwarden clients ada           who is known by something with "ada" in it
  tunnelwarden clients 10.1.2.3 --json   every fact, its source and its time`;

export function clientsCommand(around: Around = process): Command {
  return new Command('clients')
    .description('list clients with who they are, how that is known, and their incidents')
    .argument('[text]', 'part of an address, a person, a device, a team, a host name or a MAC')
    .option('-d, --database <file>', 'where `serve` keeps attempts', 'tunnelwarden.db')
    .option('--limit <number>', 'how many at most, or `all`', parsing(parseLimit), 50)
    .addOption(new Option('--json', 'one JSON object a line').conflicts('csv'))
    .option('--csv', 'comma-separated values, for spreadsheets')
    .addHelpText('after', EXAMPLES)
    .action(async (text: string | undefined, flags: Flags) => {
      const { openForReading } = await import('../attempts/store.ts');
      await withDatabase(flags.database, openForReading, (db) => list(db, text, flags, around));
    });
}

async function list(
  db: Database,
  text: string | undefined,
  { limit, json, csv }: Flags,
  around: Around,
): Promise<void> {
  const clients = listClients(db, text);
  const shown = clients.slice(0, limit);
  const print = json
    ? () => shown.map((client) => `${jsonLine(knownClientJson(client))}\n`).join('')
    : () => createPrinter(knownClientView, csv ? 'csv' : 'table', screenOf(around))(shown);
  await write(around.stdout, print());
  if (clients.length > shown.length) {
    const all = `These are the first ${limit} of ${clients.length}; --limit all shows every one.\n`;
    await write(around.stderr, all);
  }
  if (clients.length === 0) {
    await write(
      around.stderr,
      text === undefined
        ? 'No client is known yet; those that try something are looked up by `tunnelwarden serve`.\n'
        : 'No client is known by that; leave out the text to see all.\n',
    );
  }
}

function parseLimit(text: string): number {
  if (text === 'all') return Number.MAX_SAFE_INTEGER;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new ParseError(`"${text}" is not a number of clients; write one such as 50, or all`);
}
