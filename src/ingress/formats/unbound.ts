import { formatUpstream } from '../../policy/endpoint.ts';
import { commentHeader } from '../advice.ts';
import type { Delegation } from '../records.ts';
import { absolute, type Format, textOf } from './format.ts';

export const unboundFormat: Format = {
  id: 'unbound',
  title: 'Unbound, split horizon',
  use: '`include: "…/ingress.unbound.conf"` at the top level of unbound.conf, `unbound-checkconf`, reload.',
  print: (publication) => [
    {
      path: 'ingress.unbound.conf',
      text: textOf([
        ...commentHeader(publication, 'Unbound way to a custom ingress', '#'),
        '# For an Unbound that asks others for the parent domain, or answers it itself: the longest',
        '# name decides. A local zone of the parent is opened for it.',
        ...publication.delegations.flatMap(linesFor),
      ]),
    },
  ],
};

function linesFor(delegation: Delegation): readonly string[] {
  const name = `"${absolute(delegation.domain)}"`;
  return [
    '',
    'server:',
    `  local-zone: ${name} transparent`,
    ...insecureLines(delegation, name),
    ...(delegation.forward.length > 0
      ? forwardLines(delegation, name)
      : [
          '# Its nameservers are asked themselves, found by their names.',
          'stub-zone:',
          `  name: ${name}`,
          ...delegation.nameservers.map((target) => `  stub-host: "${absolute(target)}"`),
        ]),
  ];
}

/** An internal view cannot prove that there is no DS, so a validator would refuse all answers. */
function insecureLines({ ds }: Delegation, name: string): readonly string[] {
  if (ds.length > 0) return [];
  return [
    '  # Not signed, and an internal view of the parent cannot prove it.',
    `  domain-insecure: ${name}`,
  ];
}

/** TLS is on or off for a whole zone; where some resolvers offer it, none is asked in clear. */
function forwardLines({ forward }: Delegation, name: string): readonly string[] {
  const overTls = forward.filter(({ tlsName }) => tlsName !== undefined);
  const asked = overTls.length > 0 ? overTls : forward;
  const left = forward.filter((upstream) => !asked.includes(upstream));
  return [
    ...left.map(
      (upstream) => `# Not asked, as the others are asked over TLS: ${formatUpstream(upstream)}`,
    ),
    ...(overTls.length > 0
      ? ['# It needs tls-cert-bundle or tls-system-cert under server: to check names.']
      : []),
    'forward-zone:',
    `  name: ${name}`,
    ...(overTls.length > 0 ? ['  forward-tls-upstream: yes'] : []),
    ...asked.map(
      ({ address, port, tlsName }) =>
        `  forward-addr: ${address}@${port}${tlsName === undefined ? '' : `#${tlsName}`}`,
    ),
  ];
}
