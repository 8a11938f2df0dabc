import type { Network } from './network.ts';
import type { NamePattern } from './pattern.ts';
import type { Place } from './problem.ts';

/**
 * What a name is to a service.
 *
 * - session: agents dial it to open a tunnel; what a blocked service loses
 * - endpoint: visitors of a tunnel use it
 * - support: sanctioned agents need it too (revocation lists); never blocked with the service
 * - update, download, admin: the agent's updates, where it is fetched, where accounts are kept
 * - bypass: what the agent asks when the resolver refuses it
 */
export const ROLES = [
  'session',
  'endpoint',
  'support',
  'update',
  'download',
  'admin',
  'bypass',
] as const;
export type Role = (typeof ROLES)[number];

export type ServiceId = string;

export type Transport = 'tcp' | 'udp';
export type Port = {
  readonly number: number;
  readonly last?: number;
  readonly transport: Transport;
};

/** How far a fact may be trusted: the vendor says so, someone saw it, or it follows from a pattern. */
export type Confidence = 'documented' | 'observed' | 'derived';

export type ServiceName = {
  readonly role: Role;
  readonly pattern: NamePattern;
  readonly confidence: Confidence;
  readonly note?: string;
  /** Labels known to stand for the pattern's `*`, for backends that cannot say "any label". */
  readonly known: readonly string[];
  readonly from: Place;
};

/** One step of what an agent tries when its session name is refused, in the order it tries. */
export type FallbackStep = {
  readonly via:
    | 'system-dns'
    | 'dns'
    | 'dot'
    | 'doh'
    | 'file'
    | 'name'
    | 'sni'
    | 'address'
    | 'ssh'
    | 'proxy'
    | 'quic';
  readonly names: readonly NamePattern[];
  readonly networks: readonly Network[];
  readonly ports: readonly Port[];
  readonly note?: string;
};

export type Source = { readonly title: string; readonly url?: string; readonly date: string };

/** One tunnel service as `rules/services/ID.yaml` describes it. */
export type TunnelService = {
  readonly id: ServiceId;
  readonly title: string;
  readonly kind: 'tunnel' | 'webhook' | 'overlay' | 'remote-access' | 'exfiltration';
  readonly summary: string;
  readonly homepage?: string;
  /** The day the names were last checked against the sources, `YYYY-MM-DD`. */
  readonly checked: string;
  readonly names: readonly ServiceName[];
  /** TLS server names its agents send that are not among the names they look up. */
  readonly sni: readonly NamePattern[];
  readonly ports: readonly Port[];
  /** Those of the ports that nothing else uses: the firewall refuses them towards every address. */
  readonly ownPorts: readonly Port[];
  /** Addresses the vendor publishes for its agents. */
  readonly networks: readonly Network[];
  readonly ssh: boolean;
  readonly fallback: readonly FallbackStep[];
  /** MITRE ATT&CK technique and software ids. */
  readonly attack: readonly string[];
  readonly sources: readonly Source[];
  readonly file: string;
};

/**
 * A way round the resolver that belongs to no tunnel service, as `rules/bypass/ID.yaml` describes it.
 * A signal is a name clients ask to learn whether this network wants them to use its resolver; a
 * resolver is a public one with its names and addresses.
 */
export type Bypass = {
  readonly id: string;
  readonly title: string;
  readonly kind: 'signal' | 'resolver';
  readonly summary: string;
  readonly checked: string;
  /** What its names get when blocked: never an address, which clients take for a yes. */
  readonly answer: 'nxdomain' | 'nodata';
  readonly names: readonly ServiceName[];
  readonly networks: readonly Network[];
  readonly ports: readonly Port[];
  readonly sources: readonly Source[];
  readonly file: string;
};

/**
 * A network whose addresses serve many customers each, as `rules/fronts/ID.yaml` describes it: what
 * lives at one of them cannot be told from its address.
 */
export type Front = {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly checked: string;
  readonly networks: readonly Network[];
  readonly sources: readonly Source[];
  readonly file: string;
};

export type Catalogue = {
  readonly services: ReadonlyMap<ServiceId, TunnelService>;
  readonly bypasses: ReadonlyMap<string, Bypass>;
  readonly fronts: ReadonlyMap<string, Front>;
};
