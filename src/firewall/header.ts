import { printable } from '../text.ts';
import type { Plan } from './backend.ts';

/**
 * What every artifact says of itself at its top, a line each, without comment marks: whose it is,
 * which policy it came from, what it cannot enforce. Printable ASCII only, whatever a name or reason
 * holds, so no line can end a comment. No dates: an unchanged policy gives an unchanged file.
 */
export function headerLines(plan: Plan, title: string): readonly string[] {
  const { organisation, digest, ingress, gaps, cannot, collisions } = plan;
  return [
    `tunnelwarden: ${title} for ${organisation.name}`,
    `policy ${digest}`,
    `sanctioned: ${ingress.join(', ') || 'no ingress is named'}`,
    'Made by `tunnelwarden generate`; change the policy, not this file.',
    ...(gaps.length + cannot.length > 0 ? ['', 'Not enforced by this file:'] : []),
    ...gaps.map(({ about, text }) => `- ${about}: ${text}`),
    ...cannot.map((text) => `- ${text}`),
    ...(collisions.length > 0 ? ['', 'Addresses that the sanctioned ingress shares:'] : []),
    ...collisions.map(
      ({ address, sanctioned, blocked }) =>
        `- ${address}: ${sanctioned.join(', ')} beside ${blocked.join(', ')}`,
    ),
  ].map(printable);
}

/** The header as comment lines of a dialect whose comments begin with `mark`. */
export function commentHeader(plan: Plan, title: string, mark: string): readonly string[] {
  return headerLines(plan, title).map((line) => (line === '' ? mark : `${mark} ${line}`));
}
