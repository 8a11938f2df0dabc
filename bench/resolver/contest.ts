import { type Child, lastWords, makeFolder, start, stop } from './children.ts';
import type { Cores } from './cores.ts';
import { dnsperf, type Measured, measure, type Rate } from './load.ts';
import { answersWith, freePort, NOERROR, NXDOMAIN } from './probe.ts';
import type { Kind, Questions } from './questions.ts';
import { type Prepare, upstreamServer } from './servers.ts';
import { memoryOf } from './usage.ts';

/** A server with a list to refuse, and what it is asked. */
export type Contender = {
  readonly server: string;
  readonly prepare: Prepare;
  readonly blocked: readonly string[];
  readonly asked: readonly { readonly kind: Kind | 'floor'; readonly questions: Questions }[];
};

/** One server's turn in one round. */
export type Turn = {
  readonly server: string;
  /** How many names it refuses. */
  readonly names: number;
  /** Milliseconds from its start to its first refusal. */
  readonly ready: number;
  /** MiB it holds after the first kind of question, which is the refused one. */
  readonly memory: number;
  readonly points: readonly Point[];
};

export type Point = Measured & {
  readonly kind: Kind | 'floor';
  readonly rate: 'fixed' | 'saturated';
};

export type Conditions = {
  readonly cores: Cores;
  readonly upstream: number;
  readonly seconds: number;
  /** Questions a second of the fixed load. */
  readonly rate: number;
};

/**
 * Seconds of load before a kind is measured: caches fill, and V8 compiles what is hot. The first kind
 * finds nothing compiled; with less, Node's servers look half as fast as they are in steady work.
 */
const WARMING = { first: 2, later: 0.6 };
/** The longest a server may take to start; Unbound reads a million names in ten seconds. */
const START = 120_000;

/** Starts the resolver that all others ask. */
export async function startUpstream({ upstream }: Cores): Promise<{ child: Child; port: number }> {
  const task = { folder: makeFolder('upstream'), port: await freePort(), upstream: 0, blocked: [] };
  const child = start(upstreamServer(task), upstream, task.folder);
  await ready(child, 'the upstream', NOERROR, 'ready.example.net', task.port);
  return { child, port: task.port };
}

/** Starts a server, puts all its questions to it and ends it. */
export async function takeTurn(
  { server, prepare, blocked, asked }: Contender,
  { cores, upstream, seconds, rate }: Conditions,
  round: number,
): Promise<Turn> {
  const folder = makeFolder(`${server}-${blocked.length}-${round}`);
  const port = await freePort();
  const command = prepare({ folder, port, upstream, blocked });
  const begin = performance.now();
  const child = start(command, cores.server, folder);
  // The last name of the list: when it is refused, so are all before it.
  const last = blocked.at(-1);
  await ready(child, server, last ? NXDOMAIN : NOERROR, last ?? 'ready.example.net', port);
  const readyAt = performance.now();

  const loads = async (): Promise<Pick<Turn, 'memory' | 'points'>> => {
    let memory = 0;
    const points: Point[] = [];
    for (const { kind, questions } of asked) {
      const load = { port, core: cores.load, folder };
      const rcode = kind === 'refused' ? 'NXDOMAIN' : 'NOERROR';
      const warming = points.length === 0 ? WARMING.first : WARMING.later;
      await dnsperf({ ...load, file: questions.first, seconds: warming, rate: 'saturated' });
      const put = (file: string, at: Rate) =>
        measure(child, cores.server, { ...load, file, seconds, rate: at }, rcode);
      const fixed = await put(questions.fixed, rate);
      const saturated = await put(questions.saturated, 'saturated');
      points.push({ kind, rate: 'fixed', ...fixed }, { kind, rate: 'saturated', ...saturated });
      memory ||= memoryOf(child.pid);
    }
    return { memory, points };
  };
  const measured = await whileItLives(child, server, loads());
  await stop(child);
  return { server, names: blocked.length, ready: readyAt - begin, ...measured };
}

async function ready(
  child: Child,
  who: string,
  rcode: number,
  name: string,
  port: number,
): Promise<void> {
  const asking = new AbortController();
  const timer = setTimeout(
    () => asking.abort(new Error(`${who} did not answer within ${START / 1000} s of its start`)),
    START,
  );
  try {
    await whileItLives(child, who, answersWith(rcode, name, port, asking.signal));
  } finally {
    clearTimeout(timer);
    asking.abort();
  }
}

/** The work with a server, or why it ended in the middle of it. */
function whileItLives<T>(child: Child, who: string, work: Promise<T>): Promise<T> {
  const ended = child.ended.then((code) => {
    throw new Error(`${who} ended with ${code}:\n${lastWords(child)}`);
  });
  return Promise.race([work, ended]);
}
