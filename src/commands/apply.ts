import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, Option } from 'commander';
import {
  apply,
  type Confirmation,
  confirm,
  rehearse,
  remove,
  rollback,
  type Site,
} from '../firewall/apply/apply.ts';
import { Busy } from '../firewall/apply/state.ts';
import { createTimer } from '../firewall/apply/timer.ts';
import { ParseError } from '../policy/problem.ts';
import { parseDuration } from '../policy/quantity.ts';
import {
  type ArtifactsFor,
  artifactsOfPolicy,
  failing,
  formatArgument,
  formatOf,
  requestOf,
  siteAt,
  stateOption,
} from './apply-site.ts';

import { parsing, withPolicy } from './options.ts';
import { type Output, wrap } from './output.ts';

type ApplyFlags = {
  readonly policy: string;
  readonly state: string;
  /** Seconds; false after --no-confirm. */
  readonly confirmWithin: number;
  readonly confirm: boolean;
  readonly dryRun?: true;
};
type StateFlags = { readonly state: string };

export function applyCommand(
  artifactsFor: ArtifactsFor = artifactsOfPolicy,
  output: Output = process.stdout,
): Command {
  return withPolicy(new Command('apply'))
    .description(
      'load the rules of a policy into this gateway, and take them back unless `confirm` follows',
    )
    .addArgument(formatArgument())
    .option('--confirm-within <duration>', 'how long to wait for `confirm`', parsing(parseWait), 60)
    .option('--no-confirm', 'keep the rules without waiting (for a script at boot)')
    .option('--dry-run', 'have the real parser read the rules, and change nothing')
    .addOption(stateOption())
    .action((format: string | undefined, flags: ApplyFlags) =>
      runApply(format, flags, artifactsFor, output),
    );
}

/** Whole seconds; a wait that nobody can answer in is a mistake. */
function parseWait(text: string): number {
  const seconds = parseDuration(text) / 1000;
  if (seconds >= 1 && seconds <= 86_400) return seconds;
  throw new ParseError(`"${text}" is no time to confirm in; write one from 1s to 1d`);
}

const LOOK = '`tunnelwarden doctor` tells what on this machine would get in their way.';

async function runApply(
  word: string | undefined,
  flags: ApplyFlags,
  artifactsFor: ArtifactsFor,
  output: Output,
): Promise<void> {
  const site = siteAt(flags.state);
  const format = failing(() => formatOf(word, site));
  const request = requestOf(format, await artifactsFor(flags.policy, format));
  const say = (...lines: readonly string[]) =>
    output.write(`${lines.flatMap((line) => wrap(line, 78)).join('\n')}\n`);
  if (flags.dryRun) {
    const { present, mark, intact } = failing(() => rehearse(site, request));
    const now = !present
      ? 'nothing is loaded'
      : present.mark?.text === mark.text && intact
        ? 'the same is loaded already'
        : `policy ${present.mark?.policy ?? 'unknown'} is loaded`;
    say(`${format} rules of policy ${mark.policy} can be loaded; ${now}. Nothing was changed.`);
    return;
  }
  const confirmation = flags.confirm ? confirmationFor(site, flags) : undefined;
  const { mark } = failing(() => apply(site, request, confirmation));
  const hints = site.loaderOf(format).hints;
  say(`${format} rules of policy ${mark.policy} are loaded.`, ...hints, LOOK);
  if (!confirmation) return;
  const state = stateWords(flags.state).join(' ');
  say(
    '',
    `They go away in ${confirmation.seconds} s. If all still works (try a new connection), keep them:`,
    '',
  );
  output.write(`  tunnelwarden confirm${state && ` ${state}`}\n`);
}

function confirmationFor(site: Site, { confirmWithin }: ApplyFlags): Confirmation {
  const token = randomBytes(8).toString('hex');
  const [program, script] = [process.execPath, process.argv[1]];
  if (script === undefined) throw new Error('it is not known how this program was started');
  return {
    token,
    seconds: confirmWithin,
    start: createTimer(site.run),
    command: [
      program,
      ...process.execArgv,
      script,
      'rollback',
      '--state',
      site.store.directory,
      '--unless-confirmed',
      token,
    ],
  };
}

function stateWords(state: string): readonly string[] {
  return state === stateOption().defaultValue ? [] : ['--state', state];
}

export function confirmCommand(output: Output = process.stdout): Command {
  return new Command('confirm')
    .description('keep the rules that `apply` has loaded')
    .addOption(stateOption())
    .action(({ state }: StateFlags) => {
      const { mark } = failing(() => confirm(siteAt(state)));
      output.write(`The rules of policy ${mark.policy} stay.\n`);
    });
}

export function rollbackCommand(output: Output = process.stdout): Command {
  return new Command('rollback')
    .description('go back to the rules that the last `apply` has replaced, at once')
    .addOption(stateOption())
    .addOption(new Option('--unless-confirmed <token>').hideHelp())
    .addOption(new Option('--after <seconds>').argParser(Number).hideHelp())
    .action(
      (flags: StateFlags & { readonly unlessConfirmed?: string; readonly after?: number }) => {
        const site = siteAt(flags.state);
        if (flags.unlessConfirmed !== undefined)
          return rollbackLater(site, flags.unlessConfirmed, flags.after ?? 0);
        failing(() => rollback(site));
        output.write('The rules are as they were before the last apply.\n');
        return undefined;
      },
    );
}

/** How often a rollback that does not succeed is tried again, a second apart. */
const ATTEMPTS = 60;

/** What the timer starts: nobody sees what it prints, so it does not give up early. */
async function rollbackLater(site: Site, token: string, seconds: number): Promise<void> {
  // A hang-up or Ctrl-C is meant for whoever applied.
  for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => {});
  // Not the time of day, which may be set meanwhile.
  const due = performance.now() + seconds * 1000;
  // Looks every second, so that it does not stay for nothing after `confirm`; not in the first one,
  // when `apply` may not have written down yet that it waits.
  for (let first = true; performance.now() < due; first = false) {
    await delay(Math.min(1000, due - performance.now()));
    if (!first && site.store.read().pending?.token !== token) return;
  }
  for (let attempt = 1; ; attempt++) {
    try {
      rollback(site, token);
      return;
    } catch (error) {
      if (attempt >= ATTEMPTS) throw error instanceof Busy ? new Error(error.message) : error;
      await delay(1000);
    }
  }
}

export function removeCommand(output: Output = process.stdout): Command {
  return new Command('remove')
    .description('take out all rules of ours; nobody else’s are touched')
    .addArgument(formatArgument())
    .addOption(stateOption())
    .action((word: string | undefined, { state }: StateFlags) => {
      const site = siteAt(state);
      const format = failing(() => formatOf(word, site));
      const was = failing(() => remove(site, format));
      output.write(was ? `The ${format} rules are gone.\n` : `No ${format} rules were loaded.\n`);
    });
}
