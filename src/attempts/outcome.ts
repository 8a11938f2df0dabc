import { RCODE, typeName } from '../dns/constants.ts';
import type { Outcome } from '../dns/message.ts';
import { isSignal } from '../policy/judge.ts';
import { type Attempt, verdictOfAllowed } from './attempt.ts';

/**
 * The attempt that a question was, if it is to be recorded. A signal is none, as every browser sends
 * it; what is allowed is none, but for the ingress and for exceptions: who uses them is worth knowing.
 * `time` is in milliseconds since the epoch.
 */
export function attemptOf(outcome: Outcome, time: number): Attempt | undefined {
  const { query, verdict, via } = outcome;
  if (verdict.kind === 'unmatched' || isSignal(verdict.rule)) return undefined;
  const kept = verdict.kind === 'allowed' ? verdictOfAllowed(verdict.rule) : verdict.kind;
  if (kept === undefined) return undefined;
  const { id: rule, service, role } = verdict.rule;
  return {
    time,
    client: query.client,
    point: 'resolver',
    transport: query.transport,
    name: query.question.name,
    type: typeName(query.question.type),
    ...(via ? { via: 'name' in via ? via.name : via.address } : {}),
    rule,
    ...(service === undefined ? {} : { service }),
    ...(role === undefined ? {} : { role }),
    verdict: kept,
    answer: answerWord(outcome),
  };
}

/** What the client got, in the words of the policy. */
export function answerWord({ reply, verdict }: Outcome): string {
  if (reply.rcode === RCODE.NXDOMAIN) return 'nxdomain';
  if (reply.rcode === RCODE.REFUSED) return 'refused';
  if (reply.rcode !== RCODE.NOERROR) return 'failed';
  if (reply.sections.answers === 0) return 'nodata';
  return verdict.kind === 'blocked' ? 'sinkhole' : 'answered';
}
