import { Command, Option } from 'commander';
import { parseMoment } from '../attempts/moment.ts';
import { replay } from '../backtest/replay.ts';
import { type Change, changesOf } from '../backtest/sums.ts';
import { loadPolicy } from '../policy/load.ts';
import { ParseError } from '../policy/problem.ts';
import { backtestJson, backtestText } from './backtest-text.ts';
import { inDatabase } from './database.ts';
import { parsing } from './options.ts';
import type { Output } from './output.ts';

type Flags = {
  readonly database: string;
  readonly since: number;
  readonly until?: number;
  readonly against?: string;
  readonly limit: number;
  readonly json?: true;
  readonly failOn?: FailOn;
};

const FAIL_ON = ['newly-refused', 'newly-allowed', 'any'] as const;
type FailOn = (typeof FAIL_ON)[number];

const HELP = `
The log holds attempts: what a rule was about, and who used the sanctioned way.
A name that no rule was about was not recorded, so what a new block would take
from people is seen only where something recorded it: a rule that watches,
mode: observe, another block. Groups, lists and timed entries count as they are
now.

Exit status: 0, or 1 where --fail-on finds something.

Examples:
  tunnelwarden backtest next.yaml --since 30d
  tunnelwarden backtest next.yaml --against policy.yaml --fail-on newly-refused`;

export function backtestCommand(
  output: Output = process.stdout,
  now: () => number = Date.now,
): Command {
  const moment = parsing((text) => parseMoment(text, now()));
  return new Command('backtest')
    .description('replay recorded attempts under another policy: who would be refused, who allowed')
    .argument('<policy>', 'the policy file to try')
    .option('-d, --database <file>', 'where `serve` keeps attempts', 'tunnelwarden.db')
    .addOption(
      new Option('--since <time>', 'seen at this time or later: 30d, 2h, 2026-11-21')
        .argParser(moment)
        .default(parseMoment('30d', now()), '30d'),
    )
    .option('--until <time>', 'seen before this time', moment)
    .option('--against <policy>', 'compare with this policy, not with what was recorded')
    .option('--limit <rows>', 'rows of each table at most', parsing(parseRows), 10)
    .option('--json', 'print one JSON object, with every difference')
    .addOption(new Option('--fail-on <what>', 'exit with 1 where there is any').choices(FAIL_ON))
    .addHelpText('after', HELP)
    .action((policy: string, flags: Flags) => backtest(policy, flags, output, now()));
}

async function backtest(file: string, flags: Flags, output: Output, now: number): Promise<void> {
  const { ruleset } = loadPolicy(file, now);
  const before = flags.against === undefined ? undefined : loadPolicy(flags.against, now).ruleset;
  const { openForReading } = await import('../attempts/store.ts');
  const { scanAttempts } = await import('../attempts/scan.ts');
  const { labelsOf } = await import('../attempts/facts.ts');
  const { since, until } = flags;
  const found = inDatabase(flags.database, openForReading, (db) => {
    const filter = { since, ...(until === undefined ? {} : { until }) };
    const result = replay(scanAttempts(db, filter), ruleset, before);
    const changes = changesOf(result.differences);
    const shown = changes.flatMap(({ clients }) => clients.slice(0, flags.limit));
    const listed = changes.flatMap(({ differences }) => differences.slice(0, flags.limit));
    const clients = [...shown.map(({ key }) => key), ...listed.map(({ client }) => client)];
    return { result, changes, labels: labelsOf(db, flags.json ? [] : clients) };
  });
  const told = { ...found, ...{ file, since, limit: flags.limit }, against: flags.against };
  output.write(flags.json ? backtestJson(told) : backtestText(told));
  if (flags.failOn && isFound(flags.failOn, found.changes)) process.exitCode = 1;
}

function isFound(wanted: FailOn, [refused, allowed]: readonly [Change, Change]): boolean {
  const isRefused = refused.sum.attempts > 0;
  const isAllowed = allowed.sum.attempts > 0;
  if (wanted === 'newly-refused') return isRefused;
  return wanted === 'newly-allowed' ? isAllowed : isRefused || isAllowed;
}

function parseRows(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new ParseError(`"${text}" is not a number of rows; write one such as 10`);
}
