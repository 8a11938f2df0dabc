import { cpus } from 'node:os';
import { join } from 'node:path';
import { makeFolder, stop } from './resolver/children.ts';
import { type Contender, startUpstream, type Turn, takeTurn } from './resolver/contest.ts';
import { leaveServerCore, shareCores } from './resolver/cores.ts';
import { HELP, type Options, parseOptions, UsageError } from './resolver/options.ts';
import {
  blockedNames,
  cachedQuestions,
  forwardedQuestions,
  refusedQuestions,
} from './resolver/questions.ts';
import { disturbanceOf, rowsOf, sizesOf } from './resolver/results.ts';
import { dnsmasq, echo, tunnelwarden, unbound } from './resolver/servers.ts';
import { ratesTable, sizesTable } from './resolver/table.ts';
import { whatIsMissing } from './resolver/tools.ts';

// What a question costs the built program, beside Unbound and dnsmasq on the same machine; --help
// says how to run it. Servers take turns in rounds, so that a noisy machine hurts all of them alike.

/** Questions a second of the fixed load: all servers keep up with it, and idle in between. */
const RATE = 3_000;
const CLI = join(import.meta.dirname, '..', 'dist', 'cli.js');

const cores = shareCores();

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await run(options);
} catch (error) {
  console.error((error as Error).message);
  process.exit(error instanceof UsageError ? 2 : 1);
}

async function run(options: Options): Promise<void> {
  const missing = whatIsMissing(CLI);
  if (missing !== undefined) throw new Error(missing);
  leaveServerCore(cores);
  const rounds = await contest(options);
  console.log(options.json ? asJson(rounds, options) : asText(rounds, options));
}

async function contest({ rounds, seconds, million }: Options): Promise<Turn[][]> {
  const contenders = contendersOf(seconds, million);
  const upstream = await startUpstream(cores);
  const conditions = { cores, upstream: upstream.port, seconds, rate: RATE };
  const all: Turn[][] = [];
  for (let round = 1; round <= rounds; round++) {
    const turns: Turn[] = [];
    for (const contender of contenders) {
      const { server, blocked } = contender;
      console.error(`round ${round} of ${rounds}: ${server}, ${blocked.length} names to refuse`);
      turns.push(await takeTurn(contender, conditions, round));
    }
    all.push(turns);
  }
  await stop(upstream.child);
  return all;
}

/** Who takes part, in the order of their turns. */
function contendersOf(seconds: number, million: boolean): Contender[] {
  const folder = makeFolder('questions');
  const cached = { kind: 'cached', questions: cachedQuestions(folder) } as const;
  const forwarded = { kind: 'forwarded', questions: forwardedQuestions(folder, seconds) } as const;
  const refused = (blocked: readonly string[]) =>
    ({ kind: 'refused', questions: refusedQuestions(folder, blocked) }) as const;

  const few = blockedNames(10);
  const many = blockedNames(1_000_000);
  const withFew = { blocked: few, asked: [refused(few), cached, forwarded] };
  const withMany = { blocked: many, asked: [refused(many)] };
  const ours = { server: 'tunnelwarden', prepare: tunnelwarden(CLI) };
  const others = [
    { server: 'unbound', prepare: unbound },
    { server: 'dnsmasq', prepare: dnsmasq },
  ];
  const floor = { kind: 'floor', questions: cached.questions } as const;
  return [
    ...[ours, ...others].map((server) => ({ ...server, ...withFew })),
    { server: 'node echo', prepare: echo, blocked: [], asked: [floor] },
    ...(million ? [ours, ...others] : [ours]).map((server) => ({ ...server, ...withMany })),
  ];
}

function asJson(rounds: readonly Turn[][], { seconds }: Options): string {
  return JSON.stringify({
    machine: machine(),
    cores: cores.note,
    seconds,
    rate: RATE,
    rows: rowsOf(rounds),
    sizes: sizesOf(rounds),
    disturbance: disturbanceOf(rounds),
    rounds,
  });
}

function asText(rounds: readonly Turn[][], { seconds }: Options): string {
  const rows = rowsOf(rounds);
  const { usual, worst } = disturbanceOf(rounds);
  const noisy = usual > 0.1 ? '\nNOISY: run it again when the machine has nothing else to do' : '';
  return `${machine()}
${cores.note}
${rounds.length} x ${seconds} s; others took ${percent(usual)} of the server's core, ${percent(worst)} at worst${noisy}

us/q: processor time of the whole server, user and system, in microseconds a
question: the median of the rounds, and their extremes; /name: the ratio to that
server's of the same round. core: how much of its core it used.

FIXED LOAD: ${RATE} questions a second

${ratesTable(rows, 'fixed')}

SATURATION: as many questions as it answers, 100 under way at a time; where core
is well under 100%, the load was the limit

${ratesTable(rows, 'saturated')}

SIZES: from the start to the first refusal, and memory after refusing under load

${sizesTable(sizesOf(rounds))}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)}%`;
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `Node ${process.versions.node}, ${cpus().length} x ${model}`;
}
