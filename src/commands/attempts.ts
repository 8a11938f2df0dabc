import { setTimeout as delay } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { ATTEMPT_VERDICTS, POINTS } from '../attempts/attempt.ts';
import type { Filter } from '../attempts/filter.ts';
import { parseMoment } from '../attempts/moment.ts';
import { createPrinter, type Format } from '../attempts/print.ts';
import { problemOf } from '../attempts/problem.ts';
import {
  changedAttempts,
  countAttempts,
  GROUPINGS,
  type Grouping,
  groupAttempts,
  latestBatch,
  listAttempts,
} from '../attempts/query.ts';
import { parseNameValue } from '../attempts/search/values.ts';
import type { Database } from '../attempts/store.ts';
import { readStories } from '../attempts/stories.ts';
import { createStoryPrinter, storyJson } from '../attempts/story-view.ts';
import type { Screen } from '../attempts/table.ts';
import { attemptView, groupView, tallyView, type View } from '../attempts/view.ts';
import { parseNetwork } from '../policy/network.ts';
import { ParseError } from '../policy/problem.ts';
import { ROLES } from '../policy/service.ts';
import { parseWords, WORDS_HELP } from './attempts-words.ts';
import { CommandFailure } from './failure.ts';
import { parseType, parsing } from './options.ts';
import { BrokenPipe, type Pipe, write } from './pipe.ts';

/** What the command touches besides the database. */
export type Surroundings = {
  readonly stdout: Pipe;
  readonly stderr: Pipe;
  readonly env: { readonly NO_COLOR?: string | undefined };
  readonly now: () => number;
  /** Called once `--follow` begins; aborted when it shall end. */
  readonly interruption: () => AbortSignal;
  /** Milliseconds between two looks of `--follow`. */
  readonly pause: number;
};

type Flags = Filter & {
  readonly database: string;
  readonly limit: number;
  readonly by?: Grouping;
  readonly count?: true;
  readonly json?: true;
  readonly csv?: true;
  readonly follow?: true;
  readonly stories?: true;
};

/** Rows read at once: however many are printed, memory and read locks stay small. */
const PAGE = 500;

/** More rows than any disk holds. */
const ALL = 2 ** 40;

const EXAMPLES = `
Examples:
  tunnelwarden attempts --since 7d --by client      who tried most this week
  tunnelwarden attempts --client 10.1.0.0/16        what a network tried
  tunnelwarden attempts --name ngrok.com --follow   watch, as it happens
  tunnelwarden attempts --stories --since 1d        ways agents tried, by step
  tunnelwarden attempts 'ngrok -client:10.1.2.3'    words as the UI takes them
  tunnelwarden attempts --since 2026-01-01 --limit all --csv > attempts.csv${WORDS_HELP}`;

export function attemptsCommand(surroundings: Surroundings = ofThisProcess()): Command {
  const moment = parsing((text) => parseMoment(text, surroundings.now()));
  return new Command('attempts')
    .description('list, count, group and follow the attempts that were refused or watched')
    .argument('[words...]', 'what to look for, as client:10.1.2.3 or, behind --, -verdict:watched')
    .option('-d, --database <file>', 'where `serve` keeps attempts', 'tunnelwarden.db')
    .option(
      '--client <network>',
      'an address, or a network such as 10.1.0.0/16',
      parsing(parseNetwork),
    )
    .option(
      '--name <name>',
      'the name and all below it; =NAME is only itself',
      parsing(parseNameValue),
    )
    .option('--service <id>', 'the service the name belongs to')
    .option('--rule <id>', 'the rule that matched')
    .addOption(new Option('--role <role>', 'what the name is to its service').choices(ROLES))
    .addOption(
      new Option(
        '--verdict <verdict>',
        'what was decided; all but sanctioned when left out',
      ).choices(ATTEMPT_VERDICTS),
    )
    .option('--type <type>', 'the type asked for, such as A or HTTPS', parsing(parseType))
    .addOption(new Option('--point <where>', 'where it was seen').choices(POINTS))
    .option(
      '--destination <network>',
      'where the client meant to go: an address or a network',
      parsing(parseNetwork),
    )
    .option('--ja4 <fingerprint>', 'the fingerprint of its TLS hello')
    .option('--since <time>', 'seen at this time or later: 7d, 2h, 30m, 2026-11-21T18:00', moment)
    .addOption(
      new Option('--until <time>', 'seen before this time').argParser(moment).conflicts('follow'),
    )
    .option('--limit <number>', 'how many rows at most, or `all`', parsing(parseLimit), 50)
    .addOption(
      new Option('--by <what>', 'sums by client, name, service or rule')
        .choices(GROUPINGS)
        .conflicts(['count', 'follow']),
    )
    .addOption(new Option('--count', 'only say how many').conflicts('follow'))
    .addOption(new Option('--json', 'one JSON object a line').conflicts('csv'))
    .option('--csv', 'comma-separated values, for spreadsheets')
    .addOption(
      new Option('--stories', 'what each agent tried, step by step').conflicts(NOT_OF_STORIES),
    )
    .addOption(
      new Option('--follow', 'print new attempts as they come, until interrupted').conflicts(
        'limit',
      ),
    )
    .addHelpText('after', EXAMPLES)
    .action((words: readonly string[], flags: Flags) => attempts(words, flags, surroundings));
}

