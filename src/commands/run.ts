import { dirname, resolve as resolvePath } from 'node:path';
import type { Attempt } from '../attempts/attempt.ts';
import { createFigures } from '../attempts/figures.ts';
import type { ServiceState } from '../attempts/note.ts';
import { createTrail } from '../attempts/trail.ts';
import { systemClock } from '../clock.ts';
import { createEngines } from '../dns/engines.ts';
import { listenAll } from '../dns/server/listeners.ts';
import { createEchoes } from '../dns/upstream/echo.ts';
import type { Tools } from '../dns/upstream/exchange.ts';
import { createRandom } from '../dns/upstream/random.ts';
import type { LogSpec } from '../firewall/log/follow.ts';
import type { Log } from '../log.ts';
import {
  type Endpoint,
  formatEndpoint,
  formatUpstream,
  type UpstreamAddress,
} from '../policy/endpoint.ts';
import { putInForce } from '../policy/in-force.ts';
import { type Loaded, loadPolicy } from '../policy/load.ts';
import { loadPolicyAside } from '../policy/load-aside.ts';
import type { Policy } from '../policy/policy.ts';
import { formatProblem } from '../policy/problem.ts';
import { version } from '../version.ts';
import { startAlerting } from './alerting.ts';
import { type Enforcing, type EnforcingFlags, startEnforcing } from './enforcing.ts';
import { createExcepting, readExceptions } from './excepting.ts';
import { CommandFailure } from './failure.ts';
import { createFeeding, type Feed, type Feeding } from './feeding.ts';
import { startIdentifying } from './identifying.ts';
import { createPresence } from './presence.ts';
import { createAnswererMaker, startRecorder } from './recording.ts';
import { upstreamsOf } from './upstreams.ts';
import { startWatching } from './watching.ts';

export type ServiceFlags = EnforcingFlags & {
  readonly program: ServiceState['program'];
  readonly policy: string;
  /** Where questions come in; the policy's where left out. */
  readonly listen?: readonly Endpoint[];
  readonly upstream?: readonly UpstreamAddress[];
  readonly database?: string;
  readonly feed?: Feed;
  readonly feedWait: number;
  readonly firewallLog?: LogSpec;
};

/**
 * What `serve` and `gate` have in common: runs until SIGTERM or SIGINT, and takes over the policy anew at
 * SIGHUP. Throws CommandFailure, and InputError of the policy.
 */
export async function runService(flags: ServiceFlags, told: Log): Promise<void> {
  const presence = createPresence(flags.program, told, Date.now);
  const { log } = presence;
  const self = {
    program: flags.program,
    version: version(),
    pid: process.pid,
    started: Date.now(),
  };
  // Taken from the first moment on, since what a signal does by default is to end the process.
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  // One after the other: the last signal's policy is the one that stays.
  let reloading = started;
  const onHangup = () => {
    reloading = reloading.then(() => reload());
  };
  process.on('SIGHUP', onHangup);

  let feeding: Feeding | undefined;
  let enforcing: Enforcing | undefined;
  /** Lets a ruleset that has come into force bear on what runs. */
  const review = (): void => {
    feeding?.review();
    enforcing?.review();
  };
  let loaded = loadPolicy(flags.policy, Date.now());
  warn(loaded, log);
  const { policy } = loaded;
  const listen = flags.listen ?? policy.resolver.listen;
  const upstreamsFor = ({ resolver }: Policy) =>
    upstreamsOf(flags.upstream, resolver.upstreams, listen);
  const upstreams = upstreamsFor(policy);
  const inForce = putInForce(loaded, ({ digest }) => {
    log('info', 'timed rules looked at', { digest: shortDigest(digest) });
    review();
  });
  const except = createExcepting({ inForce, log, review });
  const database = flags.database ?? resolvePath(dirname(flags.policy), policy.attempts.database);
  except(await readExceptions(database, log));
  const identifying = await startIdentifying({
    ...{ policy, log, upstreamsOf: upstreamsFor },
    find: () => engines.current().find,
    note: (note) => recorder.note(note),
  });
  const alerting = startAlerting({ policy, log, known: identifying.known });
  const tools: Tools = { random: createRandom(), clock: systemClock, echoes: createEchoes() };
  feeding = flags.feed
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
  const recorder = await startRecorder(database, policy, log, except, alerting.note);
  const trail = createTrail({ services: () => loaded.catalogue.services });
  const record = (attempt: Attempt) => {
    trail.note(attempt);
    recorder.record(attempt);
    identifying.want(attempt.client);
  };
  enforcing = await startEnforcing({
    ...{ flags, record, log, loaded: () => loaded },
    ruleset: inForce.ruleset,
    engine: engines.current,
  });
  const watching = flags.firewallLog
    ? startWatching({
        ...{ spec: flags.firewallLog, record, trail, log, policy: () => loaded.policy },
        ruleset: inForce.ruleset,
        ...(feeding ? { namesAt: feeding.namesAt } : {}),
      })
    : undefined;
  const figures = createFigures();
  const answererOf = createAnswererMaker({
    ...{ record, trail, tools, log, figures },
    ...(watching ? { onOutcome: watching.onOutcome } : {}),
  });
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
      // Where one of these fails, nothing has changed yet.
      const nextUpstreams = upstreamsFor(next.policy);
      const identifyAnew = await identifying.prepare(next.policy);
      engines.replace(next.policy.resolver, nextUpstreams);
      inForce.replace(next);
      feeding?.replace(next.policy);
      identifyAnew();
      alerting.replace(next.policy);
      sayWhatNeedsARestart(loaded.policy, next.policy, log);
      loaded = next;
      review();
      answerer = answererOf(engines.current());
      warn(next, log);
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
  presence.start({
    ...{ note: recorder.note, figures },
    state: () => {
      const { digest, rules, mode } = inForce.ruleset();
      const { organisation } = loaded.policy;
      const { dropped } = recorder.stats();
      const policy = { policy: flags.policy, organisation: organisation.name, digest, mode };
      return { ...self, ...policy, rules: rules.length, dropped };
    },
  });
  log('info', 'stopping', { signal: await ended });
  // Not left to its default, which would end the process before everything is stored.
  process.off('SIGHUP', onHangup).on('SIGHUP', () => {});
  inForce.stop();
  await Promise.all([listeners.stop(), enforcing?.stop(), watching?.stop()]);
  feeding?.stop();
  identifying.stop();
  engines.close();
  presence.stop();
  await recorder.close();
  // Last, as what was stored just now may have begun an incident.
  await alerting.stop();
  log('info', 'stopped', { ...recorder.stats() });
}

const shortDigest = (digest: string) => digest.slice(0, 12);

function warn({ warnings }: Loaded, log: Log): void {
  for (const problem of warnings) log('warn', 'policy', { message: formatProblem(problem) });
}

function sayWhatNeedsARestart(before: Policy, after: Policy, log: Log): void {
  const fixed = ({ resolver: { listen, cache }, attempts, firewall: { transparent } }: Policy) =>
    JSON.stringify([listen, cache, attempts, transparent]);
  if (fixed(before) === fixed(after)) return;
  log('warn', 'restart needed', {
    message:
      'firewall.transparent, resolver.listen, resolver.cache and attempts take effect at the next start',
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
