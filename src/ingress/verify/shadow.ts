import type { Name } from '../../policy/name.ts';
import type { Ingress } from '../ingress.ts';
import { STRANGE_TYPES } from '../records.ts';
import { type Finding, fail, listed, orOk, skip } from './check.ts';
import { type Facts, heard, type ZoneServer } from './facts.ts';
import { dialledNames, isOwnZone } from './gather.ts';

/** Nothing at or below the domain is answered by the parent's servers themselves: it is not theirs any more. */
export function shadow(ingress: Ingress, { zone, parent }: Facts): readonly Finding[] {
  const { domain, nameservers } = ingress;
  // A vendor may serve the parent zone too; its answers about the child are the child's.
  const others = parent.filter(
    ({ name, ...server }) =>
      (name === undefined || !nameservers.includes(name)) &&
      heard(server, domain, 'NS').kind === 'said',
  );
  if (others.length === 0) return [skip(`no server of ${zone} could be asked`)];
  const copies = others.filter((server) => isOwnZone(heard(server, domain, 'NS'), domain));
  const findings = copies.map(({ label }) =>
    fail(
      `${label} has a zone ${domain} of its own, which hides the vendor's`,
      `remove that zone there, and delegate ${domain} in ${zone}`,
    ),
  );
  for (const name of dialledNames(ingress)) {
    for (const [types, servers] of beside(name, others)) {
      if (servers.every((server) => copies.includes(server))) continue;
      findings.push(
        fail(
          `${listed(servers.map(({ label }) => label))}: ${types} at ${name}`,
          `remove it from ${zone}, or the wildcard it comes from; the names at and below ${domain} are the vendor's`,
        ),
      );
    }
  }
  return orOk(
    findings,
    `${zone} has no ${STRANGE_TYPES.join(', ')} at ${domain} or the names below it`,
  );
}

/** What servers hold at a name with authority, the servers by the types. */
function beside(name: Name, servers: readonly ZoneServer[]): Map<string, ZoneServer[]> {
  const byTypes = Map.groupBy(servers, (server) => {
    const found = STRANGE_TYPES.flatMap((type) => {
      const said = heard(server, name, type);
      if (said.kind === 'silent' || !said.authoritative) return [];
      // What a CNAME leads to stands elsewhere.
      return said.answers.filter(({ owner }) => owner === name).map((record) => record.type);
    });
    return [...new Set(found)].join(', ');
  });
  byTypes.delete('');
  return byTypes;
}
