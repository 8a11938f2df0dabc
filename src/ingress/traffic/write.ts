import { type Network, parseNetwork } from '../../policy/network.ts';
import { ParseError } from '../../policy/problem.ts';
import { jsonLine } from '../../text.ts';
import { commentLines } from '../comment.ts';
import { cidrOf, notPublic } from '../public-network.ts';

/** A Traffic Policy as its author describes it in a few words. */
export type Wanted =
  | ({ readonly kind: 'oauth'; readonly provider: string } & Login)
  | ({ readonly kind: 'oidc'; readonly issuer: string } & Login)
  | { readonly kind: 'verify-webhook'; readonly provider: string; readonly secret: SecretRef }
  | {
      readonly kind: 'restrict-ips';
      readonly allow: readonly Network[];
      readonly deny: readonly Network[];
      readonly policies: readonly string[];
      readonly phase: 'on_tcp_connect' | 'on_http_request';
    }
  | {
      readonly kind: 'deny';
      readonly phase: 'on_tcp_connect' | 'on_http_request';
      readonly status?: number;
    };

type Login = {
  /** Whose addresses are let in; without any, whoever the provider vouches for. */
  readonly domains: readonly string[];
  readonly people: readonly string[];
  readonly clientId?: string;
  readonly secret?: SecretRef;
};

/** A secret where ngrok keeps it; the secret itself is never ours. */
export type SecretRef = { readonly vault: string; readonly name: string };

/** The rules of a policy, as ngrok reads them. */
export type TrafficPolicy = Readonly<Record<string, readonly Rule[]>>;

type Rule = {
  readonly expressions?: readonly string[];
  readonly actions: readonly {
    readonly type: string;
    readonly config?: Readonly<Record<string, unknown>>;
  }[];
};

export function trafficPolicyOf(wanted: Wanted): TrafficPolicy {
  switch (wanted.kind) {
    case 'oauth':
      return loginOf('oauth', { provider: wanted.provider }, wanted);
    case 'oidc':
      return loginOf('openid-connect', { issuer_url: wanted.issuer }, wanted);
    case 'verify-webhook': {
      const config = { provider: wanted.provider, secret: secretText(wanted.secret) };
      return { on_http_request: [{ actions: [{ type: 'verify-webhook', config }] }] };
    }
    case 'restrict-ips': {
      const texts = (networks: readonly Network[]) => networks.map(cidrOf);
      const config = {
        enforce: true,
        ...(wanted.allow.length > 0 ? { allow: texts(wanted.allow) } : {}),
        ...(wanted.deny.length > 0 ? { deny: texts(wanted.deny) } : {}),
        ...(wanted.policies.length > 0 ? { ip_policies: wanted.policies } : {}),
      };
      return { [wanted.phase]: [{ actions: [{ type: 'restrict-ips', config }] }] };
    }
    case 'deny': {
      const config = wanted.status === undefined ? {} : { config: { status_code: wanted.status } };
      return { [wanted.phase]: [{ actions: [{ type: 'deny', ...config }] }] };
    }
  }
}

function loginOf(
  type: 'oauth' | 'openid-connect',
  about: Readonly<Record<string, string>>,
  { domains, people, clientId, secret }: Login,
): TrafficPolicy {
  const config = {
    ...about,
    ...(clientId === undefined ? {} : { client_id: clientId }),
    ...(secret === undefined ? {} : { client_secret: secretText(secret) }),
  };
  const email = `actions.ngrok.${type === 'oauth' ? 'oauth' : 'oidc'}.identity.email`;
  const expressions = [
    ...domains.map((domain) => `!${email}.endsWith(${celText(`@${domain}`)})`),
    ...people.map((person) => `${email} != ${celText(person)}`),
  ];
  const login: Rule = { actions: [{ type, config }] };
  if (expressions.length === 0) return { on_http_request: [login] };
  return { on_http_request: [login, { expressions, actions: [{ type: 'deny' }] }] };
}

function celText(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}

function secretText({ vault, name }: SecretRef): string {
  return `\${secrets.get(${celText(vault)}, ${celText(name)})}`;
}

/** Why each policy is as it is, for who finds the file later. */
const REASONS: Readonly<Record<Wanted['kind'], string>> = {
  oauth:
    'The first rule makes visitors log in; whoever has an account at the provider can. The second lets in ' +
    'only the addresses that are named: all its expressions have to be true for it to deny.',
  oidc:
    'Visitors log in with your identity provider; where a second rule stands, only the addresses it names ' +
    'are let in.',
  'verify-webhook':
    'Only requests that carry the signature of the provider reach your application. The secret stays in ' +
    'your vault at ngrok.',
  'restrict-ips':
    'Only these networks get through, by the address that ngrok sees: the public one. IPv6 needs entries of ' +
    'its own.',
  deny: 'Nobody gets through.',
};

/** As YAML with a comment on top. Every text is in double quotes, in which YAML takes nothing for syntax. */
export function printYaml(wanted: Wanted): string {
  const lines = [...commentLines(REASONS[wanted.kind])];
  for (const [phase, rules] of Object.entries(trafficPolicyOf(wanted))) {
    lines.push(`${phase}:`);
    for (const { expressions, actions } of rules) {
      const parts = [
        ...(expressions
          ? ['expressions:', ...expressions.map((text) => `  - ${jsonLine(text)}`)]
          : []),
        'actions:',
        ...actions.flatMap(({ type, config }) => [
          `  - type: ${type}`,
          ...(config ? ['    config:', ...fieldsOf(config).map((line) => `      ${line}`)] : []),
        ]),
      ];
      lines.push(...parts.map((part, i) => (i === 0 ? `  - ${part}` : `    ${part}`)));
    }
  }
  return `${lines.join('\n')}\n`;
}

function fieldsOf(config: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(config).flatMap(([key, value]) =>
    Array.isArray(value)
      ? [`${key}:`, ...value.map((item) => `  - ${jsonLine(item)}`)]
      : [`${key}: ${jsonLine(value)}`],
  );
}

/** `VAULT/NAME`. Throws ParseError. */
export function parseSecretRef(text: string): SecretRef {
  const [, vault, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(text) ?? [];
  if (vault !== undefined && name !== undefined) return { vault, name };
  // It may be the secret itself, which must not show on a terminal either.
  throw new ParseError(
    'this is not where a secret is; write VAULT/NAME of a secret that ngrok keeps for you',
  );
}

/** A network of the internet, for lists of who may come in. Throws ParseError. */
export function parsePublicNetwork(text: string): Network {
  const network = parseNetwork(text);
  const reason = notPublic(network);
  if (reason === undefined) return network;
  throw new ParseError(`${reason}; write that one`);
}
