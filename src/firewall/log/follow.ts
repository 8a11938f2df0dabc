import type { Timers } from '../sets/tables.ts';
import { followCapture } from './capture.ts';
import { followFile } from './file.ts';
import { createIntake, type Tally } from './intake.ts';
import { followKmsg } from './kmsg.ts';
import type { LoggedPacket } from './packet.ts';
import { createPfIntake } from './pf-rules.ts';
import type { Source, SourceParts } from './source.ts';

/** Where a firewall's log is. */
export type LogSpec =
  /** A group of netfilter's log. */
  | { readonly kind: 'nflog'; readonly group: number }
  /** An interface of pf's log: `pflog0`. */
  | { readonly kind: 'pflog'; readonly link: string }
  /** The kernel's own log. */
  | { readonly kind: 'kmsg' }
  /** A file with lines of the kernel, or a capture. */
  | { readonly kind: 'file'; readonly path: string };

export type FollowParts = {
  readonly onPacket: (packet: LoggedPacket) => void;
  readonly onProblem: (problem: LogProblem) => void;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/**
 * `lost`: nothing is read until `recovered`; each is told once. `unnamed`: what is read cannot be said under
 * the ids of its rules. `hurried`: more came than was looked at; told once a minute at most.
 */
export type LogProblem = {
  readonly kind: 'lost' | 'recovered' | 'unnamed' | 'hurried';
  readonly message: string;
};

export type FollowedLog = {
  readonly stop: () => Promise<void>;
  readonly tally: () => Tally;
};

/** Milliseconds between two looks at whether anything was passed over. */
const MINUTE = 60_000;

/** Follows a log from now on, whatever happens to it: what was logged before is not read. */
export function followLog(spec: LogSpec, parts: FollowParts): FollowedLog {
  const { onPacket, onProblem, timers, now } = parts;
  const intake = createIntake(onPacket, timers.now);
  const pf = createPfIntake({
    intake,
    timers,
    onFault: (message) =>
      onProblem({
        kind: 'unnamed',
        message: `pf logs numbers of rules, and what they are called cannot be read (${message}); run as root where pfctl is`,
      }),
  });
  const source = follow(spec, { intake, pf, timers, now, onState: createTeller(onProblem) });

  let before = 0;
  let cancel = timers.after(MINUTE, sayHurry);
  function sayHurry(): void {
    const { passedOver } = intake.tally();
    if (passedOver > before) {
      const message = `${passedOver - before} records of the last minute were not looked at: too many came at once`;
      onProblem({ kind: 'hurried', message });
    }
    before = passedOver;
    cancel = timers.after(MINUTE, sayHurry);
  }

  return {
    tally: intake.tally,
    stop: async () => {
      cancel();
      await source.stop();
    },
  };
}

function follow(spec: LogSpec, parts: SourceParts): Source {
  switch (spec.kind) {
    case 'nflog':
      return followCapture(`nflog:${spec.group}`, parts);
    case 'pflog':
      return followCapture(spec.link, parts);
    case 'kmsg':
      return followKmsg(parts);
    case 'file':
      return followFile(spec.path, parts);
  }
}

/** Tells a loss once, and its end where there was one. */
function createTeller(onProblem: FollowParts['onProblem']): SourceParts['onState'] {
  let isLost = false;
  return (fault) => {
    if (fault !== undefined && !isLost) onProblem({ kind: 'lost', message: fault });
    if (fault === undefined && isLost)
      onProblem({ kind: 'recovered', message: 'it is read again' });
    isLost = fault !== undefined;
  };
}
