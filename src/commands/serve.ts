import { dirname, resolve as resolvePath } from 'node:path';
import { Command, Option } from 'commander';
import { attemptOf } from '../attempts/outcome.ts';
import type { Recorder } from '../attempts/recorder.ts';
import { systemClock } from '../clock.ts';
import type { Engine } from '../dns/engine.ts';
import { createEngines } from '../dns/engines.ts';
import { type Answerer, createAnswerer } from '../dns/server/answerer.ts';
import { createCookieMaker } from '../dns/server/cookie.ts';
import { listenAll } from '../dns/server/listeners.ts';
import { TCP_LIMITS } from '../dns/server/tcp.ts';
import { createEchoes } from '../dns/upstream/echo.ts';
import type { Tools } from '../dns/upstream/exchange.ts';
import { createRandom } from '../dns/upstream/random.ts';
import { createLog, type Log } from '../log.ts';
import {
  type Endpoint,
  formatEndpoint,
  formatUpstream,
  parseEndpoint,
  parseUpstream,
  type UpstreamAddress,
} from '../policy/endpoint.ts';
import { putInForce } from '../policy/in-force.ts';
import { type Loaded, loadPolicy } from '../policy/load.ts';
import { loadPolicyAside } from '../policy/load-aside.ts';
import type { Policy } from '../policy/policy.ts';
import { formatProblem, ParseError } from '../policy/problem.ts';
import { CommandFailure } from './failure.ts';
import { createFeeding, FEEDS, type Feed, PATIENCE } from './feeding.ts';
import { collecting, parsing, withPolicy } from './options.ts';
import { upstreamsOf } from './upstreams.ts';

type Flags = {
  readonly policy: string;
  readonly listen?: readonly Endpoint[];
  readonly upstream?: readonly UpstreamAddress[];
  readonly database?: string;
  readonly feed?: Feed;
  readonly feedWait: number;
};

export function serveCommand(): Command {
  return withPolicy(new Command('serve'))
    .description(
      'run the resolver and record attempts; SIGHUP reloads the policy, SIGTERM drains and ends',
    )
    .option(
      '-l, --listen <address:port>',
      'where questions come in (repeatable)',
      collecting((text) => parseEndpoint(text)),
    )
    .option(
      '-u, --upstream <address:port>',
      'resolver to ask (repeatable)',
      collecting(parseUpstream),
    )
    .option('-d, --database <file>', 'where attempts are kept')
    .addOption(
      new Option(
        '-f, --feed <firewall>',
        'put addresses into live sets before answers leave',
      ).choices(FEEDS),
    )
    .option(
      '--feed-wait <ms>',
      'how long an answer waits for the sets at most',
      parsing(parseWait),
      PATIENCE,
    )
    .action((flags: Flags) =>
      serve(
        flags,
        createLog(process.stderr, () => new Date()),
      ),
    );
}

