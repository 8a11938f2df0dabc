import { type Address, contains, type Network, octetsOfAddress } from '../policy/network.ts';
import type { Rule, Ruleset } from '../policy/ruleset.ts';
import { audiencesOf, type Listener } from './audience.ts';
import { compareNetworks, staticEntries } from './statics.ts';

/** Networks blocked for everyone, for files that hold addresses and no exceptions. */
export type PlainNetworks = {
  readonly said: readonly Network[];
  /** Blocked ones that hold addresses which stay open, so that a file cannot name them. */
  readonly leftOut: readonly Network[];
};

export const NO_NETWORKS: PlainNetworks = { said: [], leftOut: [] };

/** `needed` are addresses that have to stay so: of the ingress, and of what its agents need. */
export function plainNetworks(ruleset: Ruleset, needed: readonly Address[]): PlainNetworks {
  if (ruleset.mode === 'observe') return NO_NETWORKS;
  const everyone = audiencesOf(ruleset).at(-1) as Listener;
  const isWanted = ({ target }: Rule) => target.kind === 'network' && target.ports.length === 0;
  const entries = staticEntries(ruleset, everyone, isWanted);
  const nets = (kind: string) =>
    entries.flatMap(({ entry, set }) => (entry.deed.kind === kind ? (set?.networks ?? []) : []));
  const passed = nets('pass');
  const open = [...passed.map(({ octets }) => octets), ...needed.map(octetsOfAddress)];
  const texts = new Set([...passed.map(({ text }) => text.split('/', 1)[0]), ...needed]);
  const isHost = ({ octets, length }: Network) => length === octets.length * 8;
  const holdsOpen = (network: Network) =>
    isHost(network) ? texts.has(network.text) : open.some((octets) => contains(network, octets));
  const sorted = nets('refuse').toSorted(compareNetworks);
  return {
    said: sorted.filter((network) => !holdsOpen(network)),
    leftOut: sorted.filter(holdsOpen),
  };
}
