import type { Endpoint } from '../policy/endpoint.ts';
import type { Lane } from '../policy/firewall.ts';
import type { Address } from '../policy/network.ts';

/** A connection that came to the gate, whatever carries it. What it says is heard by a `Listener`. */
export type Visitor = {
  readonly client: Address;
  readonly lane: Lane;
  /** Where it was going before it was sent to us; undefined where the system cannot tell. */
  readonly meant: Endpoint | undefined;
  /** Ends it with a reset, or with some last words. Nothing more is heard of it. */
  readonly refuse: (words?: Uint8Array) => void;
  /**
   * Opens a connection to the first of these that takes one, says there what the visitor said, and joins
   * the two: both ways, with back-pressure, half-closes and resets passed on. Undefined where nobody
   * takes it, or the visitor goes meanwhile; the visitor is reset then. `onEnd` hears of the end of the joined.
   */
  readonly pass: (
    targets: readonly Endpoint[],
    said: Uint8Array,
    onEnd: () => void,
  ) => Promise<Joined | undefined>;
};

/** Two connections that carry each other's octets. */
export type Joined = {
  /** Ends both with a reset. */
  readonly cut: () => void;
};

/** Who hears what a visitor says, until it is refused or passed. */
export type Listener = {
  /** True where more is wanted; what comes after that is for whoever the visitor is passed to. */
  readonly heard: (octets: Uint8Array) => boolean;
  /** It will say no more: `ended` by a half-close, or it is `gone`. */
  readonly silenced: (how: 'ended' | 'gone') => void;
};
