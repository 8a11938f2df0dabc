import { Command, Option } from 'commander';
import { createDoors, type Doors } from '../attempts/account/door.ts';
import { type Examination, examine } from '../attempts/account/examine.ts';
import { CLASSES, type Class, type Finding } from '../attempts/account/finding.ts';
import { findingView } from '../attempts/account/finding-view.ts';
import { parseMoment } from '../attempts/moment.ts';
import { createPrinter, type Format } from '../attempts/print.ts';
import { problemOf } from '../attempts/problem.ts';
import type { Database } from '../attempts/store.ts';
import { loadPolicy } from '../policy/load.ts';
import { type Network, parseNetwork } from '../policy/network.ts';
import { ParseError } from '../policy/problem.ts';
import type { TunnelService } from '../policy/service.ts';
import { type Imported, importEvents, summaryOf } from './events-import.ts';
import { CommandFailure } from './failure.ts';
import { collecting, parsing, withPolicy } from './options.ts';
import { wrap } from './output.ts';
import { BrokenPipe, write } from './pipe.ts';

type Flags = {
  readonly policy: string;
  readonly database: string;
  readonly public?: readonly Network[];
};

type ListFlags = Flags & {
  readonly class?: Class;
  readonly since?: number;
  readonly limit: number;
  readonly json?: true;
  readonly csv?: true;
};

/** Whose event stream it is: no other service's is known. */
const SERVICE = 'ngrok';

const EXAMPLES = `
Examples:
  tunnelwarden events import stream/*.gz         what Firehose left in a bucket
  aws logs filter-log-events --log-group-name ngrok \\
    | tunnelwarden events import -
  tunnelwarden events list --public 203.0.113.0/29 --since 7d
  tunnelwarden events list --class misconfigured --csv > agents.csv`;

export function eventsCommand(): Command {
  return new Command('events')
    .description("the account's own sessions, held against the attempts that were seen here")
    .addCommand(
      withStore(new Command('import'))
        .description('read the event stream of the account, as its destinations deliver it')
        .argument('[file...]', 'files of events, compressed or not; - is standard input', ['-'])
        .option('--json', 'the figures as one JSON object')
        .action((files: readonly string[], flags: Flags & { readonly json?: true }) =>
          read(files, flags),
        ),
    )
    .addCommand(
      withStore(new Command('list'))
        .description('say of each session, and of each attempt that became none, what it is')
        .addOption(new Option('--class <class>', 'only those of a class').choices(CLASSES))
        .option(
          '--since <time>',
          'at this time or later: 7d, 2h, 30m, 2026-11-21T18:00',
          parsing((text) => parseMoment(text, Date.now())),
        )
        .option('--limit <number>', 'how many at most, or `all`', parsing(parseLimit), 50)
        .addOption(new Option('--json', 'one JSON object a line').conflicts('csv'))
        .option('--csv', 'comma-separated values, for spreadsheets')
        .action(list),
    )
    .addHelpText('after', EXAMPLES);
}

function withStore(command: Command): Command {
  return withPolicy(command)
    .option('-d, --database <file>', 'where `serve` keeps attempts', 'tunnelwarden.db')
    .option(
      '--public <network>',
      'addresses your network has outside, as the vendor sees them (repeatable)',
      collecting(parseNetwork),
    );
}

async function read(
  files: readonly string[],
  flags: Flags & { readonly json?: true },
): Promise<void> {
  // Before anything is stored, so that a policy at fault is told at once.
  const doors = doorsOf(flags.policy);
  const { openForWriting } = await import('../attempts/store.ts');
  await withDatabase(flags, openForWriting, async (db) => {
    const imported = await importEvents(db, files, process.stdin, (text) =>
      write(process.stderr, text),
    );
    const classes = imported.span ? countsOf(look(db, flags, doors, imported.span)) : undefined;
    await write(process.stdout, summaryOf(imported, classes, flags.json === true));
    if (isFaulty(imported)) process.exitCode = 1;
  });
}

/** Something of the stream is not in the database, and will be missed. */
function isFaulty({ faults }: Imported): boolean {
  return faults > 0;
}

async function list(flags: ListFlags): Promise<void> {
  const doors = doorsOf(flags.policy);
  const { openForReading } = await import('../attempts/store.ts');
  await withDatabase(flags, openForReading, async (db) => {
    const span = { first: flags.since ?? 0, last: Number.MAX_SAFE_INTEGER - 1e9 };
    const { findings, untold, cut } = look(db, flags, doors, span);
    const wanted = findings.filter((finding) => !flags.class || finding.class === flags.class);
    await print(wanted.slice(0, flags.limit), flags);
    const remarks = [
      ...(wanted.length === 0
        ? ['Nothing is found; import events with `events import`, or choose an earlier --since.']
        : []),
      ...(wanted.length > flags.limit
        ? [`These are the first ${flags.limit}; --limit all shows every one.`]
        : []),
      ...(untold === 0
        ? []
        : [
            `${untold} times clients tried when no event tells of the account; import the events of that time.`,
          ]),
      ...(cut
        ? ['There are too many attempts to look at all; narrow them, as with --since 1d.']
        : []),
      ...(flags.public
        ? []
        : [
            'Name the addresses your network has outside with --public, so that sessions find their clients.',
          ]),
    ];
    await write(
      process.stderr,
      remarks
        .flatMap((remark) => wrap(remark, 80))
        .map((line) => `${line}\n`)
        .join(''),
    );
  });
}

function doorsOf(policyFile: string): Doors {
  const { policy, catalogue } = loadPolicy(policyFile, Date.now());
  const ours = policy.ingress.filter(({ service }) => service === SERVICE);
  return createDoors(
    ours.map(({ domain }) => domain),
    catalogue.services.get(SERVICE) as TunnelService,
  );
}

function look(
  db: Database,
  flags: Flags,
  doors: Doors,
  span: { readonly first: number; readonly last: number },
): Examination {
  return examine(db, { span, service: SERVICE, doors, networks: flags.public ?? [] });
}

function countsOf({ findings }: Examination): Readonly<Record<Class, number>> {
  const counts = Object.fromEntries(CLASSES.map((name) => [name, 0])) as Record<Class, number>;
  for (const finding of findings) counts[finding.class] += 1;
  return counts;
}

async function print(findings: readonly Finding[], { json, csv }: ListFlags): Promise<void> {
  const format: Format = json ? 'json' : csv ? 'csv' : 'table';
  const { stdout } = process;
  const screen = {
    width: (stdout.isTTY && stdout.columns) || 80,
    colour: stdout.isTTY === true && !process.env.NO_COLOR,
  };
  await write(stdout, createPrinter(findingView, format, screen)(findings));
}

async function withDatabase(
  { database }: Flags,
  open: (file: string) => Database,
  use: (db: Database) => Promise<void>,
): Promise<void> {
  let db: Database | undefined;
  try {
    db = open(database);
    await use(db);
  } catch (error) {
    if (error instanceof BrokenPipe) return;
    const problem = problemOf(error, database);
    throw problem ? new CommandFailure(problem.message, { cause: error }) : error;
  } finally {
    db?.close();
  }
}

function parseLimit(text: string): number {
  if (text === 'all') return Number.MAX_SAFE_INTEGER;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new ParseError(`"${text}" is not a number of rows; write one such as 50, or all`);
}
