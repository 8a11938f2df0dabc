import type { Attempt } from '../attempts/attempt.ts';
import type { Figures } from '../attempts/figures.ts';
import type { IncidentChange } from '../attempts/incident/change.ts';
import { attemptOf } from '../attempts/outcome.ts';
import type { Recorder } from '../attempts/recorder.ts';
import type { Trail } from '../attempts/trail.ts';
import type { Engine } from '../dns/engine.ts';
import type { Outcome } from '../dns/message.ts';
import { type Answerer, createAnswerer } from '../dns/server/answerer.ts';
import { createCookieMaker } from '../dns/server/cookie.ts';
import { TCP_LIMITS } from '../dns/server/tcp.ts';
import type { Tools } from '../dns/upstream/exchange.ts';
import type { Log } from '../log.ts';
import type { Exception } from '../policy/exception.ts';
import type { Policy } from '../policy/policy.ts';

export async function startRecorder(
  database: string,
  { attempts }: Policy,
  log: Log,
  onExceptions: (exceptions: readonly Exception[]) => void,
  onIncidents: (changes: readonly IncidentChange[]) => void,
): Promise<Recorder> {
  const { createRecorder } = await import('../attempts/recorder.ts');
  return createRecorder({
    database,
    keep: attempts.keep,
    size: attempts.size,
    onProblem: ({ kind, message }) =>
      log(kind === 'recovered' ? 'info' : 'error', `attempts ${kind}`, { message }),
    onExceptions,
    onIncidents,
  });
}

export type RecordingParts = {
  readonly record: (attempt: Attempt) => void;
  readonly trail: Trail;
  readonly tools: Tools;
  readonly log: Log;
  readonly figures: Figures;
  /** Hears of every outcome, after its answer has left; `now` is in milliseconds since the epoch. */
  readonly onOutcome?: (outcome: Outcome, now: number) => void;
};

/** Joins an engine to the world: what it answers is recorded, what goes wrong is told. */
export function createAnswererMaker({
  record,
  trail,
  tools: { echoes },
  log,
  figures,
  onOutcome,
}: RecordingParts): (engine: Engine) => Answerer {
  const makeCookie = createCookieMaker();
  const sayLoop = createQuietly(60_000);
  return ({ resolve, clientOf, strangers }) =>
    createAnswerer({
      resolve,
      clientOf,
      strangers,
      echoes,
      makeCookie,
      now: Date.now,
      keepalive: TCP_LIMITS.idle / 100,
      onOutcome: (outcome, took) => {
        const now = Date.now();
        figures.count(outcome, took, now);
        const attempt = attemptOf(outcome, now) ?? trail.follow(outcome, now);
        if (attempt) record(attempt);
        onOutcome?.(outcome, now);
      },
      onLoop: ({ client, question: { name } }) => {
        const advice =
          'an upstream forwards to this resolver; correct its forwarders or resolver.upstreams';
        sayLoop(() => log('error', 'forwarding loop', { client, name, advice }));
      },
      onFault: (error, { question: { name } }) => {
        log('error', 'internal fault', { name, error: String((error as Error).stack ?? error) });
      },
    });
}

/** Lets a call through once in so many milliseconds: a loop is told, not a million times. */
function createQuietly(interval: number): (call: () => void) => void {
  let next = 0;
  return (call) => {
    if (Date.now() < next) return;
    next = Date.now() + interval;
    call();
  };
}
