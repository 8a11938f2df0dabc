import type { Lane } from '../policy/firewall.ts';
import { isObserved, judge } from '../policy/judge.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Ruleset, Verdict } from '../policy/ruleset.ts';
import type { Opening } from './opening.ts';

/** What a decision about a connection is made by. */
export type Subject = {
  readonly client: Address;
  readonly lane: Lane;
  readonly opening: Opening;
};

/** The same with where it was going, as far as that is known. */
export type Bound = Subject & { readonly destination?: Address; readonly port?: number };

/**
 * What becomes of a connection. `name` leads to wherever that name resolves for us, so that a borrowed
 * name reaches no foreign address; `destination` to where the client meant to go.
 */
export type Decision = {
  readonly to: 'name' | 'destination' | 'nowhere';
  /** The server name it is about. */
  readonly name?: Name;
  /** What the policy says of the name; unmatched where there is none. */
  readonly verdict: Verdict;
};

const UNMATCHED: Verdict = { kind: 'unmatched' };

/** What the policy means for a connection that the packet filter sent to the gate. */
export function decide(ruleset: Ruleset, { client, lane, opening }: Subject): Decision {
  const name = opening.kind === 'tls' ? opening.hello.serverName : undefined;
  const verdict = name === undefined ? UNMATCHED : judge(ruleset, { client, name });
  const about = name === undefined ? { verdict } : { name, verdict };
  switch (verdict.kind) {
    case 'blocked':
      return { to: 'nowhere', ...about };
    case 'allowed':
    case 'watched':
      return { to: 'name', ...about };
    case 'observed':
      return { to: 'destination', ...about };
    case 'unmatched':
      return {
        to: passesUnknown(ruleset, client, lane, opening) ? 'destination' : 'nowhere',
        ...about,
      };
  }
}

/**
 * Plain ssh to a front of many is a tunnel's: nothing else there speaks it. A malformed hello is one that
 * servers read otherwise than we do, so it could bear any name.
 */
function passesUnknown(ruleset: Ruleset, client: Address, lane: Lane, { kind }: Opening): boolean {
  if (isObserved(ruleset, client)) return true;
  return lane === 'fronts' && kind !== 'ssh' && kind !== 'malformed';
}
