import { type Name, parentOf, ROOT } from '../../policy/name.ts';
import { type Address, isIpv4 } from '../../policy/network.ts';
import type { Ingress } from '../ingress.ts';
import {
  type AskedType,
  type Facts,
  heard,
  keyOf,
  type Met,
  type Question,
  type Said,
  type Witness,
  type ZoneServer,
} from './facts.ts';
import { addressesOf, answersOf, nameIn } from './found.ts';
import type { Judged } from './judged.ts';

type Ask = (name: Name, type: AskedType) => Promise<Said>;

/** The ways to find things out. None of them throws: that nobody answers is a fact. */
export type Lookups = {
  /** Asks one server of a zone, without recursion. */
  readonly ask: (server: Address, name: Name, type: AskedType) => Promise<Said>;
  /** Asks whoever sees the public DNS. */
  readonly outside: { readonly label: string; readonly ask: Ask };
  /** The resolvers that clients here ask. */
  readonly resolvers: readonly { readonly label: string; readonly ask: Ask }[];
  /** Servers to take for those of the parent zone. */
  readonly parent?: readonly Address[];
  /** Says how the TLS handshake with a door goes; left out where nobody wants that. */
  readonly meet?: (name: Name, address: Address) => Promise<Met>;
  readonly now: number;
};

/** Servers of a zone that are asked; the root has 13, and nobody needs more. */
const SERVERS = 13;
/** What people put beside a delegation, and CNAME, which hides all else. */
const SHADOWS = ['A', 'AAAA', 'CNAME', 'TXT'] as const;
const FAMILIES = ['A', 'AAAA'] as const;

/** The names that agents dial, the domain first. */
export function dialledNames({ domain, names }: Ingress): readonly Name[] {
  return [...new Set([domain, ...names])];
}

/** Finds out all that is to be known of an ingress. */
export async function gather(ingress: Ingress, judged: Judged, lookups: Lookups): Promise<Facts> {
  const [servers, resolvers, outside] = await Promise.all([
    gatherServers(ingress, lookups),
    Promise.all(
      lookups.resolvers.map(({ label, ask }) =>
        witnessOf(label, ask, questionsToResolvers(ingress, judged)),
      ),
    ),
    witnessOf(lookups.outside.label, lookups.outside.ask, questionsOutside(ingress, judged)),
  ]);
  const met = await meetAll(ingress, resolvers, lookups);
  return { ...servers, resolvers, outside, judged, ...(met ? { met } : {}), now: lookups.now };
}

async function gatherServers(
  ingress: Ingress,
  lookups: Lookups,
): Promise<Pick<Facts, 'zone' | 'parent' | 'child'>> {
  const { domain, nameservers } = ingress;
  const zone = await zoneAbove(domain, lookups);
  const parent = lookups.parent
    ? await Promise.all(
        lookups.parent.map((address) =>
          serverOf(address, [address], questionsToParent(ingress), lookups),
        ),
      )
    : await serversOf(await nameserversOf(zone, lookups), questionsToParent(ingress), lookups);
  // Both what the policy says and what is published, which may be another.
  const published = parent.flatMap((server) => publishedBy(server, ingress));
  const names = [...new Set([...nameservers, ...published])];
  const child = await serversOf(names, questionsToChild(ingress), lookups);
  return { zone, parent, child };
}

/** Where a server of the parent zone delegates the domain to. A zone of its own there is no delegation. */
export function publishedBy(server: ZoneServer, { domain, nameservers }: Ingress): readonly Name[] {
  const said = heard(server, domain, 'NS');
  // A vendor may serve the parent zone too; its answers about the child are the child's.
  const isTarget = server.name !== undefined && nameservers.includes(server.name);
  return isOwnZone(said, domain) && !isTarget ? [] : namedFor(said, domain);
}

/** NS that come as an answer with authority: a delegation is a referral, without. */
export function isOwnZone(said: Said, domain: Name): boolean {
  return (
    said.kind === 'said' &&
    said.authoritative &&
    said.answers.some(({ type, owner }) => type === 'NS' && owner === domain)
  );
}

/** The nameservers that an answer has for the domain, be it a referral or the zone's own word. */
export function namedFor(said: Said, domain: Name): readonly Name[] {
  if (said.kind === 'silent') return [];
  const records = [...said.answers, ...said.authorities];
  const own = records.filter(({ type, owner }) => type === 'NS' && owner === domain);
  return [...new Set(own.map(nameIn))].sort();
}

