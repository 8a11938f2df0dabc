import type { Name } from '../../policy/name.ts';
import { isAtOrBelow } from '../../policy/name.ts';
import { InputError } from '../../policy/problem.ts';
import type { Organisation } from '../../policy/ruleset.ts';
import { printable } from '../../text.ts';
import type { IngressEntry } from '../ingress.ts';

/** What a developer's agent needs to know of an ingress; each format writes it in its own words. */
export type AgentSettings = {
  readonly organisation: string;
  readonly contact?: string;
  readonly domain: Name;
  /** What agents dial, with its port: `tunnels.example.com:443`. */
  readonly server: string;
  /** The name in it. */
  readonly host: Name;
  /** Other names that may stand in its place: those of single regions. */
  readonly others: readonly Name[];
  /** True where the certificate is one that the system's roots vouch for, so agents must ask those. */
  readonly systemRoots: boolean;
  /** Hosts of revocation lists, which sanctioned agents fetch over plain HTTP. */
  readonly support: readonly Name[];
};

/** A session of an agent or SDK; the service offers no other port. */
const PORT = 443;

/** A host name that means itself in every format, shell and URL. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

export type Wanted = {
  readonly organisation: Organisation;
  readonly support: readonly Name[];
  /** The name to dial instead of the domain itself. */
  readonly host?: Name;
};

/** The settings for one ingress. Throws InputError where agents could not dial it. */
export function agentSettingsOf(entry: IngressEntry, wanted: Wanted): AgentSettings {
  const { domain, names, issuer, service, from } = entry;
  const { organisation, support, host = domain } = wanted;
  const faults = [
    ...(service === 'ngrok'
      ? []
      : [`${domain} is an ingress of ${service}, and only agents of ngrok are known here`]),
    ...[host, ...names]
      .filter((name) => !HOST_NAME.test(name))
      .map((name) => `${name} is no host name, so no agent can dial it; correct it`),
    ...(isAtOrBelow(host, domain)
      ? []
      : [`${host} is not below ${domain}; name the domain or a name below it`]),
  ];
  if (faults.length > 0) {
    throw new InputError(
      faults.map((message) => ({ severity: 'error', place: from, path: 'ingress', message })),
    );
  }
  return {
    organisation: forComment(organisation.name),
    ...(organisation.contact === undefined ? {} : { contact: forComment(organisation.contact) }),
    ...{ domain, host, support },
    server: `${host}:${PORT}`,
    others: [domain, ...names].filter((name) => name !== host),
    systemRoots: issuer === 'letsencrypt',
  };
}

/** Java reads `\u000a` as a line break even in a comment, so no backslash is left. */
function forComment(text: string): string {
  return printable(text.replaceAll('\\', '<U+005C>'));
}