async function serve(flags: Flags, log: Log): Promise<void> {
  // Taken from the first moment on, since what a signal does by default is to end the process.
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  // One after the other: the last signal's policy is the one that stays.
  let reloading = started;
  const onHangup = () => {
    reloading = reloading.then(() => reload());
  };
  process.on('SIGHUP', onHangup);

  let loaded = loadPolicy(flags.policy, Date.now());
  warn(loaded, log);
  const { policy } = loaded;
  const listen = flags.listen ?? policy.resolver.listen;
  const upstreamsFor = ({ resolver }: Policy) =>
    upstreamsOf(flags.upstream, resolver.upstreams, listen);
  const upstreams = upstreamsFor(policy);
  const inForce = putInForce(loaded, ({ digest }) => {
    log('info', 'timed rules looked at', { digest: shortDigest(digest) });
  });
  const tools: Tools = { random: createRandom(), clock: systemClock, echoes: createEchoes() };
  const feeding = flags.feed
    ? createFeeding({
        ...{ feed: flags.feed, patience: flags.feedWait, policy, log },
        ruleset: inForce.ruleset,
      })
    : undefined;
  const engines = createEngines(policy.resolver, upstreams, {
    ruleset: inForce.ruleset,
    tools,
    ...(feeding ? { prepare: feeding.prepare } : {}),
  });
  // The sets are filled before the first question is answered.
  await feeding?.start(() => engines.current().find);
  const database = flags.database ?? resolvePath(dirname(flags.policy), policy.attempts.database);
  const recorder = await startRecorder(database, policy, log);
  const answererOf = createAnswererMaker(recorder, tools, log);
  let answerer = answererOf(engines.current());

  const listeners = await listenAll(listen, () => answerer, {
    onListening: (endpoint) => log('info', 'listening', { address: formatEndpoint(endpoint) }),
    onUnavailable: (endpoint, { message }) =>
      log('warn', 'not listening', { address: formatEndpoint(endpoint), message }),
  }).catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailure(listenAdvice(error), { cause: error });
  });

  const reload = async () => {
    try {
      const next = await loadPolicyAside(flags.policy, Date.now());
      // Where this fails, nothing has changed yet.
      engines.replace(next.policy.resolver, upstreamsFor(next.policy));
      inForce.replace(next);
      feeding?.replace(next.policy);
      answerer = answererOf(engines.current());
      warn(next, log);
      sayWhatNeedsARestart(loaded.policy, next.policy, log);
      loaded = next;
      const { digest, rules } = next.ruleset;
      log('info', 'reloaded', { digest: shortDigest(digest), rules: rules.length });
    } catch (error) {
      const faults = error instanceof Error ? error.message.split('\n') : [String(error)];
      log('error', 'reload refused, the old policy stays in force', { faults });
    }
  };

  // Kept to the end: npm and `timeout` pass on a signal that has come by itself as well, and its
  // default would cut the ending short. It takes a few seconds at most.
  const ended = new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => resolve(name));
  });
  start();
  const { digest, rules, mode } = loaded.ruleset;
  log('info', 'ready', {
    policy: flags.policy,
    digest: shortDigest(digest),
    rules: rules.length,
    mode,
    upstreams: upstreams.map(formatUpstream).join(' '),
    database,
  });
  log('info', 'stopping', { signal: await ended });
  // Not left to its default, which would end the process before everything is stored.
  process.off('SIGHUP', onHangup).on('SIGHUP', () => {});
  inForce.stop();
  await listeners.stop();
  feeding?.stop();
  engines.close();
  await recorder.close();
  log('info', 'stopped', { ...recorder.stats() });
}

async function startRecorder(database: string, { attempts }: Policy, log: Log): Promise<Recorder> {
  const { createRecorder } = await import('../attempts/recorder.ts');
  return createRecorder({
    database,
    keep: attempts.keep,
    size: attempts.size,
    onProblem: ({ kind, message }) =>
      log(kind === 'recovered' ? 'info' : 'error', `attempts ${kind}`, { message }),
  });
}

/** Joins an engine to the world: what it answers is recorded, what goes wrong is told. */
function createAnswererMaker(
  recorder: Recorder,
  { echoes }: Tools,
  log: Log,
): (engine: Engine) => Answerer {
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
      onOutcome: (outcome) => {
        const attempt = attemptOf(outcome, Date.now());
        if (attempt) recorder.record(attempt);
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

/** Milliseconds in whole numbers. Throws ParseError. */
function parseWait(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new ParseError(`"${text}" is not a number of milliseconds; write one below 10000`);
}

const shortDigest = (digest: string) => digest.slice(0, 12);

function warn({ warnings }: Loaded, log: Log): void {
  for (const problem of warnings) log('warn', 'policy', { message: formatProblem(problem) });
}

function sayWhatNeedsARestart(before: Policy, after: Policy, log: Log): void {
  const fixed = ({ resolver: { listen, cache }, attempts }: Policy) =>
    JSON.stringify([listen, cache, attempts]);
  if (fixed(before) === fixed(after)) return;
  log('warn', 'restart needed', {
    message: 'resolver.listen, resolver.cache and attempts take effect at the next start',
  });
}

function listenAdvice({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EACCES') {
    return `cannot listen: ${message}; ports below 1024 need root or CAP_NET_BIND_SERVICE, or choose another with --listen`;
  }
  if (code === 'EADDRINUSE') {
    return `cannot listen: ${message}; another program has the port (ss -lnup shows which), or choose another with --listen`;
  }
  if (code === 'EADDRNOTAVAIL')
    return `cannot listen: ${message}; this machine does not have that address`;
  return `cannot listen: ${message}`;
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
