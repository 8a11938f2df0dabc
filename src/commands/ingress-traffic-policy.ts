import { Command, Option } from 'commander';
import { parseEmail, parseEmailDomain } from '../ingress/email.ts';
import { lintTrafficPolicy } from '../ingress/traffic/lint.ts';
import {
  parsePublicNetwork,
  parseSecretRef,
  printYaml,
  type SecretRef,
  trafficPolicyOf,
  type Wanted,
} from '../ingress/traffic/write.ts';
import type { Network } from '../policy/network.ts';
import { ParseError } from '../policy/problem.ts';
import { UsageFailure } from './failure.ts';
import { collecting, parsing } from './options.ts';
import type { Output } from './output.ts';

type Flags = {
  readonly provider?: string;
  readonly issuerUrl?: string;
  readonly clientId?: string;
  readonly secret?: string;
  readonly emailDomain?: readonly string[];
  readonly email?: readonly string[];
  readonly allow?: readonly Network[];
  readonly deny?: readonly Network[];
  readonly ipPolicy?: readonly string[];
  readonly status?: number;
  readonly onConnect?: true;
  readonly format: 'yaml' | 'json';
};

const KINDS = 'oauth, oidc, saml, verify-webhook, restrict-ips or deny';

export function ingressTrafficPolicyCommand(output: Output = process.stdout): Command {
  return new Command('traffic-policy')
    .description('write a Traffic Policy for an endpoint from a few words')
    .argument('<kind>', KINDS)
    .option('--provider <id>', 'who logs visitors in (oauth), or sends webhooks (verify-webhook)')
    .option('--issuer-url <url>', 'your identity provider (oidc)')
    .option('--client-id <id>', 'of your own app at the provider (oauth, oidc)')
    .option('--secret <vault/name>', 'where ngrok keeps the secret')
    .option(
      '--email-domain <domain>',
      'whose addresses are let in (repeatable)',
      collecting(parseEmailDomain),
    )
    .option('--email <address>', 'who else is let in (repeatable)', collecting(parseEmail))
    .option(
      '--allow <network>',
      'who gets through (restrict-ips, repeatable)',
      collecting(parsePublicNetwork),
    )
    .option(
      '--deny <network>',
      'who does not (restrict-ips, repeatable)',
      collecting(parsePublicNetwork),
    )
    .option(
      '--ip-policy <id>',
      'an IP policy of the account (restrict-ips, repeatable)',
      collecting(parsePolicyId),
    )
    .option('--status <code>', 'what a denied request gets (deny)', parsing(parseStatus))
    .option('--on-connect', 'judge connections, not requests: for TCP and TLS endpoints')
    .addOption(
      new Option('--format <format>', 'how to print it').choices(['yaml', 'json']).default('yaml'),
    )
    .action((kind: string, flags: Flags) => {
      const wanted = wantedOf(kind, flags);
      const text = printYaml(wanted);
      // What is written is held to what `ingress lint` asks of everyone.
      const [fault] = lintTrafficPolicy('the policy', text);
      if (fault) throw new UsageFailure(`${fault.path}: ${fault.message}`);
      output.write(
        flags.format === 'yaml'
          ? text
          : `${JSON.stringify(trafficPolicyOf(wanted), undefined, 2)}\n`,
      );
    });
}

function wantedOf(kind: string, flags: Flags): Wanted {
  const phase = flags.onConnect ? 'on_tcp_connect' : 'on_http_request';
  switch (kind) {
    case 'oauth': {
      const provider = needed(flags.provider, '--provider, such as google');
      if (!flags.emailDomain && !flags.email) {
        throw new UsageFailure(
          'everyone can have an account there: say whom you mean by --email-domain or --email',
        );
      }
      return { kind, provider, ...loginOf(flags) };
    }
    case 'oidc':
      return {
        kind,
        issuer: issuerOf(needed(flags.issuerUrl, '--issuer-url of your identity provider')),
        ...loginOf(flags),
        clientId: needed(flags.clientId, '--client-id of your app there'),
        secret: secretOf(needed(flags.secret, '--secret VAULT/NAME, where ngrok keeps its secret')),
      };
    case 'saml':
      throw new UsageFailure(
        "ngrok's SAML action is in developer preview and its fields are not published; most identity " +
          'providers speak OpenID Connect as well: ask for oidc',
      );
    case 'verify-webhook':
      return {
        kind,
        provider: needed(flags.provider, '--provider, such as github'),
        secret: secretOf(needed(flags.secret, '--secret VAULT/NAME, where ngrok keeps the secret')),
      };
    case 'restrict-ips': {
      const { allow = [], deny = [], ipPolicy: policies = [] } = flags;
      if (allow.length + deny.length + policies.length === 0) {
        throw new UsageFailure('say who gets through: --allow, --deny or --ip-policy');
      }
      return { kind, allow, deny, policies, phase };
    }
    case 'deny':
      if (flags.onConnect && flags.status !== undefined) {
        throw new UsageFailure(
          'a refused connection has no status; leave out --status or --on-connect',
        );
      }
      return { kind, phase, ...(flags.status === undefined ? {} : { status: flags.status }) };
    default:
      throw new UsageFailure(`"${kind}" is not a kind of policy; write ${KINDS}`);
  }
}

function loginOf({ emailDomain = [], email = [], clientId, secret }: Flags) {
  return {
    domains: emailDomain,
    people: email,
    ...(clientId === undefined ? {} : { clientId }),
    ...(secret === undefined ? {} : { secret: secretOf(secret) }),
  };
}

function needed<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new UsageFailure(`this kind of policy needs ${what}`);
}

/** Read here, not by commander, which would show what it cannot read: it may be the secret itself. */
function secretOf(text: string): SecretRef {
  try {
    return parseSecretRef(text);
  } catch (error) {
    if (error instanceof ParseError) throw new UsageFailure(`--secret: ${error.message}`);
    throw error;
  }
}

function issuerOf(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === 'https:') return text;
  throw new UsageFailure(
    `"${text}" is not an issuer; write a whole address such as https://login.example.com`,
  );
}

function parsePolicyId(text: string): string {
  if (/^ipp_\w+$/.test(text)) return text;
  throw new ParseError(`"${text}" is not an IP policy; write its id, which begins with ipp_`);
}

function parseStatus(text: string): number {
  const status = Number(text);
  if (/^\d{3}$/.test(text) && status >= 400 && status <= 599) return status;
  throw new ParseError(`"${text}" is not a status that refuses; write a number from 400 to 599`);
}
