import type { FallbackStep } from '../policy/service.ts';
import type { Attempt, StoredAttempt } from './attempt.ts';
import { destinationText } from './view.ts';

/** Milliseconds within which the next step of a story follows the last. */
export const STEP_GAP = 60_000;

export type Via = FallbackStep['via'];

/** The ways that have rule ids of their own: `ngrok/doh/dns.google`. */
const OF_RULE: ReadonlySet<string> = new Set<Via>(['dns', 'dot', 'doh', 'name', 'proxy']);

/** Ways on which an address says more than a name that is only said to live there. */
const OF_ADDRESS: ReadonlySet<Via> = new Set<Via>(['dns', 'dot', 'address', 'ssh', 'quic']);

/** What of an attempt tells its way, before or after repeats are folded. */
export type Traits = Pick<
  Attempt,
  | 'point'
  | 'role'
  | 'service'
  | 'rule'
  | 'verdict'
  | 'type'
  | 'name'
  | 'transport'
  | 'port'
  | 'lead'
>;

/**
 * The way round that an attempt was, as the catalogue calls the steps of an agent; undefined for what
 * is no agent's step, such as a visit to a tunnel's public name.
 */
export function viaOf(attempt: Traits): Via | undefined {
  const { point, role, service, rule, verdict } = attempt;
  if (verdict === 'sanctioned' || verdict === 'excepted') return undefined;
  if (role === 'bypass' && point !== 'firewall') {
    return service === undefined ? 'doh' : (viaInRule(rule) ?? 'file');
  }
  if (role !== undefined && role !== 'session' && role !== 'bypass') return undefined;
  switch (point) {
    case 'resolver':
      return role === 'session' ? 'system-dns' : undefined;
    case 'refuser':
      return viaAtRefuser(attempt);
    case 'gate':
      return viaAtGate(attempt);
    case 'firewall':
      return viaAtFirewall(attempt);
  }
}

/** What was tried on that way: a name, or `8.8.8.8:53`. */
export function whatOf(attempt: StoredAttempt, via: Via): string {
  const { name, type } = attempt;
  const destination = destinationText(attempt);
  return (OF_ADDRESS.has(via) ? (destination ?? name) : (name ?? destination)) ?? type;
}

function viaInRule(rule: string): Via | undefined {
  const part = rule.split('/')[1];
  return part !== undefined && OF_RULE.has(part) ? (part as Via) : undefined;
}

/** Who comes to the refuser has its address from our resolver: that is the same way to its end. */
function viaAtRefuser({ type, role }: Traits): Via {
  if (role === 'session') return 'system-dns';
  return type === 'SSH' ? 'ssh' : 'address';
}

function viaAtGate({ type, role, name }: Traits): Via {
  if (type === 'SSH') return 'ssh';
  if (role === 'session') return 'name';
  return type === 'TLS' && name !== undefined ? 'sni' : 'address';
}

function viaAtFirewall({ rule, port, transport, lead, role }: Traits): Via | undefined {
  const entry = /^TW-(?:DNS|DOT|DOH|RESOLVER)\b/.exec(rule)?.[0];
  if (port === 53 || entry === 'TW-DNS') return 'dns';
  if (port === 853 || entry === 'TW-DOT') return 'dot';
  if (entry !== undefined || role === 'bypass') return 'doh';
  if (port === 22) return 'ssh';
  if (port === 443 && transport === 'udp') return 'quic';
  return lead === 'answered' ? 'name' : 'address';
}
