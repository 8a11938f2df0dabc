import type { FirewallSettings } from '../policy/firewall.ts';
import type { Name } from '../policy/name.ts';
import type { Address, Network } from '../policy/network.ts';
import type { NamePattern } from '../policy/pattern.ts';
import type { Action, Organisation, RefusalAnswer } from '../policy/ruleset.ts';
import type { Port, Role, ServiceId } from '../policy/service.ts';

/**
 * What a backend can decide by. `wildcard` is a `*` in the middle of a name; `scope` the difference
 * between one name and all below it; `packets` everything of `Plan.packets`; `networks` static
 * addresses of the policy and the catalogue, where a file of addresses is all it takes; `liveness` that
 * connections go to a gate only as long as it says that it is there.
 */
export type Facet =
  | 'dns-name'
  | 'tls-name'
  | 'wildcard'
  | 'exact'
  | 'exception'
  | 'answer'
  | 'watch'
  | 'networks'
  | 'packets'
  | 'liveness';

/** Who looks at TLS server names on shared addresses. */
export type SniMeans = 'gate' | 'kernel';

/** Something that a backend is asked for and cannot enforce, with the part of us that covers it. */
export type Gap = { readonly about: string; readonly text: string };

/** A sanctioned name at an address that a rule would block: the rule is not made. */
export type Collision = {
  readonly address: Address;
  readonly sanctioned: readonly Name[];
  /** Blocked names that live there as well, or the ids of the rules that would block it. */
  readonly blocked: readonly string[];
};

/** What a rule says of a name, for every client; at most one for each name and scope. */
export type NameEntry = {
  /** The rule's id; a list's with the name behind it. */
  readonly id: string;
  readonly pattern: NamePattern;
  readonly action: Action;
  /** What a refused question gets; meaningless for other actions. */
  readonly answer: RefusalAnswer;
  readonly reason: string;
  readonly service?: ServiceId;
  readonly role?: Role;
};

/** Addresses under a name that both families' sets of a dialect derive theirs from. */
export type AddressSet = {
  /** Lower case letters, digits and underscores, at most 20 characters: `deny`, `deny_guests`, `net_1f2e3d4c`. */
  readonly id: string;
  /** Live sets are filled by the resolver while it runs, with timeouts; others are part of the file. */
  readonly live: boolean;
  /** Sorted, IPv4 before IPv6; single addresses only where live; never a /0. */
  readonly networks: readonly Network[];
  /** What lives there, in a few words. */
  readonly note: string;
};

/**
 * What becomes of a packet that an entry is about.
 *
 * - refuse: TCP gets a reset, all else an ICMP error; logged
 * - record: logged, then as if the entry were not there
 * - pass: no later entry is asked
 * - look: the TLS server name decides: one that is allowed passes; `otherwise` is for the rest. A gate
 *   gets those that are refused otherwise by its lane `shared`, whether it is there or not; those that
 *   pass otherwise by its lane `fronts`, and only while it says that it is there
 */
export type Deed =
  | { readonly kind: 'refuse' | 'record' | 'pass' }
  | { readonly kind: 'look'; readonly otherwise: 'refuse' | 'pass' };

export type PacketEntry = {
  /** Stable, for logs and counters: `TW-DENY`, `TW-NET-1f2e3d4c`; with `.AUDIENCE` where it is not everyone's. At most 40 characters of [A-Za-z0-9.-]. */
  readonly id: string;
  /** A set's id, or every address of these families. */
  readonly to: { readonly set: string } | { readonly families: readonly (4 | 6)[] };
  /** Empty is every protocol and port. */
  readonly ports: readonly Port[];
  /** True where the exempt machines (`dnsok`) are left alone, as the sender or the receiver. */
  readonly sparesExempt: boolean;
  readonly deed: Deed;
  /** For comments: what it is for, in one line. */
  readonly note: string;
};

/**
 * Clients of which the policy says the same. Entries are asked in order, and the first that is about
 * a packet decides, but for `record`, which is passed on.
 */
export type Audience = {
  /** `everyone`, or what its clients are called: lower case letters, digits and underscores, at most 12 characters. */
  readonly id: string;
  /** None for `everyone`. */
  readonly networks: readonly Network[];
  readonly entries: readonly PacketEntry[];
};

/** What a packet filter does, in no dialect. Applies to packets that come in by `settings.lan`. */
export type PacketPlan = {
  /** The narrowest networks first: the first that holds a client names its audience. */
  readonly dispatch: readonly { readonly network: Network; readonly audience: string }[];
  /** The last is `everyone`. */
  readonly audiences: readonly Audience[];
  /** Each set once, in order of use. `dnsok` is among them where it is needed. */
  readonly sets: readonly AddressSet[];
  /**
   * Port 53 of whoever is not exempt goes to these; none is the gateway itself. A family that none of
   * them is of is refused, as `TW-DNS`: its questions can be led nowhere. Undefined: no capture.
   */
  readonly capture?: { readonly to: readonly Address[] };
  /**
   * Where refused names lead: every TCP port of these goes to the refuser's port on the gateway, the
   * exempt machines' too, and all else is refused, as `TW-REFUSER`. Only captured questions go before.
   */
  readonly refuser?: { readonly to: readonly Address[]; readonly port: number };
  /**
   * Whether clients that are excepted are let through before all that refuses by address, as `TW-PASS`:
   * by a live set of pairs, where a dialect has such a thing.
   */
  readonly passes?: true;
  /** Who looks, where an entry says so; undefined where none does. */
  readonly sni?: SniMeans;
  /** The whole TLS names that pass where the kernel looks, sorted. */
  readonly sanctioned: readonly Name[];
};

/** All that is to be said in a dialect. Printers add nothing and leave nothing out. */
export type Plan = {
  readonly organisation: Organisation;
  /** The ruleset's digest, in hex. */
  readonly digest: string;
  readonly ingress: readonly Name[];
  readonly refusal: {
    readonly answer: RefusalAnswer;
    readonly addresses: readonly Address[];
    /** Seconds. */
    readonly ttl: number;
  };
  readonly settings: FirewallSettings;
  /** For everyone; sorted by labels from the root, the wider scope first. */
  readonly names: readonly NameEntry[];
  /** Names that agents send as TLS server names and never look up come with the others for backends that know TLS names. */
  readonly packets: PacketPlan;
  /** Blocked networks for every client without ports, those of sanctioned addresses left out; for files of addresses. */
  readonly networks: readonly Network[];
  /** What the backend cannot do by its nature. */
  readonly cannot: readonly string[];
  readonly gaps: readonly Gap[];
  readonly collisions: readonly Collision[];
};

/** A generated file. `path` is relative, below the folder of its format. */
export type Artifact = {
  readonly path: string;
  readonly text: string;
  /** The same in parts that belong on lines of their own, for a long file: as one text it would be in memory twice. */
  readonly blocks?: readonly string[];
  /** True for scripts. */
  readonly executable?: boolean;
};

export type Backend = {
  /** What `generate` calls it. */
  readonly id: string;
  readonly title: string;
  readonly enforces: readonly Facet[];
  /** Who can look at TLS names for it, the preferred first; none where nobody can. */
  readonly sni: readonly SniMeans[];
  /** How an admin puts it to use, in one sentence; for `generate --list` and docs/backends.md. */
  readonly use: string;
  /** What it cannot do by its nature, beside what a plan finds: sentences for `generate --list` and the header. */
  readonly cannot: readonly string[];
  /** The first artifact is the one that `--out -` prints. */
  readonly print: (plan: Plan) => readonly Artifact[];
};
