import type { Answers } from '../attempts/answers.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { attemptOfPacket } from '../attempts/packet.ts';
import { systemClock } from '../clock.ts';
import {
  type FollowedLog,
  followLog,
  type LogProblem,
  type LogSpec,
} from '../firewall/log/follow.ts';
import type { Level, Log } from '../log.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import { ParseError } from '../policy/problem.ts';
import type { Ruleset } from '../policy/ruleset.ts';

/** Reads `nflog:5`, `pflog0`, `kmsg` or `file:/var/log/kern.log`. Throws ParseError. */
export function parseLogSpec(text: string): LogSpec {
  const group = /^nflog:(0|[1-9]\d{0,4})$/.exec(text)?.[1];
  if (group !== undefined && Number(group) <= 0xffff)
    return { kind: 'nflog', group: Number(group) };
  if (/^pflog\d{1,3}$/.test(text)) return { kind: 'pflog', link: text };
  if (text === 'kmsg') return { kind: 'kmsg' };
  if (/^file:./.test(text)) return { kind: 'file', path: text.slice('file:'.length) };
  throw new ParseError(
    `"${text}" is no firewall's log; write nflog:5, pflog0, kmsg or file:/var/log/kern.log`,
  );
}

export type FirewallLogParts = {
  readonly spec: LogSpec;
  /** The ruleset in force. */
  readonly ruleset: () => Ruleset;
  readonly record: (attempt: Attempt) => void;
  readonly answers: Pick<Answers, 'find'>;
  /** The names known to live at an address. */
  readonly namesAt: (address: Address) => readonly Name[];
  /** True for a client whose last step was just before `time` (milliseconds since the epoch). */
  readonly isOnTrail: (client: Address, time: number) => boolean;
  readonly log: Log;
};

const LEVELS: Readonly<Record<LogProblem['kind'], Level>> = {
  lost: 'error',
  recovered: 'info',
  unnamed: 'warn',
  hurried: 'warn',
};

/** Records what the packet filter logs from now on, until it is stopped. */
export function createFirewallLog(parts: FirewallLogParts): FollowedLog {
  const { spec, ruleset, record, log } = parts;
  return followLog(spec, {
    timers: systemClock,
    now: Date.now,
    onPacket: (packet) => {
      const attempt = attemptOfPacket(packet, { ...parts, ruleset: ruleset() });
      if (attempt) record(attempt);
    },
    onProblem: ({ kind, message }) => log(LEVELS[kind], `firewall log ${kind}`, { message }),
  });
}
