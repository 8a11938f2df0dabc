import { existsSync, writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { parseMoment } from '../attempts/moment.ts';
import { loadPolicy } from '../policy/load.ts';
import { parseAddress } from '../policy/network.ts';
import { htmlOf } from '../report/html.ts';
import { markdownOf } from '../report/markdown.ts';
import { type OpenStep, type Report, reportOf } from '../report/report.ts';
import { backendOf } from './artifacts.ts';
import { chainsOf } from './chains.ts';
import { inDatabase } from './database.ts';
import { CommandFailure, UsageFailure } from './failure.ts';
import { parsing } from './options.ts';
import type { Output } from './output.ts';

type Flags = {
  readonly database: string;
  readonly policy?: string;
  readonly since: number;
  readonly until?: number;
  readonly format: 'markdown' | 'html';
  readonly output?: string;
};

const EXAMPLES = `
Examples:
  tunnelwarden report --since 7d
  tunnelwarden report --since 30d --policy policy.yaml \\
    --format html --output report.html`;

export function reportCommand(
  output: Output = process.stdout,
  now: () => number = Date.now,
): Command {
  const moment = parsing((text) => parseMoment(text, now()));
  return new Command('report')
    .description('what was tried, by whom, and what became of it: a week to hand on')
    .option('-d, --database <file>', 'where `serve` keeps attempts', 'tunnelwarden.db')
    .addOption(
      new Option(
        '-p, --policy <file>',
        'the policy, whose open ways are told; policy.yaml where it is there',
      ).env('TUNNELWARDEN_POLICY'),
    )
    .addOption(
      new Option('--since <time>', 'from this time on: 7d, 2026-11-21')
        .argParser(moment)
        .default(parseMoment('7d', now()), '7d'),
    )
    .option('--until <time>', 'up to this time', moment)
    .addOption(
      new Option('-f, --format <format>', 'how').choices(['markdown', 'html']).default('markdown'),
    )
    .option('-o, --output <file>', 'write it there')
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) => report(flags, output, now()));
}

async function report(flags: Flags, output: Output, now: number): Promise<void> {
  const { since, until = now } = flags;
  if (until <= since) throw new UsageFailure('--until is before --since; turn them round');
  const policy = flags.policy ?? (existsSync('policy.yaml') ? 'policy.yaml' : undefined);
  const steps = policy === undefined ? undefined : openStepsOf(policy, now);
  const { openForReading } = await import('../attempts/store.ts');
  const { readReport } = await import('./report-reading.ts');
  const found = inDatabase(flags.database, openForReading, (db) =>
    readReport(db, { since, until }),
  );
  const made = reportOf({ ...found, ...{ since, until, now }, ...(steps ? { steps } : {}) });
  write(flags, made, output);
}

/** What the policy means to close and is open, for a client like any other. */
function openStepsOf(policy: string, now: number): readonly OpenStep[] {
  const loaded = loadPolicy(policy, now);
  const client = parseAddress('127.0.0.1');
  return chainsOf(loaded, { client, backend: backendOf('nftables') }).flatMap(
    ({ service, steps }) =>
      steps
        .filter(({ broken }) => broken)
        .map(({ id, why = '', remedy }) => ({
          ...{ service: service.id, step: id, why },
          ...(remedy === undefined ? {} : { remedy }),
        })),
  );
}

function write({ format, output: file }: Flags, made: Report, output: Output): void {
  const text = format === 'html' ? htmlOf(made) : markdownOf(made);
  if (file === undefined) {
    output.write(text);
    return;
  }
  try {
    // It says who tried what.
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    throw new CommandFailure(`cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
  output.write(`${file}\n`);
}
