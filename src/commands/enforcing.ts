import type { Attempt } from '../attempts/attempt.ts';
import { attemptOfConnection } from '../attempts/connection.ts';
import { systemClock } from '../clock.ts';
import type { Engine } from '../dns/engine.ts';
import { createHeartbeat, type Heartbeat } from '../firewall/sets/heartbeat.ts';
import type { Refusal } from '../gate/gate.ts';
import type { Log } from '../log.ts';
import type { Endpoint } from '../policy/endpoint.ts';
import type { Loaded } from '../policy/load.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import { destinationOf } from './destination.ts';
import type { Feed } from './feeding.ts';
import { startGating } from './gating.ts';
import { startRefusing } from './refusing.ts';

export type EnforcingFlags = {
  readonly gate?: readonly Endpoint[];
  readonly gateRefusal: Refusal;
  readonly refuser?: readonly Endpoint[];
  readonly refuserCertificate?: string;
  readonly refuserKey?: string;
  /** Whose packet filter is told that the gate is there. */
  readonly heartbeat?: Feed;
};

export type EnforcingParts = {
  readonly flags: EnforcingFlags;
  /** The policy in force. */
  readonly loaded: () => Loaded;
  readonly ruleset: () => Ruleset;
  readonly engine: () => Engine;
  readonly record: (attempt: Attempt) => void;
  readonly log: Log;
};

/** What enforces beside the resolver: the gate and the refuser. */
export type Enforcing = {
  /** Lets a ruleset that has come into force bear on what runs. */
  readonly review: () => void;
  readonly stop: () => Promise<void>;
};

/** Starts what the flags name. Throws CommandFailure with advice. */
export async function startEnforcing(parts: EnforcingParts): Promise<Enforcing> {
  const { flags, loaded, ruleset, engine, record, log } = parts;
  sayWhatDoesNotMeet(flags, loaded(), log);
  const heartbeat = createBeat(flags.heartbeat, log);
  const gating = flags.gate
    ? await startGating({
        ...{ ruleset, log },
        endpoints: flags.gate,
        refusal: flags.gateRefusal,
        policy: () => loaded().policy,
        clientOf: (peer) => engine().clientOf(peer),
        find: () => engine().find,
        onEvent: (event) => {
          const about = { point: 'gate', ruleset: ruleset(), ...event } as const;
          const attempt = attemptOfConnection(about, Date.now());
          if (attempt) record(attempt);
        },
        onState: (state) => heartbeat.turn(state === 'up'),
      })
    : undefined;
  const refusing = flags.refuser
    ? await startRefusing({
        ...{ ruleset, log, destinationOf },
        listen: flags.refuser,
        clientOf: (peer) => engine().clientOf(peer),
        titleOf: (service) => loaded().catalogue.services.get(service)?.title,
        certificateFile: flags.refuserCertificate,
        keyFile: flags.refuserKey,
        onEvent: (event) => {
          const attempt = attemptOfConnection({ point: 'refuser', ...event }, Date.now());
          if (attempt) record(attempt);
        },
      })
    : undefined;
  return {
    review: () => {
      gating?.review();
      refusing?.renew();
    },
    stop: async () => {
      // Fronts pass by the gate before it is gone.
      await heartbeat.turn(false);
      await gating?.stop();
      await refusing?.stop();
    },
  };
}

/** Tells the packet filter that the gate is there for as long as it is. */
type Beat = { readonly turn: (isOn: boolean) => Promise<void> };

function createBeat(feed: Feed | undefined, log: Log): Beat {
  let heartbeat: Heartbeat | undefined;
  return {
    turn: async (isOn) => {
      const before = heartbeat;
      heartbeat = undefined;
      await before?.stop();
      // pf sends no fronts to the gate: it could not tell that the gate is gone.
      if (!isOn || feed === undefined || feed === 'pf') return;
      heartbeat = createHeartbeat({
        ...{ feed, timers: systemClock },
        onEvent: (event) => {
          if (event.kind === 'beating') return log('info', 'fronts come to the gate');
          const { kind, message } = event;
          log(kind === 'lost' ? 'error' : 'info', 'fronts pass by the gate', { message });
        },
      });
      heartbeat.start();
    },
  };
}

/** The rule set and the flags name the same ports, or what one sends the other does not take. */
function sayWhatDoesNotMeet(flags: EnforcingFlags, { policy }: Loaded, log: Log): void {
  if (flags.gate && (flags.heartbeat === undefined || flags.heartbeat === 'pf')) {
    const message =
      'nobody tells the packet filter that the gate is there: give --feed nft or ipset';
    log('info', 'fronts pass by the gate', { message });
  }
  for (const what of ['gate', 'refuser'] as const) {
    const wanted = policy.firewall[what];
    const ports = flags[what]?.map(({ port }) => port);
    if (ports && wanted !== undefined && !ports.includes(wanted)) {
      const message = `firewall.${what} is ${wanted}, and --${what} listens elsewhere; make them one`;
      log('warn', `${what} port`, { message });
    }
    if (ports && wanted === undefined) {
      const message = `no rule set sends anything here: set firewall.${what}: ${ports[0]} in the policy and apply it`;
      log('warn', `${what} port`, { message });
    }
  }
}