function ofThisProcess(): Surroundings {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    now: Date.now,
    interruption() {
      const controller = new AbortController();
      for (const name of ['SIGINT', 'SIGTERM'] as const) {
        process.once(name, () => controller.abort());
      }
      return controller.signal;
    },
    pause: 500,
  };
}

/** What would take steps out of stories, or shows something else. */
const NOT_OF_STORIES: string[] = [
  ...['name', 'rule', 'role', 'verdict', 'type', 'point', 'destination', 'ja4'],
  ...['by', 'count', 'csv', 'follow'],
];

async function attempts(
  words: readonly string[],
  flags: Flags,
  surroundings: Surroundings,
): Promise<void> {
  const filterIn = parseWords(words, flags, surroundings.now());
  const { openForReading } = await import('../attempts/store.ts');
  let db: Database | undefined;
  try {
    db = openForReading(flags.database);
    await show(db, { ...flags, ...filterIn(db) }, surroundings);
  } catch (error) {
    if (error instanceof BrokenPipe) return;
    const problem = problemOf(error, flags.database);
    throw problem ? new CommandFailure(problem.message, { cause: error }) : error;
  } finally {
    db?.close();
  }
}

async function show(db: Database, flags: Flags, surroundings: Surroundings): Promise<void> {
  const { by, count, follow, stories, limit } = flags;
  if (stories) return showStories(db, flags, surroundings);
  if (follow) return showChanges(db, flags, surroundings);
  if (count) return printerOf(tallyView, flags, surroundings)([countAttempts(db, flags)]);

  const more = by
    ? await showGroups(db, by, flags, surroundings)
    : await showList(db, flags, surroundings);
  if (more) {
    await write(surroundings.stderr, moreThan(limit));
  }
}

const moreThan = (limit: number) => `These are the first ${limit}; --limit all shows every one.\n`;

/** True where there are more than were shown. */
async function showGroups(
  db: Database,
  by: Grouping,
  flags: Flags,
  surroundings: Surroundings,
): Promise<boolean> {
  const groups = groupAttempts(db, by, flags, flags.limit + 1);
  if (groups.length === 0) await sayNothingFound(db, surroundings);
  await printerOf(groupView(by), flags, surroundings)(groups.slice(0, flags.limit));
  return groups.length > flags.limit;
}

/** True where there are more than were shown. */
async function showList(db: Database, flags: Flags, surroundings: Surroundings): Promise<boolean> {
  const print = printerOf(attemptView, flags, surroundings);
  let left = flags.limit;
  let page = listAttempts(db, flags, Math.min(PAGE, left));
  if (page.length === 0) await sayNothingFound(db, surroundings);
  await print(page);
  while (page.length === PAGE && left > PAGE) {
    left -= PAGE;
    page = listAttempts(db, flags, Math.min(PAGE, left), page.at(-1));
    await print(page);
  }
  return page.length === left && listAttempts(db, flags, 1, page.at(-1)).length > 0;
}

async function showStories(db: Database, flags: Flags, surroundings: Surroundings): Promise<void> {
  const { limit, json } = flags;
  const { stdout, stderr } = surroundings;
  const { stories, cut } = readStories(db, flags, limit);
  if (stories.length === 0) await sayNothingFound(db, surroundings);
  await write(
    stdout,
    json ? stories.map(storyJson).join('') : createStoryPrinter(screenOf(surroundings))(stories),
  );
  if (cut === 'limit') await write(stderr, moreThan(limit));
  if (cut === 'attempts') {
    await write(stderr, 'There are too many attempts to read; narrow them, as with --since 1d.\n');
  }
}

async function showChanges(
  db: Database,
  flags: Flags,
  { interruption, pause, ...surroundings }: Surroundings,
): Promise<void> {
  const print = printerOf(attemptView, flags, surroundings);
  const signal = interruption();
  let batch = latestBatch(db);
  if (surroundings.stderr.isTTY) {
    await write(surroundings.stderr, 'Waiting for attempts; Ctrl-C ends.\n');
  }
  while (await pauseUnless(signal, pause)) {
    const changes = changedAttempts(db, flags, batch);
    if (changes.attempts.length > 0) await print(changes.attempts);
    batch = changes.batch;
  }
}

/** True once the time is over, false when the signal came first. */
async function pauseUnless(signal: AbortSignal, milliseconds: number): Promise<boolean> {
  try {
    await delay(milliseconds, undefined, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

function printerOf<Row>(
  view: View<Row>,
  { json, csv }: Flags,
  { stdout, env }: Pick<Surroundings, 'stdout' | 'env'>,
): (rows: readonly Row[]) => Promise<void> {
  const format: Format = json ? 'json' : csv ? 'csv' : 'table';
  const print = createPrinter(view, format, screenOf({ stdout, env }));
  return (rows) => write(stdout, print(rows));
}

function screenOf({ stdout, env }: Pick<Surroundings, 'stdout' | 'env'>): Screen {
  return {
    width: (stdout.isTTY && stdout.columns) || 80,
    colour: stdout.isTTY === true && !env.NO_COLOR,
  };
}

function sayNothingFound(db: Database, { stderr }: Surroundings): Promise<void> {
  const sentence =
    latestBatch(db) === 0
      ? 'No attempt is recorded yet; let clients use the resolver that `tunnelwarden serve` runs.'
      : 'No attempt matches; leave out a filter, or choose an earlier --since.';
  return write(stderr, `${sentence}\n`);
}

function parseLimit(text: string): number {
  if (text === 'all') return ALL;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new ParseError(`"${text}" is not a number of rows; write one such as 50, or all`);
}
