import { createHash } from 'node:crypto';
import type { UpstreamAddress } from '../policy/endpoint.ts';
import { isAtOrBelow, labelsOf, type Name, parentOf, ROOT } from '../policy/name.ts';
import { InputError, type Problem } from '../policy/problem.ts';
import { type Ingress, type IngressEntry, ingressOf, TARGETS_ADVICE } from './ingress.ts';

/** The data of a DS record (RFC 4034 section 5.1). */
export type Ds = {
  readonly keyTag: number;
  readonly algorithm: number;
  readonly digestType: number;
  readonly digest: string;
};

/** What is to stand in the parent zone of an ingress, and what a resolver needs that does not see it. */
export type Delegation = Omit<Ingress, 'ds'> & {
  /** The zone the records go into. */
  readonly zone: Name;
  /** The domain as seen from the zone: `tunnels`. */
  readonly child: string;
  readonly ds: readonly Ds[];
  readonly forward: readonly UpstreamAddress[];
};

/** What a format prints. */
export type Publication = {
  readonly organisation: string;
  /** Changes exactly when something to publish does; no dates, so that an unchanged policy gives an unchanged file. */
  readonly digest: string;
  readonly delegations: readonly Delegation[];
};

/** Types that people put beside a delegation; whatever else stands there is hidden by it as well. */
export const STRANGE_TYPES = ['A', 'AAAA', 'CNAME', 'TXT'] as const;

/**
 * What is to be published for some ingresses. The zone is the one above each domain, unless it is given.
 * Throws InputError with the faults of all.
 */
export function publicationOf(
  organisation: string,
  entries: readonly IngressEntry[],
  zone?: Name,
): Publication {
  const problems = entries.flatMap((entry) => faultsOf(entry, zone));
  if (problems.length > 0) throw new InputError(problems);
  const delegations = entries.flatMap((entry) => delegationOf(entry, zone));
  const digest = createHash('sha256').update(JSON.stringify([organisation, delegations]));
  return { organisation, digest: digest.digest('hex').slice(0, 16), delegations };
}

function delegationOf(entry: IngressEntry, zone = parentOf(entry.domain)): Delegation[] {
  const ingress = ingressOf(entry);
  if (ingress === undefined) return [];
  const labels = labelsOf(entry.domain);
  const child = labels.slice(0, labels.length - labelsOf(zone).length).join('.');
  return [{ ...ingress, zone, child, ds: ingress.ds.map(dsOf), forward: entry.forward }];
}

/** The schema has seen to its form. */
function dsOf(text: string): Ds {
  const [keyTag, algorithm, digestType, digest = ''] = text.split(' ');
  return {
    keyTag: Number(keyTag),
    algorithm: Number(algorithm),
    digestType: Number(digestType),
    digest,
  };
}

/** Hexadecimal digits of a digest by its type (RFC 4509, RFC 6605): a server takes no other number. */
const DIGEST_LENGTHS: Readonly<Record<number, number>> = { 1: 40, 2: 64, 4: 96 };

function dsFaults(text: string): readonly string[] {
  const { keyTag, algorithm, digestType, digest } = dsOf(text);
  const length = DIGEST_LENGTHS[digestType];
  if (keyTag > 65_535 || algorithm > 255) {
    return [`the DS ${text} has a number that is too big; copy it again`];
  }
  if (length === undefined) {
    return [`the DS ${text} has a digest of type ${digestType}; give the one of type 2 (SHA-256)`];
  }
  if (digest.length === length) return [];
  return [`the DS ${text} has ${digest.length} digits, not ${length}; copy all of it`];
}

/** A name of letters, digits, hyphens and underscores, which means itself in every format. */
export function isPlain(name: Name): boolean {
  return /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name);
}

function faultsOf(entry: IngressEntry, zone: Name | undefined): readonly Problem[] {
  const { domain, nameservers, ds, from } = entry;
  const fault = (message: string): Problem => ({
    severity: 'error',
    place: from,
    path: 'ingress',
    message: `${domain}: ${message}`,
  });
  const faults: Problem[] = ds.flatMap(dsFaults).map(fault);
  if (nameservers.length === 0) {
    faults.push(fault(`where it is delegated to is not known: set nameservers; ${TARGETS_ADVICE}`));
  }
  if (!isPlain(domain)) {
    faults.push(fault('agents cannot dial a name with such characters; correct the domain'));
  } else if (zone !== undefined && (domain === zone || !isAtOrBelow(domain, zone))) {
    faults.push(
      fault(`it is not below the zone ${zone}; name another zone, or choose by --domain`),
    );
  } else if (zone === undefined && parentOf(domain) === ROOT) {
    faults.push(fault('nothing but the root is above it; write the whole domain'));
  }
  for (const target of nameservers) {
    if (!isPlain(target)) faults.push(fault(`${target} is not the name of a host; correct it`));
    // Its address would have to stand in the parent zone too, and nobody tells it.
    else if (isAtOrBelow(target, domain)) {
      faults.push(fault(`its nameserver ${target} is inside it; ${TARGETS_ADVICE}`));
    }
  }
  return faults;
}

/** The delegations of each parent zone, in the order of the policy. */
export function byZone(
  delegations: readonly Delegation[],
): readonly (readonly [zone: Name, own: readonly Delegation[]])[] {
  return [...Map.groupBy(delegations, ({ zone }) => zone)];
}
