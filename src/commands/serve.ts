import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, resolve as resolvePath } from 'node:path';
import { Command } from 'commander';
import { attemptOf } from '../attempts/outcome.ts';
import type { Recorder } from '../attempts/recorder.ts';
import { systemClock } from '../clock.ts';
import { createCache } from '../dns/cache.ts';
import { createEngine, type Engine } from '../dns/engine.ts';
import { createAnswerer } from '../dns/server/answerer.ts';
import { createCookieMaker } from '../dns/server/cookie.ts';
import { listenAll } from '../dns/server/listeners.ts';
import { TCP_LIMITS } from '../dns/server/tcp.ts';
import { createEchoes } from '../dns/upstream/echo.ts';
import type { Tools } from '../dns/upstream/exchange.ts';
import { createRandom } from '../dns/upstream/random.ts';
import { createLog, type Log } from '../log.ts';
import { compile } from '../policy/compile.ts';
import {
  type Endpoint,
  formatEndpoint,
  formatUpstream,
  parseEndpoint,
  parseUpstream,
  type UpstreamAddress,
} from '../policy/endpoint.ts';
import { type Loaded, loadPolicy } from '../policy/load.ts';
import { loadPolicyAside } from '../policy/load-aside.ts';
import { parseAddress } from '../policy/network.ts';
import type { Policy } from '../policy/policy.ts';
import { formatProblem } from '../policy/problem.ts';
import { CommandFailure } from './failure.ts';
import { collecting, withPolicy } from './options.ts';
import { systemUpstreams } from './system-upstreams.ts';

type Flags = {
  readonly policy: string;
  readonly listen?: readonly Endpoint[];
  readonly upstream?: readonly UpstreamAddress[];
  readonly database?: string;
};

export function serveCommand(): Command {
  return withPolicy(new Command('serve'))
    .description(
      'run the resolver and record attempts; SIGHUP reloads the policy, SIGTERM drains and ends',
    )
    .option(
      '-l, --listen <address:port>',
      'where questions come in (repeatable)',
      collecting(parseEndpoint1),
    )
    .option(
      '-u, --upstream <address:port>',
      'resolver to ask (repeatable)',
      collecting(parseUpstream),
    )
    .option('-d, --database <file>', 'where attempts are kept')
    .action((flags: Flags) =>
      serve(
        flags,
        createLog(process.stderr, () => new Date()),
      ),
    );
}

const parseEndpoint1 = (text: string) => parseEndpoint(text);

/** Milliseconds an old engine lives on after a reload: longer than any question takes. */
const OVERLAP = 6_000;
/** Milliseconds a timer can hold; a later end is looked at again then. */
const LONGEST_TIMER = 2 ** 31 - 1;

