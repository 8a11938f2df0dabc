import { readFileSync } from 'node:fs';
import { systemClock } from '../clock.ts';
import { createRandom } from '../dns/upstream/random.ts';
import { type Ingress, ingressOf } from '../ingress/ingress.ts';
import { publicationOf } from '../ingress/records.ts';
import type { Check } from '../ingress/verify/check.ts';
import type { AskedType, Said } from '../ingress/verify/facts.ts';
import { gather, type Lookups } from '../ingress/verify/gather.ts';
import { judgedOf } from '../ingress/verify/judged.ts';
import { verify } from '../ingress/verify.ts';
import { formatUpstream, type UpstreamAddress } from '../policy/endpoint.ts';
import type { Loaded } from '../policy/load.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Policy } from '../policy/policy.ts';
import { type Asker, createAsker } from './asking.ts';
import { UsageFailure } from './failure.ts';
import { meet } from './meeting.ts';
import { systemUpstreams } from './system-upstreams.ts';

/** Of which ingress, and whom to ask, where that is not what the policy and this machine say. */
export type VerifyWishes = {
  readonly domain?: readonly Name[];
  readonly resolver?: readonly UpstreamAddress[];
  readonly upstream?: readonly UpstreamAddress[];
  readonly parent?: readonly Address[];
  readonly connect?: true;
};

/** An ingress, and what came of looking at it. */
export type Verified = { readonly domain: Name; readonly checks: readonly Check[] };

/** Asks the network about each ingress. Throws UsageFailure where there is nothing to verify, or nobody to ask. */
export async function verifyIngress(
  { policy, ruleset, catalogue }: Loaded,
  wishes: VerifyWishes,
): Promise<readonly Verified[]> {
  const chosen = chosenOf(policy, wishes.domain);
  // Throws what cannot be verified since nobody has said what is to be there.
  publicationOf(policy.organisation.name, chosen);
  const asker = createAsker(createRandom(), systemClock);
  try {
    const lookups = lookupsOf(policy, wishes, asker);
    const verified: Verified[] = [];
    for (const entry of chosen) {
      const ingress = ingressOf(entry) as Ingress;
      const judged = judgedOf(ruleset, catalogue.services.get(entry.service));
      const facts = await gather(ingress, judged, lookups);
      verified.push({ domain: entry.domain, checks: verify(ingress, facts) });
    }
    return verified;
  } finally {
    asker.close();
  }
}

function chosenOf(
  { file, ingress }: Policy,
  domains: readonly Name[] | undefined,
): Policy['ingress'] {
  const chosen = ingress.filter(({ domain }) => domains?.includes(domain) ?? true);
  if (chosen.length > 0) return chosen;
  const known = ingress.map(({ domain }) => domain).join(', ');
  throw new UsageFailure(
    known === ''
      ? `${file} has no ingress; write its domain and nameservers there, or have \`tunnelwarden ingress import --write\` do it`
      : `${domains?.join(', ')} is not an ingress of ${file}; there is ${known}`,
  );
}

function lookupsOf({ resolver }: Policy, wishes: VerifyWishes, asker: Asker): Lookups {
  const here = wishes.resolver ?? ofThisMachine();
  const outside = wishes.upstream ?? (resolver.upstreams.length > 0 ? resolver.upstreams : here);
  if (outside.length === 0) {
    throw new UsageFailure(
      'there is no resolver to ask: /etc/resolv.conf names none; give --resolver ADDR:PORT',
    );
  }
  const recursive = (server: UpstreamAddress) => (name: Name, type: AskedType) =>
    asker.ask(server, name, type, 'recursive');
  return {
    ask: (address, name, type) => asker.ask({ address, port: 53 }, name, type, 'direct'),
    outside: {
      label: outside.map(formatUpstream).join(', '),
      ask: (name, type) => firstOf(outside.map((server) => () => recursive(server)(name, type))),
    },
    resolvers: here.map((server) => ({ label: formatUpstream(server), ask: recursive(server) })),
    ...(wishes.parent ? { parent: wishes.parent } : {}),
    ...(wishes.connect ? { meet } : {}),
    now: Date.now(),
  };
}

/** The first answer that is one; what the last said where none is. */
async function firstOf(asks: readonly (() => Promise<Said>)[]): Promise<Said> {
  let said: Said = { kind: 'silent', why: 'nobody was asked' };
  for (const ask of asks) {
    said = await ask();
    if (said.kind === 'said' && /^(?:NOERROR|NXDOMAIN)$/.test(said.rcode)) return said;
  }
  return said;
}

function ofThisMachine(): readonly UpstreamAddress[] {
  try {
    return systemUpstreams(readFileSync('/etc/resolv.conf', 'utf8'), [], []);
  } catch {
    return [];
  }
}
