import type { Name } from '../../policy/name.ts';
import type { Network } from '../../policy/network.ts';
import type { Policy } from '../../policy/policy.ts';
import { notPublic } from '../public-network.ts';
import type { BindRule } from './bind.ts';
import { DESTINATIONS, type Destination, type DestinationId } from './destinations.ts';

export const RESTRICTIONS = ['dashboard', 'api', 'agent', 'endpoints'] as const;
export type Restriction = (typeof RESTRICTIONS)[number];

/** What an account at ngrok shall have, however it gets there. */
export type Account = {
  /** Who owns it, in text of anyone's choosing. */
  readonly organisation: string;
  readonly ingresses: readonly {
    readonly domain: Name;
    readonly issuer: 'ngrok' | 'letsencrypt';
    /** Its targets are known, so it has been made already. */
    readonly exists: boolean;
  }[];
  readonly bind: readonly BindRule[];
  /** Programs that have an authtoken of their own. */
  readonly bots: readonly string[];
  readonly networks: readonly Network[];
  readonly restrictions: readonly Restriction[];
  readonly enforced: boolean;
  readonly destinations: readonly Destination[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
};

/** What an admin says beside the policy. */
export type AccountOptions = {
  readonly bind: readonly BindRule[];
  readonly bots: readonly string[];
  readonly networks: readonly Network[];
  readonly restrict: readonly Restriction[];
  readonly enforce: boolean;
  readonly destinations: readonly DestinationId[];
};

export function accountOf(policy: Policy, options: AccountOptions): Account {
  const ours = policy.ingress.filter(({ service }) => service === 'ngrok');
  const { networks, notes } = networksOf(policy, options.networks);
  const restrictions =
    networks.length === 0
      ? []
      : RESTRICTIONS.filter(
          (type) => options.restrict.length === 0 || options.restrict.includes(type),
        );
  const destinations = DESTINATIONS.filter(({ id }) => options.destinations.includes(id));
  return {
    organisation: policy.organisation.name,
    ingresses: ours.map(({ domain, issuer, nameservers }) => ({
      domain,
      issuer,
      exists: nameservers.length > 0,
    })),
    bind: [...new Set(options.bind)],
    bots: [...new Set(options.bots)],
    networks,
    restrictions,
    enforced: options.enforce,
    destinations,
    notes: [
      ...(ours.length === 0
        ? ['the policy names no ingress of ngrok, so none is made: add it under `ingress`']
        : []),
      ...notes,
      ...(destinations.length === 0
        ? ['no destination is named, so no events are sent: say where by --destination']
        : []),
    ],
  };
}

/** Where the organisation comes from: what the admin says, or what of the policy's clients is public. */
function networksOf(policy: Policy, said: readonly Network[]) {
  if (said.length > 0) return { networks: unique(said), notes: [] };
  const clients = unique(policy.scopes.flatMap(({ group }) => group?.networks ?? []));
  const networks = clients.filter((network) => notPublic(network) === undefined);
  const notes = clients.flatMap((network) => notPublic(network) ?? []);
  if (networks.length === 0) {
    notes.push(
      'no public network is known, so nothing is restricted by address: name yours by --network',
    );
  }
  return { networks, notes };
}

function unique(networks: readonly Network[]): readonly Network[] {
  return [...new Map(networks.map((network) => [network.text, network])).values()];
}

/** What each restriction keeps out, for comments. */
export const RESTRICTED: Readonly<Record<Restriction, string>> = {
  dashboard: 'Who may use the dashboard',
  api: 'Who may use the API',
  agent: 'Where agents may connect from',
  endpoints: 'Who may visit endpoints, webhooks and their senders among them',
};

/** The longest description that ngrok takes, in bytes. */
const LONGEST = 255;

/** A description of something of the organisation's, cut where ngrok would refuse it. */
export function described(what: string, { organisation }: Account): string {
  const text = `${what} (${organisation})`;
  if (Buffer.byteLength(text) <= LONGEST) return text;
  let cut = '';
  for (const char of text) {
    if (Buffer.byteLength(cut) + Buffer.byteLength(char) > LONGEST - 3) break;
    cut += char;
  }
  return `${cut}…`;
}
