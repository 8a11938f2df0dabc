import { type Endpoint, formatUpstream } from '../../policy/endpoint.ts';
import { commentHeader } from '../advice.ts';
import type { Delegation } from '../records.ts';
import { type Format, textOf } from './format.ts';

export const dnsmasqFormat: Format = {
  id: 'dnsmasq',
  title: 'dnsmasq, split horizon',
  use: 'Put it into conf-dir, `dnsmasq --test`, restart.',
  print: (publication) => [
    {
      path: 'ingress.dnsmasq.conf',
      text: textOf([
        ...commentHeader(publication, 'dnsmasq way to a custom ingress', '#'),
        '# For a dnsmasq that asks others for the parent domain, or answers it itself: the longest',
        '# domain decides, so these lines win over server=, local= and address= of a parent.',
        ...publication.delegations.flatMap(linesFor),
      ]),
    },
  ],
};

function linesFor({ domain, forward }: Delegation): readonly string[] {
  const clear = forward.filter(({ tlsName }) => tlsName === undefined);
  const overTls = forward.filter(({ tlsName }) => tlsName !== undefined);
  return [
    '',
    ...overTls.map((upstream) => `# dnsmasq cannot ask over TLS: ${formatUpstream(upstream)}`),
    ...(clear.length === 0
      ? [
          '# No resolver in clear is under `forward`: the usual ones are asked (`#`). They must see the public DNS.',
          `server=/${domain}/#`,
        ]
      : clear.map((upstream) => `server=/${domain}/${serverOf(upstream)}`)),
  ];
}

function serverOf({ address, port }: Endpoint): string {
  return port === 53 ? address : `${address}#${port}`;
}
