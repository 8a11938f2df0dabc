import type { AttemptVerdict, Point, StoredAttempt } from '../../attempts/attempt.ts';
import type { Role } from '../../policy/service.ts';
import type { Tone } from '../line.ts';

export const VERDICT_TONES: Readonly<Record<AttemptVerdict, Tone>> = {
  blocked: 'plain',
  observed: 'warn',
  watched: 'note',
  sanctioned: 'good',
  excepted: 'good',
};

export const VERDICT_PHRASES: Readonly<Record<AttemptVerdict, string>> = {
  blocked: 'Blocked',
  observed: 'Not blocked, only recorded: blocking is not in force for it',
  watched: 'Watched: recorded, and not refused',
  excepted: 'Excepted: an exception allows it to this client for some time',
  sanctioned: 'Sanctioned: the way that the policy wants',
};

export const POINT_PHRASES: Readonly<Record<Point, string>> = {
  resolver: 'the resolver',
  gate: 'the gate, which reads the names in TLS',
  refuser: 'the refuser, where blocked names lead to',
  firewall: 'the packet filter',
};

/** What the client got, as the rest of a sentence that begins with it. */
const ANSWERS: Readonly<Record<string, string>> = {
  nxdomain: 'was told that there is no such name (NXDOMAIN)',
  nodata: 'was told that the name has no such record (NODATA)',
  refused: 'was told that this is not answered (REFUSED)',
  sinkhole: 'was given an address of ours instead (sinkhole)',
  answered: 'got the answer it wanted',
  failed: 'got nothing, as it failed',
  reset: 'had its connection reset',
  alert: 'was refused with a TLS alert',
  page: 'was shown a page that says why',
  disconnect: 'was disconnected with the reason (SSH)',
  passed: 'was let through',
  cut: 'was cut off on the way',
  unreachable: 'was told that nothing can be reached there',
  recorded: 'was let through and recorded',
  captured: 'was led to our resolver',
};

export function answerPhrase(answer: string): string {
  return ANSWERS[answer] ?? `got: ${answer}`;
}

/** Why a service's names of a role matter. */
const ROLES: Readonly<Record<Role, string>> = {
  session: 'its agents dial this to open a tunnel',
  endpoint: 'visitors of a tunnel use this; the client need not run an agent',
  support: 'agents need this, sanctioned ones as well',
  update: 'its agents fetch their updates there',
  download: 'its agent is downloaded there',
  admin: 'its accounts are kept there',
  bypass: 'its agents ask this when a resolver refuses them',
};

/** Entries of the packet filter, by the beginning of their ids. */
const ENTRIES: readonly (readonly [start: string, why: string])[] = [
  ['TW-DNS', 'questions to other resolvers than ours'],
  ['TW-DOT', 'DNS over TLS and QUIC, past our resolver'],
  ['TW-DOH', 'DNS over HTTPS at public resolvers, past our resolver'],
  ['TW-RESOLVER', 'public resolvers'],
  ['TW-DENY', 'an address where only blocked names live'],
  ['TW-SNI', 'an address that is shared with a sanctioned name, without that name'],
  ['TW-SHARED', 'an address that is shared with a sanctioned name, and no TLS'],
  ['TW-SSH', 'SSH to a front of blocked names'],
  ['TW-PORT', 'a port that only this service uses'],
  ['TW-ADDR', "the service's own addresses"],
  ['TW-NET', 'a network that the policy blocks'],
  ['TW-WATCH', 'what the policy only watches'],
  ['TW-REFUSER', 'what else goes to the refuser'],
];

/** What a rule is about, as far as its id and the attempt tell. */
export function ruleMeaning({ rule, service, role }: StoredAttempt): string | undefined {
  const entry = ENTRIES.find(([start]) => rule.startsWith(start));
  if (entry) return `the packet filter's entry for ${entry[1]}`;
  if (rule.startsWith('exception/')) return 'an exception made here for some time';
  if (rule.startsWith('ingress/')) return 'the sanctioned ingress';
  if (rule.startsWith('list/')) return 'a list of names that the policy takes in';
  if (service !== undefined && role !== undefined) return `${service}: ${ROLES[role]}`;
  if (rule.startsWith('bypass/') || role === 'bypass') return 'a way past our resolver';
  if (/^(?:block|watch|allow)\//.test(rule)) return 'a rule written in the policy';
  return undefined;
}

/** The group of clients that a rule is for, where its id tells one; else it is for everyone. */
export function audienceOf(rule: string): string {
  const group = /@([^@/]+)$/.exec(rule)?.[1] ?? /^TW-[^.]+\.(.+)$/.exec(rule)?.[1];
  return group === undefined ? 'everyone' : `the clients of "${group}"`;
}

/** What the client did, as a sentence without its subject: `asked for connect.example.com (A)`. */
export function deedOf(attempt: StoredAttempt, destination: string | undefined): string {
  const { point, name, type, transport } = attempt;
  const at = destination === undefined ? '' : ` at ${destination}`;
  const what = name ?? destination ?? 'an address nobody noted';
  switch (point) {
    case 'resolver':
      return `asked for ${name ?? 'the root'} (${type}, over ${transport.toUpperCase()})`;
    case 'gate':
    case 'refuser':
      return `connected to ${name === undefined ? what : `${name}${at}`} (${type === 'OTHER' ? 'no protocol we know' : type})`;
    case 'firewall':
      return `sent packets to ${name === undefined ? what : `${name}${at}`} (${transport.toUpperCase()})`;
  }
}
