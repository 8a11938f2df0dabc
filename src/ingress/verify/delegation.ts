import type { Name } from '../../policy/name.ts';
import type { Ingress } from '../ingress.ts';
import { counted, type Finding, fail, listed, merged, orOk, skip, warn } from './check.ts';
import { type Facts, heard, type Said, type ZoneServer } from './facts.ts';
import { isOwnZone, namedFor, publishedBy } from './gather.ts';

const PUBLISH = 'publish what `tunnelwarden ingress records` prints in the zone';

const READ_AGAIN =
  'read the targets again by `tunnelwarden ingress import`; if they are these, ask the vendor';

/** The delegation is there, on every server of the parent zone, and is the one of the policy. */
export function delegation(ingress: Ingress, { zone, parent }: Facts): readonly Finding[] {
  const { domain, nameservers } = ingress;
  if (parent.length === 0) {
    return [
      warn(
        `the nameservers of ${zone} are not known here`,
        'name one of them by --parent, or a resolver that sees them by --upstream',
      ),
    ];
  }
  const silent = parent.filter((server) => reasonOf(heard(server, domain, 'NS')) !== undefined);
  if (silent.length === parent.length) {
    return [
      warn(
        `no server of ${zone} answers from here (${reasonsOf(silent, ingress)})`,
        'run this where port 53 is open towards them, or name one that answers by --parent',
      ),
    ];
  }
  const findings = [
    ...bySet(ingress, parent).flatMap(([published, servers]) =>
      differences(ingress, published, labelsOf(servers, parent, zone), zone),
    ),
    ...silent.map((server) =>
      warn(
        `${server.label}: ${reasonOf(heard(server, domain, 'NS'))}`,
        `see to this server of ${zone}, or take it out of the NS records of the zone`,
      ),
    ),
  ];
  const servers =
    parent.length === 1 ? parent[0]?.label : `all ${parent.length} servers of ${zone}`;
  return orOk(findings, `${servers}: NS are the ${nameservers.length} of the policy`);
}

function differences(
  { domain, nameservers }: Ingress,
  published: readonly Name[],
  where: string,
  zone: Name,
): readonly Finding[] {
  if (published.length === 0) {
    return [fail(`${where}: ${domain} is not delegated`, `${PUBLISH} ${zone}`)];
  }
  const missing = nameservers.filter((name) => !published.includes(name));
  const extra = published.filter((name) => !nameservers.includes(name));
  return [
    ...(missing.length > 0
      ? [fail(`${where}: NS lacks ${listed(missing, 9)}`, `${PUBLISH} ${zone}`)]
      : []),
    ...(extra.length > 0
      ? [
          fail(
            `${where}: NS has ${listed(extra, 9)}, which the policy has not`,
            `remove it from ${zone}; if the vendor has changed its targets, read them again by \`tunnelwarden ingress import\``,
          ),
        ]
      : []),
  ];
}

/** Every target speaks for the domain. */
export function nameservers({ domain }: Ingress, { child }: Facts): readonly Finding[] {
  const silent = child.filter((server) => heard(server, domain, 'NS').kind === 'silent');
  if (silent.length === child.length) {
    return [
      warn(
        `no nameserver of ${domain} answers from here (${reasonsOf(silent, { domain })})`,
        'run this where port 53 is open towards them; where it is, ask the vendor',
      ),
    ];
  }
  const findings = merged(
    child.flatMap((server): (readonly [string, Finding])[] => {
      const said = heard(server, domain, 'NS');
      if (said.kind === 'silent') {
        return [[server.label, warn(said.why, 'ask again later; if it stays so, ask the vendor')]];
      }
      if (isOwnZone(said, domain)) return [];
      const what = said.rcode === 'NOERROR' ? '' : ` (${said.rcode})`;

      return [[server.label, fail(`does not serve ${domain}${what}`, READ_AGAIN)]];
    }),
  );
  return orOk(findings, `all ${counted(child.length, 'target')} speak for ${domain}`);
}

/** Parent and child name the same servers: resolvers follow either. */
export function agreement(ingress: Ingress, { zone, parent, child }: Facts): readonly Finding[] {
  const { domain } = ingress;
  const published = new Set(parent.flatMap((server) => publishedBy(server, ingress)));
  const speakers = speakersOf(ingress, child);
  if (published.size === 0) return [skip('no delegation was seen that could be compared')];
  if (speakers.length === 0) return [skip(`nobody was found who speaks for ${domain}`)];
  const findings = merged(
    speakers.flatMap((server): (readonly [string, Finding])[] => {
      const own = namedFor(heard(server, domain, 'NS'), domain);
      const onlyParent = [...published].filter((name) => !own.includes(name));
      const onlyChild = own.filter((name) => !published.has(name));
      if (onlyParent.length + onlyChild.length === 0) return [];
      const what = [
        ...(onlyChild.length > 0 ? [`${listed(onlyChild, 9)} only there`] : []),
        ...(onlyParent.length > 0 ? [`${listed(onlyParent, 9)} only in ${zone}`] : []),
      ].join(', ');
      const remedy = `correct the NS records in ${zone}; where they are the vendor's targets, ask the vendor`;
      return [[server.label, fail(`other NS than ${zone}: ${what}`, remedy)]];
    }),
  );
  return orOk(findings, `${zone} and ${domain} name the same ${published.size} nameservers`);
}

/** Those that hold the zone of the ingress. */
export function speakersOf(
  { domain }: Pick<Ingress, 'domain'>,
  child: readonly ZoneServer[],
): readonly ZoneServer[] {
  return child.filter((server) => isOwnZone(heard(server, domain, 'NS'), domain));
}

/** Why an answer tells nothing of the zone. */
function reasonOf(said: Said): string | undefined {
  if (said.kind === 'silent') return said.why;
  return said.rcode === 'NOERROR' || said.rcode === 'NXDOMAIN' ? undefined : `says ${said.rcode}`;
}

function reasonsOf(servers: readonly ZoneServer[], { domain }: Pick<Ingress, 'domain'>): string {
  return listed([
    ...new Set(servers.map((server) => reasonOf(heard(server, domain, 'NS')) ?? 'no answer')),
  ]);
}

/** The servers that told something, by the names they told. */
function bySet(
  ingress: Ingress,
  parent: readonly ZoneServer[],
): readonly (readonly [published: readonly Name[], servers: readonly ZoneServer[]])[] {
  const telling = parent.filter(
    (server) => reasonOf(heard(server, ingress.domain, 'NS')) === undefined,
  );
  const sets = Map.groupBy(telling, (server) => publishedBy(server, ingress).join(' '));
  return [...sets.values()].map((servers) => [
    publishedBy(servers[0] as ZoneServer, ingress),
    servers,
  ]);
}

function labelsOf(
  servers: readonly ZoneServer[],
  all: readonly ZoneServer[],
  zone: string,
): string {
  if (servers.length === all.length && all.length > 1) return `all servers of ${zone}`;
  return labels(servers);
}

function labels(servers: readonly ZoneServer[]): string {
  return listed(servers.map(({ label }) => label));
}
