import assert from 'node:assert/strict';
import { ADDRESSES, type Lab } from './lab.ts';
import type { Ended, Scope } from './process.ts';
import { type Server, serve, tunnelwarden, write } from './tunnelwarden.ts';

export type Filter = 'nftables' | 'iptables';

/** The gateway's ports in policies of these tests. */
export const [GATE, REFUSER] = [9443, 9442];
/** The gateway's addresses that refused names lead to. */
export const REFUSERS: readonly string[] = [ADDRESSES.gateway[1], ADDRESSES.gateway[3]];

/** Flags of `serve` for gate and refuser, over both families. */
export const ENFORCING: readonly string[] = ['0.0.0.0', '[::]'].flatMap((address) => [
  ...['--gate', `${address}:${GATE}`],
  ...['--refuser', `${address}:${REFUSER}`],
]);

/** A gateway that runs the product as people install it. */
export type Guarded = {
  readonly policy: string;
  readonly database: string;
  readonly server: Server;
  /** Runs `tunnelwarden` on the gateway; it has to succeed. */
  readonly ok: (...words: readonly string[]) => Promise<string>;
  /** Loads the rule set of the policy as it is now. */
  readonly apply: () => Promise<void>;
  /** Writes the policy anew, and has it taken over. */
  readonly change: (policy: string) => Promise<void>;
  /** Starts `serve` again, after it was ended. */
  readonly start: () => Promise<Server>;
  /** Takes the rule set out, where one was loaded. */
  readonly remove: () => Promise<void>;
};

export type GuardOptions = {
  /** A folder for what the gateway keeps. */
  readonly home: string;
  readonly policy: string;
  /** No rule set is loaded where it is left out. */
  readonly filter?: Filter;
  /** Flags of `serve` beside those that the rest asks for. */
  readonly flags?: readonly string[];
};

const FEEDS = { nftables: 'nft', iptables: 'ipset' } as const;

/** The address book, the rules, and then `serve`, as docs/gateway.md has it. */
export async function guard(
  scope: Scope,
  { gateway }: Lab,
  { home, policy: text, filter, flags = [] }: GuardOptions,
): Promise<Guarded> {
  const policy = write(home, 'policy.yaml', text);
  const database = `${home}/attempts.db`;
  const { within } = gateway;
  const ok = async (...words: readonly string[]) => {
    const ended: Ended = await tunnelwarden(words, { within });
    assert.equal(ended.code, 0, `${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  const apply = async () => {
    if (filter === undefined) return;
    const state = ['--policy', policy, '--state', `${home}/state`];
    await ok('apply', filter, '--no-confirm', ...state);
  };
  await ok('addresses', 'refresh', '--policy', policy);
  await apply();
  const words = ['--policy', policy, '--database', database, ...flags];
  if (filter) words.push('--feed', FEEDS[filter]);
  const start = () => serve(scope, words, { within });
  let server = await start();
  return {
    ...{ policy, database, ok, apply },
    get server() {
      return server;
    },
    start: async () => {
      server = await start();
      return server;
    },
    remove: async () => {
      if (filter) await ok('remove', '--state', `${home}/state`);
    },
    change: async (next) => {
      write(home, 'policy.yaml', next);
      await server.reload();
    },
  };
}