/** The zone that the domain's parent lies in, by the SOA record that comes with every answer about it. */
async function zoneAbove(domain: Name, { parent, ask, outside }: Lookups): Promise<Name> {
  const above = parentOf(domain);
  const [server] = parent ?? [];
  const said =
    server === undefined ? await outside.ask(above, 'SOA') : await ask(server, above, 'SOA');
  if (said.kind === 'silent') return above;
  const soa = [...said.answers, ...said.authorities].find(({ type }) => type === 'SOA');
  return soa?.owner ?? above;
}

async function nameserversOf(zone: Name, { outside }: Lookups): Promise<readonly Name[]> {
  return answersOf(await outside.ask(zone, 'NS'), 'NS')
    .map(nameIn)
    .sort();
}

function serversOf(
  names: readonly Name[],
  questions: readonly Question[],
  lookups: Lookups,
): Promise<readonly ZoneServer[]> {
  return Promise.all(
    names.slice(0, SERVERS).map(async (name) => {
      const said = await Promise.all(FAMILIES.map((type) => lookups.outside.ask(name, type)));
      const addresses = said.flatMap(addressesOf);
      return { ...(await serverOf(name, addresses, questions, lookups)), name };
    }),
  );
}

/** Asks a server at the first of its addresses that answers; IPv4 first, which is everywhere. */
async function serverOf(
  called: string,
  addresses: readonly Address[],
  questions: readonly Question[],
  { ask }: Lookups,
): Promise<Witness> {
  const [first, ...others] = questions as readonly [Question, ...Question[]];
  let said: Said = { kind: 'silent', why: 'its address is not known' };
  let label = called;
  for (const address of addresses.toSorted((a, b) => Number(isIpv4(b)) - Number(isIpv4(a)))) {
    label = called === address ? address : `${called} (${address})`;
    said = await ask(address, ...first);
    if (said.kind === 'silent') continue;
    const rest = await witnessOf(label, (name, type) => ask(address, name, type), others);
    return { label, answers: new Map([[keyOf(...first), said], ...rest.answers]) };
  }
  return { label, answers: new Map([[keyOf(...first), said]]) };
}

/** Asks everything at once. */
async function witnessOf(
  label: string,
  ask: Ask,
  questions: readonly Question[],
): Promise<Witness> {
  const answers = await Promise.all(
    questions.map(async ([name, type]) => [keyOf(name, type), await ask(name, type)] as const),
  );
  return { label, answers: new Map(answers) };
}

function questionsToParent(ingress: Ingress): readonly Question[] {
  const { domain } = ingress;
  return [[domain, 'NS'], [domain, 'DS'], ...across(dialledNames(ingress), SHADOWS)];
}

function questionsToChild(ingress: Ingress): readonly Question[] {
  const { domain } = ingress;
  return [[domain, 'NS'], [domain, 'DNSKEY'], ...across(dialledNames(ingress), FAMILIES)];
}

function questionsToResolvers(ingress: Ingress, { doors, support }: Judged): readonly Question[] {
  const names = [...dialledNames(ingress), ...[...doors, ...support].map(({ name }) => name)];
  return across(names, FAMILIES);
}

function questionsOutside({ domain }: Ingress, { doors }: Judged): readonly Question[] {
  return [
    ...across(namesUpTo(domain), ['CAA'] as const),
    ...across(
      doors.map(({ name }) => name),
      FAMILIES,
    ),
  ];
}

/** The domain and all above it but for the root: where CAA is looked for (RFC 8659 section 3). */
export function namesUpTo(domain: Name): readonly Name[] {
  return domain === ROOT ? [] : [domain, ...namesUpTo(parentOf(domain))];
}

function across(names: readonly Name[], types: readonly AskedType[]): readonly Question[] {
  return names.flatMap((name) => types.map((type) => [name, type] as const));
}

/** One handshake for each name that has an address where clients ask. */
async function meetAll(
  ingress: Ingress,
  resolvers: readonly Witness[],
  { meet }: Lookups,
): Promise<readonly Met[] | undefined> {
  if (meet === undefined) return undefined;
  const meetings = dialledNames(ingress).flatMap((name) => {
    const [address] = resolvers.flatMap((resolver) =>
      FAMILIES.flatMap((type) => addressesOf(heard(resolver, name, type))),
    );
    return address === undefined ? [] : [meet(name, address)];
  });
  return Promise.all(meetings);
}
