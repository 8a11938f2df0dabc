import { cidrOf } from '../public-network.ts';
import { type Account, described, RESTRICTED } from './account.ts';
import type { Target, Variable } from './destinations.ts';
import { EVENT_SOURCES } from './events.ts';
import { wordsOf } from './words.ts';

/** A value of a resource: given, or known only once another resource is made or a variable is set. */
export type Value =
  | { readonly kind: 'given'; readonly value: string | boolean }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'made'; readonly resource: string; readonly field: 'id' }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'map'; readonly fields: Fields };
export type Fields = { readonly [key: string]: Value };

/** One object of the account, in the words of API and Terraform alike. */
export type Resource = {
  /** `ngrok_ip_policy.sources` in Terraform, and the id of a request. */
  readonly type: string;
  readonly word: string;
  /** `/ip_policies`, which it is posted to. */
  readonly path: string;
  readonly fields: Fields;
  readonly comment: string;
  /** It has a token, which is told once. */
  readonly hasToken?: true;
};

/** Everything an account shall have, each after what it refers to. */
export type AccountPlan = {
  readonly resources: readonly Resource[];
  readonly variables: readonly Variable[];
};

const given = (value: string | boolean): Value => ({ kind: 'given', value });
const list = (items: readonly Value[]): Value => ({ kind: 'list', items });
const map = (fields: Fields): Value => ({ kind: 'map', fields });
const idOf = ({ type, word }: Resource): Value => ({
  kind: 'made',
  resource: `${type}.${word}`,
  field: 'id',
});

export function planAccount(account: Account): AccountPlan {
  return {
    resources: [
      ...ingresses(account),
      ...credentials(account),
      ...restrictions(account),
      ...events(account),
    ],
    variables: account.destinations.flatMap(({ variables }) => variables),
  };
}

function ingresses(account: Account): Resource[] {
  return wordsOf(account.ingresses, ({ domain }) => domain).map(
    ([word, { domain, issuer, exists }]) => ({
      type: 'ngrok_agent_ingress',
      word,
      path: '/agent_ingresses',
      comment:
        'The name that agents dial. ' +
        (issuer === 'letsencrypt'
          ? "Let's Encrypt issues its certificate; CAA records have to permit that."
          : "Its certificate is of ngrok's own CA, which agents trust.") +
        (exists
          ? ' The policy knows its targets, so it may exist: import it (its id begins with agin_) instead of making it again.'
          : ' Once it is made, its ns_targets go into the policy.'),
      fields: {
        domain: given(domain),
        description: given(described('Agents of the organisation', account)),
        ...(issuer === 'letsencrypt'
          ? {
              certificate_management_policy: map({
                authority: given('letsencrypt'),
                private_key_type: given('rsa'),
              }),
            }
          : {}),
      },
    }),
  );
}

/** An authtoken without rules may publish anything, so none is made without. */
function credentials(account: Account): Resource[] {
  const acl = list(account.bind.map(given));
  const common = { type: 'ngrok_credential', path: '/credentials', hasToken: true } as const;
  const people: Resource = {
    ...common,
    word: 'developers',
    comment: 'An authtoken that can publish only what its rules name.',
    fields: { description: given(described('Agents of developers', account)), acl },
  };
  const bots = wordsOf(account.bots, (bot) => bot).flatMap(([word, bot]): Resource[] => {
    const user: Resource = {
      type: 'ngrok_service_user',
      word,
      path: '/service_users',
      comment: 'A program (bot user), which stays when the person who set it up leaves.',
      fields: { name: given(bot), active: given(true) },
    };
    const token: Resource = {
      ...common,
      // Its own word, as `developers` may be the name of a bot too.
      word: `bot_${word}`,
      comment: `The authtoken of ${bot}.`,
      fields: { description: given(described(bot, account)), acl, owner_id: idOf(user) },
    };
    return [user, token];
  });
  return [people, ...bots];
}

function restrictions(account: Account): Resource[] {
  if (account.networks.length === 0) return [];
  const policy: Resource = {
    type: 'ngrok_ip_policy',
    word: 'sources',
    path: '/ip_policies',
    comment: 'The public addresses that the organisation goes out by.',
    fields: { description: given(described('Where we come from', account)) },
  };
  const rules = wordsOf(account.networks, cidrOf).map(
    ([word, network]): Resource => ({
      type: 'ngrok_ip_policy_rule',
      word,
      path: '/ip_policy_rules',
      comment: '',
      fields: {
        ip_policy_id: idOf(policy),
        action: given('allow'),
        cidr: given(cidrOf(network)),
      },
    }),
  );
  const types = account.restrictions.map(
    (type): Resource => ({
      type: 'ngrok_ip_restriction',
      word: type,
      path: '/ip_restrictions',
      comment:
        `${RESTRICTED[type]}. ` +
        (account.enforced ? 'Others are refused.' : 'Others are let in, with a warning.'),
      fields: {
        type: given(type),
        description: given(described(RESTRICTED[type], account)),
        enforced: given(account.enforced),
        ip_policy_ids: list([idOf(policy)]),
      },
    }),
  );
  return [policy, ...rules, ...types];
}

function events(account: Account): Resource[] {
  if (account.destinations.length === 0) return [];
  const destinations = account.destinations.map(
    ({ id, title, target }): Resource => ({
      type: 'ngrok_event_destination',
      word: id,
      path: '/event_destinations',
      comment: `${title}.`,
      fields: {
        description: given(described(title, account)),
        format: given('json'),
        target: targetOf(target),
      },
    }),
  );
  const subscription: Resource = {
    type: 'ngrok_event_subscription',
    word: 'security',
    path: '/event_subscriptions',
    comment: 'Every session of an agent, and every change of the account.',
    fields: {
      description: given(described('Sessions and changes', account)),
      destination_ids: list(destinations.map(idOf)),
      sources: list(EVENT_SOURCES.map((type) => map({ type: given(type) }))),
    },
  };
  return [...destinations, subscription];
}

function targetOf(target: Target): Value {
  return map(
    Object.fromEntries(
      Object.entries(target).map(([key, value]): [string, Value] => [
        key,
        typeof value === 'string' ? { kind: 'variable', name: value } : targetOf(value),
      ]),
    ),
  );
}
