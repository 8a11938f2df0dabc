import type {
  Act,
  Incident,
  IncidentState,
  Severity,
  Way,
} from '../../attempts/incident/incident.ts';
import type { FactKind, FactSource } from '../../identity/fact.ts';
import type { Glyphs } from '../glyphs.ts';
import type { Tone } from '../line.ts';
import type { Known } from '../source.ts';

/** The ways of an incident in a word each. */
export const WAY_WORDS: Readonly<Record<Way, string>> = {
  'system-dns': 'DNS',
  dns: 'other DNS',
  dot: 'DoT',
  doh: 'DoH',
  file: 'file',
  name: 'name',
  sni: 'SNI',
  address: 'address',
  ssh: 'SSH',
  proxy: 'proxy',
  quic: 'QUIC',
  endpoint: 'visit',
  download: 'download',
  update: 'update',
  admin: 'account',
};

/** The ways in a few words, as the beginning of a sentence about what was tried. */
export const WAY_PHRASES: Readonly<Record<Way, string>> = {
  'system-dns': 'asked here for',
  dns: 'asked another resolver:',
  dot: 'asked over DNS-over-TLS:',
  doh: 'asked over DNS-over-HTTPS:',
  file: 'fetched a list of servers from',
  name: 'dialled the name',
  sni: 'dialled under the TLS name',
  address: 'dialled the address',
  ssh: 'dialled over SSH',
  proxy: 'went through a proxy to',
  quic: 'dialled over QUIC',
  endpoint: "visited a tunnel's public name",
  download: 'downloaded from',
  update: 'looked for updates at',
  admin: "opened the service's own pages at",
};

export const SEVERITY_TONES: Readonly<Record<Severity, Tone>> = {
  high: 'bad',
  medium: 'warn',
  low: 'note',
  info: 'dim',
};

const SEVERITY_LEVELS: Readonly<Record<Severity, number>> = { high: 7, medium: 4, low: 1, info: 0 };

/** A glyph that grows with the severity, and its word. */
export function severityText(severity: Severity, { levels }: Glyphs): string {
  return `${levels[SEVERITY_LEVELS[severity]]} ${severity}`;
}

/** The state in at most eight columns. */
export const STATE_WORDS: Readonly<Record<IncidentState, string>> = {
  new: 'new',
  reopened: 'reopened',
  acknowledged: 'acked',
  excepted: 'excepted',
  closed: 'closed',
};

export const STATE_TONES: Readonly<Record<IncidentState, Tone>> = {
  new: 'strong',
  reopened: 'warn',
  acknowledged: 'plain',
  excepted: 'note',
  closed: 'dim',
};

/** True where nobody has looked yet at what there is. */
export const isOpen = (state: IncidentState) => state === 'new' || state === 'reopened';

/** True where somebody should look: what only informs can wait for ever. */
export function needsLook({ state, severity }: Pick<Incident, 'state' | 'severity'>): boolean {
  return isOpen(state) && severity !== 'info';
}

/** What a person did, as the middle of a sentence: "ada acknowledged it". */
export const ACT_PHRASES: Readonly<Record<Act['kind'], string>> = {
  acknowledge: 'acknowledged it',
  close: 'closed it',
  reopen: 'reopened it',
  except: 'made an exception',
  note: 'noted',
  undo: 'took back',
};

export const FACT_WORDS: Readonly<Record<FactKind, string>> = {
  person: 'person',
  device: 'device',
  team: 'team',
  host: 'host name',
  mac: 'MAC',
  vendor: 'vendor',
};

export const SOURCE_WORDS: Readonly<Record<FactSource, string>> = {
  inventory: 'inventory',
  lease: 'DHCP lease',
  hosts: 'hosts file',
  'reverse-dns': 'reverse DNS',
  neighbour: 'neighbour table',
};

/** What a client is called: its label, else its address. */
export function callOf({ label }: Known, client: string): string {
  return label ?? client;
}

/** Its label with the address behind it, where both are known. */
export function fullCallOf({ label }: Known, client: string): string {
  return label === undefined || label === client ? client : `${label} (${client})`;
}

/** Said where a key would change something and nothing can be changed. */
export const READ_ONLY = 'Nothing can be changed here: this was started with --read-only.';

/** A number with its thousands set apart; from a million on, as `1.2M`. */
export function figure(count: number): string {
  if (count >= 1_000_000) return `${(count / 1_000_000).toFixed(1)}M`;
  return count >= 10_000 ? `${Math.round(count / 1000)}k` : String(count);
}

/** Where more would come from than an address; the one place that names it. */
export const IDENTITY_HINT =
  'What an inventory, DHCP leases, a hosts file or reverse DNS say of a client stands here with its source.';
