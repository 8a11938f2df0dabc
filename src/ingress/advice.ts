import { parentOf } from '../policy/name.ts';
import { printable } from '../text.ts';
import { type Delegation, type Publication, STRANGE_TYPES } from './records.ts';

/** What every file says of itself at its top, a line each, in printable ASCII. */
export function headerLines(
  { organisation, digest, delegations }: Publication,
  title: string,
): readonly string[] {
  return [
    `tunnelwarden: ${title} for ${organisation}`,
    `ingress: ${delegations.map(({ domain }) => domain).join(', ')}`,
    `records ${digest}`,
    'Made by `tunnelwarden ingress records`; change the policy, not this file.',
  ].map(printable);
}

/** The header as comments of a dialect, and one empty comment line behind it. */
export function commentHeader(publication: Publication, title: string, mark: string): string[] {
  return [...headerLines(publication, title).map((line) => `${mark} ${line}`), mark];
}

/** What an admin has to know of a delegation that is about to be published, a sentence each. */
export function adviceOf(delegation: Delegation): readonly string[] {
  const { domain, zone, ds } = delegation;
  const caa = caaOf(delegation);
  return [
    `${domain} is handed over to the service: what lies below it, addresses and certificates, is the service's.`,
    `Keep ${STRANGE_TYPES.join(', ')} records at or below ${domain} out of ${zone}: they would hide the delegation, or it them.`,
    ds.length > 0
      ? 'DS: when the service changes the keys of its zone, these have to change before.'
      : 'No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.',
    ...(caa === undefined
      ? []
      : [`CAA: where ${caa.owner} or a domain above it has CAA records, one must be: ${caa.data}`]),
  ];
}

/** What the nearest CAA records above the domain must hold, if there are any (RFC 8659 section 3). */
export function caaOf({ issuer, domain }: Delegation) {
  if (issuer !== 'letsencrypt') return undefined;
  return { owner: parentOf(domain), data: '0 issue "letsencrypt.org"' } as const;
}

/** The advice as comments. */
export function adviceComments(delegation: Delegation, mark: string): readonly string[] {
  return adviceOf(delegation).map((line) => `${mark} ${line}`);
}
