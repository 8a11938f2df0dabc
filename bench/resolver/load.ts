import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, lastWords, start } from './children.ts';
import { cpuOf, takenOf } from './usage.ts';

/** Questions a second, or as many as the server answers. */
export type Rate = number | 'saturated';

export type Load = {
  readonly file: string;
  readonly port: number;
  readonly seconds: number;
  readonly rate: Rate;
  readonly core: number | undefined;
  readonly folder: string;
};

/** What a server did under a load. */
export type Measured = {
  readonly answered: number;
  readonly lost: number;
  /** Answers with another code than the one asked for. */
  readonly wrong: number;
  readonly perSecond: number;
  /** Microseconds of processor time a question. */
  readonly cpu: number;
  /** Share of one core the server used, 1 where the server was the limit. */
  readonly share: number;
  /** Share of the server's core that others took meanwhile, the hypervisor too; 0 where unknown. */
  readonly disturbed: number;
};

const CLIENTS = 8;
const OUTSTANDING = 100;
/** Seconds after which a question is lost. */
const TIMEOUT = 1;
/** Milliseconds in which what was put off (a batch for the database) is done and counted. */
const SETTLING = 300;

/** Loads a server that runs on `core` with dnsperf and reads what that cost the server. */
export async function measure(
  server: Child,
  core: number | undefined,
  load: Load,
  rcode: string,
): Promise<Measured> {
  const taken = () => (core === undefined ? 0 : takenOf(core));
  const before = { cpu: cpuOf(server.pid), taken: taken(), at: performance.now() };
  const text = await dnsperf(load);
  await delay(SETTLING);
  const cpu = cpuOf(server.pid) - before.cpu;
  const others = taken() - before.taken - cpu;
  const passed = (performance.now() - before.at) * 1000;
  const seconds = numberAfter(text, 'Run time (s):');
  const answered = numberAfter(text, 'Queries completed:');
  return {
    answered,
    lost: numberAfter(text, 'Queries lost:'),
    wrong: answered - (answered > 0 ? numberAfter(text, rcode) : 0),
    perSecond: answered / seconds,
    cpu: cpu / answered,
    share: cpu / 1e6 / seconds,
    disturbed: Math.max(0, others / passed),
  };
}

/** Loads a server without looking: fills its cache, and lets Node compile what is hot. */
export async function dnsperf({ file, port, seconds, rate, core, folder }: Load): Promise<string> {
  const options = {
    s: '127.0.0.1',
    p: port,
    d: file,
    l: seconds,
    T: 1,
    c: CLIENTS,
    q: OUTSTANDING,
    t: TIMEOUT,
    ...(rate === 'saturated' ? {} : { Q: rate }),
  };
  const args = Object.entries(options).flatMap(([key, value]) => [`-${key}`, String(value)]);
  const child = start(['dnsperf', ...args], core, folder);
  const code = await child.ended;
  if (code !== 0) throw new Error(`dnsperf ended with ${code}:\n${lastWords(child)}`);
  return readFileSync(child.log, 'latin1');
}

/** dnsperf's figures, each behind its label; a code that no answer had is not listed. */
function numberAfter(text: string, label: string): number {
  const at = text.indexOf(label);
  return at < 0 ? 0 : Number.parseFloat(text.slice(at + label.length));
}
