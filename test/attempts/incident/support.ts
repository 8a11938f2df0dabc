import type { Gain } from '../../../src/attempts/fold.ts';
import type {
  Act,
  Incident,
  IncidentFacts,
  Trials,
  Way,
} from '../../../src/attempts/incident/incident.ts';
import { listIncidents } from '../../../src/attempts/incident/query.ts';
import type { Database } from '../../../src/attempts/store.ts';
import { parseAddress } from '../../../src/policy/network.ts';
import { type Different, gain, NOON } from '../support.ts';

export const CLIENT = parseAddress('192.0.2.17');

/** Tries at noon, five of them, all refused, with what is written over it. */
export function trials(different: Partial<Trials> = {}): Trials {
  return { first: NOON, last: NOON, count: 5, passed: 0, ...different };
}

/** Facts of ngrok at noon. */
export function facts(
  ways: { readonly [W in Way]?: Partial<Trials> },
  different: Partial<IncidentFacts> = {},
): IncidentFacts {
  const all = Object.entries(ways).map(([way, some]) => [way as Way, trials(some)] as const);
  return {
    client: CLIENT,
    service: 'ngrok',
    first: Math.min(...all.map(([, { first }]) => first)),
    last: Math.max(...all.map(([, { last }]) => last)),
    ways: new Map(all),
    ...different,
  };
}

export function act(different: Partial<Act> & Pick<Act, 'id' | 'kind'>): Act {
  return { time: NOON, author: 'ada', severity: 'low', ...different };
}

/** Ways that attempts take, as the resolver, the gate and the packet filter see them. */
export const SEEN = {
  'system-dns': {},
  'system-dns, observed': { verdict: 'observed', answer: 'answered' },
  endpoint: { role: 'endpoint', verdict: 'watched', answer: 'answered' },
  download: { role: 'download' },
  sni: { point: 'gate', type: 'TLS', role: undefined, rule: 'TW-SNI', answer: 'reset' },
  doh: { role: 'bypass', rule: 'ngrok/doh/dns.google', verdict: 'watched', answer: 'answered' },
  'of no service': { role: 'bypass', service: undefined, rule: 'bypass/dns.google' },
  sanctioned: { verdict: 'sanctioned', answer: 'answered' },
} as const satisfies Record<string, Different>;

/** A gain seen in one of those ways. */
export function seen(
  how: keyof typeof SEEN,
  time: number,
  { count = 1, lasting = 0, ...different }: Different & { count?: number; lasting?: number } = {},
): Gain {
  return gain({ ...SEEN[how], ...different, time }, count, lasting);
}

/** All incidents that are kept, the newest first. */
export function allIncidents(db: Database): readonly Incident[] {
  return listIncidents(db, { loose: true }, 'newest', 1e6);
}