async function serve(flags: Flags, log: Log): Promise<void> {
  // Taken from the first moment on, since what a signal does by default is to end the process.
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  // One after the other: the last signal's policy is the one that stays.
  let reloading = started;
  const onHangup = () => {
    reloading = reloading.then(() => reload());
  };
  process.on('SIGHUP', onHangup);

  const { createRecorder } = await import('../attempts/recorder.ts');
  let loaded = loadPolicy(flags.policy, Date.now());
  warn(loaded, log);
  const { policy } = loaded;
  const listen = flags.listen ?? policy.resolver.listen;
  const tools: Tools = { random: createRandom(), clock: systemClock, echoes: createEchoes() };
  const cache = createCache(policy.resolver.cache);
  const engineOf = ({
    resolver,
  }: Policy): { engine: Engine; upstreams: readonly UpstreamAddress[] } => {
    const upstreams = upstreamsOf(flags, resolver.upstreams, listen);
    const parts = { ruleset: () => loaded.ruleset, cache, tools };
    return { engine: createEngine(resolver, upstreams, parts), upstreams };
  };
  let { engine, upstreams } = engineOf(policy);

  const database = flags.database ?? resolvePath(dirname(flags.policy), policy.attempts.database);
  const recorder: Recorder = createRecorder({
    database,
    keep: policy.attempts.keep,
    size: policy.attempts.size,
    onProblem: ({ kind, message }) =>
      log(kind === 'recovered' ? 'info' : 'error', `attempts ${kind}`, { message }),
  });
  const makeCookie = createCookieMaker();
  const seenLoops = createQuietly(60_000);
  const answererOf = ({ resolve, clientOf, strangers }: Engine) =>
    createAnswerer({
      resolve,
      clientOf,
      strangers,
      echoes: tools.echoes,
      makeCookie,
      now: Date.now,
      keepalive: TCP_LIMITS.idle / 100,
      onOutcome: (outcome) => {
        const attempt = attemptOf(outcome, Date.now());
        if (attempt) recorder.record(attempt);
      },
      onLoop: ({ client, question }) =>
        seenLoops(() =>
          log('error', 'forwarding loop', {
            client,
            name: question.name,
            advice:
              'an upstream forwards to this resolver; correct its forwarders or resolver.upstreams',
          }),
        ),
      onFault: (error, { question }) => {
        log('error', 'internal fault', {
          name: question.name,
          error: String((error as Error).stack ?? error),
        });
      },
    });
  let answerer = answererOf(engine);

  const listeners = await listenAll(listen, () => answerer, {
    onListening: (endpoint) => log('info', 'listening', { address: formatEndpoint(endpoint) }),
    onUnavailable: (endpoint, { message }) =>
      log('warn', 'not listening', { address: formatEndpoint(endpoint), message }),
  }).catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailure(listenAdvice(error), { cause: error });
  });

  let expiry: NodeJS.Timeout | undefined;
  /** Timed rules end by themselves: the same policy is compiled again at that instant. */
  const scheduleExpiry = () => {
    clearTimeout(expiry);
    const { expires } = loaded.ruleset;
    if (expires === undefined) return;
    const wait = Math.min(LONGEST_TIMER, Math.max(0, expires - Date.now()));
    expiry = setTimeout(() => {
      const { catalogue, lists } = loaded;
      loaded = { ...loaded, ...compile(loaded.policy, catalogue, lists, Date.now()) };
      log('info', 'timed rules looked at', { digest: loaded.ruleset.digest.slice(0, 12) });
      scheduleExpiry();
    }, wait).unref();
  };
  scheduleExpiry();

  /** Engines of policies before a reload, which still have questions under way. */
  const retired = new Set<Engine>();
  const retire = (old: Engine) => {
    retired.add(old);
    setTimeout(() => {
      if (retired.delete(old)) old.close();
    }, OVERLAP).unref();
  };
  const reload = async () => {
    try {
      const next = await loadPolicyAside(flags.policy, Date.now());
      // Made first: where this fails, nothing has changed yet.
      const made = engineOf(next.policy);
      const before = loaded;
      loaded = next;
      retire(engine);
      ({ engine, upstreams } = made);
      answerer = answererOf(engine);
      // What other resolvers said is not what these would say.
      if (routesOf(before.policy) !== routesOf(next.policy)) cache.clear();
      warn(next, log);
      sayWhatNeedsARestart(before.policy, next.policy, log);
      log('info', 'reloaded', {
        digest: next.ruleset.digest.slice(0, 12),
        rules: next.ruleset.rules.length,
      });
      scheduleExpiry();
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
  log('info', 'ready', {
    policy: flags.policy,
    digest: loaded.ruleset.digest.slice(0, 12),
    rules: loaded.ruleset.rules.length,
    mode: loaded.ruleset.mode,
    upstreams: upstreams.map(formatUpstream).join(' '),
    database,
  });
  log('info', 'stopping', { signal: await ended });
  // Not left to its default, which would end the process before everything is stored.
  process.off('SIGHUP', onHangup).on('SIGHUP', () => {});
  clearTimeout(expiry);
  await listeners.stop();
  for (const each of [engine, ...retired]) each.close();
  retired.clear();
  await recorder.close();
  log('info', 'stopped', { ...recorder.stats() });
}

function warn({ warnings }: Loaded, log: Log): void {
  for (const problem of warnings) log('warn', 'policy', { message: formatProblem(problem) });
}

function upstreamsOf(
  flags: Flags,
  written: readonly UpstreamAddress[],
  listen: readonly Endpoint[],
): readonly UpstreamAddress[] {
  if (flags.upstream) return flags.upstream;
  if (written.length > 0) return written;
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => parseAddress(address));
  const found = systemUpstreams(readIfThere('/etc/resolv.conf'), listen, own);
  if (found.length > 0) return found;
  throw new CommandFailure(
    'there is no resolver to ask: /etc/resolv.conf names none but this one; ' +
      'set resolver.upstreams in the policy or give --upstream ADDR:PORT',
  );
}

/** A file's text; none where it is not there. */
function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function routesOf({ resolver }: Policy): string {
  return JSON.stringify([resolver.upstreams, resolver.forward]);
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
