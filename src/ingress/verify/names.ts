import type { Name } from '../../policy/name.ts';
import type { Address } from '../../policy/network.ts';
import type { Ingress } from '../ingress.ts';
import { counted, type Finding, fail, listed, merged, orOk, skip, warn } from './check.ts';
import { speakersOf } from './delegation.ts';
import { type Facts, heard, type Said, type Witness } from './facts.ts';
import { addressesOf, answersOf } from './found.ts';
import { dialledNames } from './gather.ts';

const FAMILIES = ['A', 'AAAA'] as const;

/** Every name that agents dial has an address at the vendor's servers. */
export function names(ingress: Ingress, { child }: Facts): readonly Finding[] {
  const { domain } = ingress;
  const speakers = speakersOf(ingress, child);
  if (speakers.length === 0) return [skip(`nobody was found who speaks for ${domain}`)];
  const findings = merged(
    dialledNames(ingress).flatMap((name): (readonly [string, Finding])[] => {
      const without = speakers.filter((server) => isWithout(server, name));
      if (without.length === 0) return [];
      const everywhere = without.length === speakers.length;
      const why = `no address at ${everywhere ? 'the vendor' : listed(without.map(labelOf))}`;
      // Agents may be given regional names only, and then nobody dials the bare domain.
      return [[name, isBare(ingress, name) ? warn(why, DIAL_REGION) : fail(why, CORRECT)]];
    }),
  );
  const told = ingress.names.length > 0 ? '' : '; the policy lists no regional names';
  return orOk(findings, `${counted(dialledNames(ingress).length, 'name')} with addresses${told}`);
}

/** The same where clients ask. */
export function resolver(ingress: Ingress, facts: Facts): readonly Finding[] {
  const { resolvers } = facts;
  if (resolvers.length === 0)
    return [skip('no resolver to ask is known', 'name one by --resolver')];
  const vendors = new Set(addressesAt(ingress, facts.child));
  const findings = resolvers.flatMap((server): readonly Finding[] => {
    const all = dialledNames(ingress);
    if (all.every((name) => isSilent(server, name))) {
      const why = reasonAt(server, ingress.domain);
      return [fail(`${server.label}: ${why}`, 'see that it runs and answers this machine')];
    }
    const told = all.flatMap((name): (readonly [string, Finding])[] => {
      const finding = atResolver(ingress, facts, server, name, vendors);
      return finding ? [[name, finding]] : [];
    });
    return merged(told);
  });
  const labels = listed(resolvers.map(({ label }) => label));
  return orOk(findings, `${labels}: ${counted(dialledNames(ingress).length, 'name')} found`);
}

function atResolver(
  ingress: Ingress,
  { child, judged }: Facts,
  server: Witness,
  name: Name,
  vendors: ReadonlySet<Address>,
): Finding | undefined {
  const addresses = at(server, name);
  if (addresses.length === 0) {
    const isKnown = isBare(ingress, name) && child.some((one) => isWithout(one, name));
    return isKnown ? undefined : fail(`${reasonAt(server, name)} at ${server.label}`, SPLIT);
  }
  if (addresses.some((address) => judged.refusers.includes(address))) {
    return fail(`refused at ${server.label}`, 'allow it in the policy of this resolver');
  }
  if (vendors.size === 0 || addresses.some((address) => vendors.has(address))) return undefined;
  return warn(
    `${listed(addresses)} at ${server.label}, which no server of the vendor says`,
    'look for data of this name in an internal view, and remove it',
  );
}

/** The domain itself, where there are regional names to dial in its place. */
function isBare({ domain, names }: Ingress, name: Name): boolean {
  return name === domain && names.length > 0;
}

const DIAL_REGION = 'have agents dial a regional name';
const CORRECT =
  'correct ingress.names (`tunnelwarden ingress import` reads region_domains), or ask the vendor';
const SPLIT =
  'where an internal view hides the delegation, set ingress.forward for our resolver, or see `tunnelwarden ingress records --format unbound`, bind or dnsmasq';

/** All addresses of the ingress that some servers tell. */
export function addressesAt(ingress: Ingress, servers: readonly Witness[]): readonly Address[] {
  return servers.flatMap((server) => dialledNames(ingress).flatMap((name) => at(server, name)));
}

/** The addresses of a name that a server tells. */
export function at(server: Witness, name: Name): readonly Address[] {
  return FAMILIES.flatMap((type) => addressesOf(heard(server, name, type)));
}

function isSilent(server: Witness, name: Name): boolean {
  return FAMILIES.every((type) => heard(server, name, type).kind === 'silent');
}

/** True where a server knows that there is no address: not for one that is silent, or sends elsewhere. */
function isWithout(server: Witness, name: Name): boolean {
  const said = FAMILIES.map((type) => heard(server, name, type));
  return said.every((one) => one.kind === 'said' && one.authoritative) && !said.some(leadsOn);
}

function leadsOn(said: Said): boolean {
  return addressesOf(said).length > 0 || answersOf(said, 'CNAME').length > 0;
}

function reasonAt(server: Witness, name: Name): string {
  const said = FAMILIES.map((type) => heard(server, name, type));
  const rcodes = said.map((one) => (one.kind === 'silent' ? one.why : one.rcode));
  const odd = rcodes.find((rcode) => rcode !== 'NOERROR');
  return odd ?? 'no address';
}

function labelOf({ label }: Witness): string {
  return label;
}
