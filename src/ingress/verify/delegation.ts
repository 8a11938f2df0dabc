import { type Ingress, TARGETS_ADVICE } from '../ingress.ts';
import { counted, type Finding, fail, listed, orOk, skip, warn } from './check.ts';
import { type Facts, heard, type Said, type ZoneServer } from './facts.ts';
import { delegatedTo } from './gather.ts';

const PUBLISH = 'publish what `tunnelwarden ingress records` prints in the zone';

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
  const findings: Finding[] = [];
  for (const [text, servers] of bySet(ingress, parent)) {
    const published = text === '' ? [] : text.split(' ');
    const missing = nameservers.filter((name) => !published.includes(name));
    const extra = published.filter((name) => !nameservers.some((wanted) => wanted === name));
    const where = labelsOf(servers, parent, zone);
    if (published.length === 0) {
      findings.push(
        fail(`${where}: ${domain} is not delegated`, `${PUBLISH} ${zone}, and its serial raised`),
      );
      continue;
    }
    if (missing.length > 0) {
      findings.push(fail(`${where}: NS lacks ${listed(missing, 9)}`, `${PUBLISH} ${zone}`));
    }
    if (extra.length > 0) {
      findings.push(
        fail(
          `${where}: NS has ${listed(extra, 9)}, which the policy has not`,
          `remove it from ${zone}; if the vendor has changed its targets, correct the policy: ${TARGETS_ADVICE}`,
        ),
      );
    }
  }
  for (const server of silent) {
    findings.push(
      warn(
        `${server.label}: ${reasonOf(heard(server, domain, 'NS'))}`,
        `see to this server of ${zone}, or take it out of the NS records of the zone`,
      ),
    );
  }
  const servers =
    parent.length === 1 ? parent[0]?.label : `all ${parent.length} servers of ${zone}`;
  return orOk(findings, `${servers}: NS are the ${nameservers.length} of the policy`);
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
  const findings = child.flatMap((server): Finding[] => {
    const said = heard(server, domain, 'NS');
    if (said.kind === 'silent') {
      return [warn(`${server.label}: ${said.why}`, 'ask again later; if it stays so, the vendor')];
    }
    if (speaksFor(said)) return [];
    const what = said.rcode === 'NOERROR' ? 'speaks without authority' : `says ${said.rcode}`;
    return [
      fail(
        `${server.label} does not serve ${domain}: it ${what}`,
        `read the targets again (${TARGETS_ADVICE}); if they are these, ask the vendor`,
      ),
    ];
  });
  return orOk(findings, `all ${counted(child.length, 'target')} speak for ${domain}`);
}

/** Parent and child name the same servers: resolvers follow either. */
export function agreement({ domain }: Ingress, { zone, parent, child }: Facts): readonly Finding[] {
  const published = new Set(
    parent.flatMap((server) => delegatedTo(heard(server, domain, 'NS'), domain)),
  );
  const speakers = child.filter((server) => speaksFor(heard(server, domain, 'NS')));
  if (published.size === 0) return [skip('no delegation was seen that could be compared')];
  if (speakers.length === 0) return [skip(`nobody was found who speaks for ${domain}`)];
  const findings = speakers.flatMap((server): Finding[] => {
    const own = delegatedTo(heard(server, domain, 'NS'), domain);
    const onlyParent = [...published].filter((name) => !own.includes(name));
    const onlyChild = own.filter((name) => !published.has(name));
    if (onlyParent.length + onlyChild.length === 0) return [];
    const parts = [
      ...(onlyChild.length > 0 ? [`${listed(onlyChild, 9)} only there`] : []),
      ...(onlyParent.length > 0 ? [`${listed(onlyParent, 9)} only in ${zone}`] : []),
    ];
    return [
      fail(
        `${server.label} names other nameservers: ${parts.join(', ')}`,
        `correct the NS records in ${zone}; where they are the vendor's targets, ask the vendor`,
      ),
    ];
  });
  return orOk(findings, `${zone} and ${domain} name the same ${published.size} nameservers`);
}

/** True for an answer by a server that holds the zone. */
export function speaksFor(said: Said): boolean {
  return said.kind === 'said' && said.rcode === 'NOERROR' && said.authoritative;
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

/** The servers that told something, by the set of names they told. */
function bySet({ domain }: Ingress, parent: readonly ZoneServer[]): Map<string, ZoneServer[]> {
  const telling = parent.filter((server) => reasonOf(heard(server, domain, 'NS')) === undefined);
  return Map.groupBy(telling, (server) =>
    delegatedTo(heard(server, domain, 'NS'), domain).join(' '),
  );
}

function labelsOf(
  servers: readonly ZoneServer[],
  all: readonly ZoneServer[],
  zone: string,
): string {
  if (servers.length === all.length && all.length > 1) return `all servers of ${zone}`;
  return listed(servers.map(({ label }) => label));
}
