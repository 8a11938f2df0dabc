import type { NameList } from './list.ts';
import type { MatchIndex } from './match.ts';
import type { Name } from './name.ts';
import type { Address, Network } from './network.ts';
import type { NamePattern } from './pattern.ts';
import type { Place } from './problem.ts';
import type { Port, Role, ServiceId } from './service.ts';

/** Stable and greppable: `ngrok/session/connect.ngrok-agent.com`, `block/evil.example@guests`. */
export type RuleId = string;

export type Action = 'allow' | 'block' | 'watch';

/**
 * How a refused question is answered. `sinkhole` gives the refuser's addresses to A and AAAA and
 * no data to other types.
 */
export type RefusalAnswer = 'nxdomain' | 'nodata' | 'refused' | 'sinkhole';

/** What a rule is about. A list stands for all its names at once. */
export type Target =
  | { readonly kind: 'name'; readonly pattern: NamePattern }
  | { readonly kind: 'network'; readonly network: Network; readonly ports: readonly Port[] }
  | { readonly kind: 'list'; readonly list: NameList };

/**
 * Who asked for a rule. It decides between rules of one target and one set of clients: what the
 * policy writes about a name outweighs what it says of a service, that outweighs the sweeping
 * `others`, then comes what a blocked service leaves open unasked (`implied`), and a list counts
 * least. `ingress` outweighs everything, whatever the target, and after it an `exception` does where
 * names are asked.
 */
export type Origin =
  | 'ingress'
  | 'exception'
  | 'written'
  | 'signal'
  | 'service'
  | 'resolver'
  | 'others'
  | 'implied'
  | 'list';

export type Rule = {
  readonly id: RuleId;
  readonly action: Action;
  readonly target: Target;
  readonly clients: 'everyone' | readonly Network[];
  readonly origin: Origin;
  readonly service?: ServiceId;
  readonly role?: Role;
  /** Labels known to stand for the target's `*`. */
  readonly known?: readonly string[];
  /** Overrides the policy's answer for this rule. */
  readonly answer?: RefusalAnswer;
  /** Shown to people: EDE text, comments, TUI. */
  readonly reason: string;
  /** The line of the policy that asked for it. */
  readonly from: Place;
  /** The line of the catalogue that names it, for rules of a service. */
  readonly catalogue?: Place;
  /** Of an exception: the ports of its service, where that has some. */
  readonly ports?: readonly Port[];
  /** The instant it ends, in milliseconds since the epoch. */
  readonly until?: number;
};

/** What refused people are told and what refused questions get. */
export type Refusal = {
  readonly answer: RefusalAnswer;
  /** The refuser's addresses, for `sinkhole`. */
  readonly addresses: readonly Address[];
  /** Seconds a client may keep a refusal. */
  readonly ttl: number;
};

export type Organisation = {
  readonly name: string;
  readonly contact?: string;
  readonly help?: string;
};

export type Mode = 'enforce' | 'observe';

/** The intermediate representation: a policy and a catalogue, fully expanded. Never changes. */
export type Ruleset = {
  readonly organisation: Organisation;
  /** The sanctioned ways: the domains of the organisation's own ingress. */
  readonly ingress: readonly Name[];
  /** Their domains and the names below them that agents dial, each with whose agents. */
  readonly doors: readonly { readonly name: Name; readonly service: ServiceId }[];
  readonly rules: readonly Rule[];
  /** Networks whose addresses serve many customers each. */
  readonly fronts: readonly Network[];
  readonly index: MatchIndex;
  readonly refusal: Refusal;
  readonly mode: Mode;
  /** Client networks with a mode of their own; the narrowest decides. */
  readonly modes: readonly { readonly network: Network; readonly mode: Mode }[];
  /** SHA-256 over everything above but exceptions, in hex: the same policy always has the same digest. */
  readonly digest: string;
  /** When the next timed rule ends, in milliseconds since the epoch: compile again then. */
  readonly expires?: number;
};

/** What `judge` says. `observed` would be blocked, but the policy only observes this client. */
export type Verdict =
  | { readonly kind: 'allowed' | 'blocked' | 'observed' | 'watched'; readonly rule: Rule }
  | { readonly kind: 'unmatched' };
