import { GATE_SET } from '../lanes.ts';
import type { Conversation } from './conversation.ts';
import { createIpsetConversation, ipsetFault } from './ipset.ts';
import { createNftConversation, nftFault, TABLE } from './nft.ts';
import type { Timers } from './tables.ts';
import type { Fault } from './writer.ts';

/**
 * - beating: the set holds the gate's port, from the beginning or again
 * - missing: there was no set yet that takes it; tried again and again
 * - lost: the set was there, and is not any more
 */
export type HeartbeatEvent =
  | { readonly kind: 'beating' }
  | { readonly kind: 'missing' | 'lost'; readonly message: string };

export type HeartbeatParts = {
  /** Whose set it is. */
  readonly feed: 'nft' | 'ipset';
  readonly timers: Timers;
  readonly onEvent: (event: HeartbeatEvent) => void;
  /** In place of the program that changes sets. */
  readonly program?: string;
};

/** Says again and again that the gate is there, which is what sends connections to fronts of many to it. */
export type Heartbeat = {
  readonly start: () => void;
  /** Takes the word back at once: what comes now passes by the gate. */
  readonly stop: () => Promise<void>;
};

/** The port that connections to fronts are looked at by. */
const PORT = 443;
/** Seconds after which a gate that says nothing counts as down. */
const LIFE = 5;
/** Milliseconds between two words: one that is late, or lost, does no harm. */
const EVERY = 1_500;

/** Says nothing before it is started; what goes wrong is told once, and tried again. */
export function createHeartbeat(parts: HeartbeatParts): Heartbeat {
  const { timers, onEvent } = parts;
  const { conversation, renewal, removal, faultOf } = dialectOf(parts);
  let state: HeartbeatEvent['kind'] | undefined;
  let isDue = false;
  let isStopped = false;
  let cancel = () => {};

  function note(fault: Fault): void {
    if (isStopped) return;
    const before = state;
    if (fault === undefined) state = 'beating';
    else if (before !== 'lost') state = before === 'beating' ? 'lost' : 'missing';
    if (state === before || state === undefined) return;
    onEvent(state === 'beating' ? { kind: state } : { kind: state, message: fault ?? '' });
  }

  async function say(): Promise<void> {
    // A program that hangs is not told more; it is ended after a while, and started anew.
    if (isDue) return;
    isDue = true;
    note(faultOf(await conversation.say(renewal)));
    isDue = false;
  }

  function beat(): void {
    if (isStopped) return;
    cancel = timers.after(EVERY, beat);
    void say();
  }

  return {
    start: beat,
    stop: async () => {
      if (isStopped) return;
      isStopped = true;
      cancel();
      await conversation.say(removal);
      conversation.close();
    },
  };
}

type Dialect = {
  readonly conversation: Conversation;
  readonly renewal: string;
  readonly removal: string;
  readonly faultOf: (complaint: string) => Fault;
};

function dialectOf({ feed, program }: HeartbeatParts): Dialect {
  if (feed === 'ipset') {
    return {
      conversation: createIpsetConversation(program),
      renewal: `add ${GATE_SET} ${PORT} timeout ${LIFE} -exist`,
      removal: `del ${GATE_SET} ${PORT} -exist`,
      faultOf: ipsetFault,
    };
  }
  const element = (verb: string, more = '') =>
    `${verb} element ${TABLE} ${GATE_SET} { ${PORT}${more} }`;
  // Added first, since what is not there cannot be deleted; before Linux 6.12 adding what is there
  // keeps its old timeout.
  const removal = `${element('add')}; ${element('delete')}`;
  return {
    conversation: createNftConversation(program),
    renewal: `${removal}; ${element('add', ` timeout ${LIFE}s`)}`,
    removal,
    faultOf: nftFault,
  };
}
