import { parseArgs } from 'node:util';

export const HELP = `What a question costs: processor time of the whole server, beside Unbound and dnsmasq.

    npm run build && node bench/resolver.ts [options]

    --rounds N     rounds, in each of which every server has its turn (3)
    --seconds N    seconds of each load (1.2)
    --million      a list of a million names for Unbound and dnsmasq too: half a minute more a round
    --json         print one JSON object, with what each round measured

Compare within one run only: one machine differs by tens of percent between hours.`;

const OPTIONS = {
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '1.2' },
  million: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export type Options = {
  readonly rounds: number;
  readonly seconds: number;
  readonly million: boolean;
  readonly json: boolean;
  readonly help: boolean;
};

/** The command line is at fault; the message names the value. */
export class UsageError extends Error {}

export function parseOptions(args: readonly string[]): Options {
  const values = read(args);
  const rounds = Number(values.rounds);
  const seconds = Number(values.seconds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new UsageError(`--rounds ${values.rounds}: give a whole number of 1 or more`);
  }
  if (!(seconds >= 0.5 && seconds <= 60)) {
    throw new UsageError(`--seconds ${values.seconds}: give 0.5 to 60`);
  }
  return { ...values, rounds, seconds };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
