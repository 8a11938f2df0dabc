import { decodeQuery } from '../dns/decode.ts';
import type { LoggedPacket } from '../firewall/log/packet.ts';
import { isObserved, judge } from '../policy/judge.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Ruleset, Verdict } from '../policy/ruleset.ts';
import type { ServiceId } from '../policy/service.ts';
import type { Answers, Lookup } from './answers.ts';
import type { Attempt, AttemptVerdict } from './attempt.ts';

export type PacketParts = {
  readonly ruleset: Ruleset;
  readonly answers: Pick<Answers, 'find'>;
  /** The names known to live at an address. */
  readonly namesAt: (address: Address) => readonly Name[];
  /** True for a client that was just refused a session name. */
  readonly isOnTrail: (client: Address, time: number) => boolean;
};

/** A name that a packet is about, and what the policy says of it for this client. */
type Named = { readonly name: Name; readonly verdict: Verdict };

/**
 * The attempt that a logged packet was, if it is to be recorded. Its rule is the rule set's entry, by the
 * id that `status` shows, since that decided; the name is the one this client was answered for, else a
 * blocked one that is known to live there.
 */
export function attemptOfPacket(packet: LoggedPacket, parts: PacketParts): Attempt | undefined {
  const { time, from, to, transport, port, entry } = packet;
  const isQuestion = /^TW-DNS\b/.test(entry);
  const looked = parts.answers.find(from, to, time);
  const named = isQuestion ? askedIn(packet, parts) : nameOf(packet, looked, parts);
  if (isQuestion && !isWanted(packet, named, parts)) return undefined;
  const rule = named && isAbout(named.verdict) ? named.verdict.rule : undefined;
  const service = rule?.service ?? serviceIn(entry, parts.ruleset);
  const lead = leadOf(to, looked, parts.ruleset);
  const verdict = verdictOn(packet, parts.ruleset);
  return {
    time,
    client: from,
    point: 'firewall',
    transport,
    ...(named ? { name: named.name } : {}),
    type: 'PACKET',
    destination: to,
    ...(port === undefined ? {} : { port }),
    ...(lead === undefined ? {} : { lead }),
    rule: entry,
    ...(service === undefined ? {} : { service }),
    ...(rule?.role === undefined ? {} : { role: rule.role }),
    verdict,
    answer: answerTo(packet, verdict, isQuestion),
  };
}

/**
 * A question to another resolver is led to ours, which records what it refuses; every phone that knows
 * its own resolver asks one. It is worth telling of whoever has just been refused, or asks for a session name.
 */
function isWanted({ from, time }: LoggedPacket, named: Named | undefined, parts: PacketParts) {
  if (parts.isOnTrail(from, time)) return true;
  return named !== undefined && isAbout(named.verdict) && named.verdict.rule.role === 'session';
}

/** The name asked for, if the policy is about it: what else somebody asks is nobody's business. */
function askedIn({ question, from }: LoggedPacket, { ruleset }: PacketParts): Named | undefined {
  const query = question && decodeQuery(question, from, 'udp');
  if (!query || 'kind' in query) return undefined;
  const { name } = query.question;
  const verdict = judge(ruleset, { client: from, name });
  return isAbout(verdict) ? { name, verdict } : undefined;
}

function nameOf(
  { from, to }: LoggedPacket,
  looked: Lookup,
  { ruleset, namesAt }: PacketParts,
): Named | undefined {
  const judged = (name: Name): Named => ({ name, verdict: judge(ruleset, { client: from, name }) });
  if (looked.kind === 'answered') return judged(looked.name);
  const known = namesAt(to)
    .map(judged)
    .filter(({ verdict }) => isAbout(verdict));
  const session = known.find(({ verdict }) => isAbout(verdict) && verdict.rule.role === 'session');
  return session ?? known[0] ?? (looked.kind === 'perhaps' ? judged(looked.name) : undefined);
}

/** True where the policy minds. */
function isAbout(verdict: Verdict): verdict is Exclude<Verdict, { kind: 'unmatched' }> {
  return verdict.kind !== 'unmatched' && verdict.kind !== 'allowed';
}

/** The refuser's addresses are in our own answers, which are no upstream's: nothing is known of those. */
function leadOf(to: Address, { kind }: Lookup, { refusal }: Ruleset): Attempt['lead'] {
  if (kind === 'perhaps' || refusal.addresses.includes(to)) return undefined;
  return kind;
}

/** Entries that refuse everybody, observed or not. */
const FOR_ALL = /^TW-(?:DNS|REFUSER)\b/;

function verdictOn({ entry, refused, from }: LoggedPacket, ruleset: Ruleset): AttemptVerdict {
  if (entry.startsWith('TW-WATCH')) return 'watched';
  if (FOR_ALL.test(entry)) return 'blocked';
  // A live set's entry is called the same where it only records.
  if (isObserved(ruleset, from)) return 'observed';
  return refused ? 'blocked' : 'watched';
}

function answerTo(
  { transport, refused }: LoggedPacket,
  verdict: AttemptVerdict,
  isQuestion: boolean,
): string {
  if (isQuestion && !refused) return 'captured';
  if (verdict !== 'blocked') return 'recorded';
  return transport === 'tcp' ? 'reset' : 'unreachable';
}

/** `TW-PORT-bore` and `TW-ADDR-cloudflare-tunnel-record-1.2` are a service's. */
function serviceIn(entry: string, { rules }: Ruleset): ServiceId | undefined {
  const text = /^TW-(?:PORT|ADDR)-([^.]+)/.exec(entry)?.[1];
  if (text === undefined) return undefined;
  const id = text.replace(/-1$/, '').replace(/-(?:record|pass)$/, '');
  return rules.find(({ service }) => service === id || service === text)?.service;
}
