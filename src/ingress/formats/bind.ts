import { formatUpstream } from '../../policy/endpoint.ts';
import { commentHeader } from '../advice.ts';
import type { Delegation } from '../records.ts';
import { absolute, type Format, textOf } from './format.ts';

export const bindFormat: Format = {
  id: 'bind',
  title: 'BIND, split horizon',
  use: '`include "…/ingress.named.conf";` in named.conf (in the view that needs it), `named-checkconf`, `rndc reconfig`.',
  print: (publication) => [
    {
      path: 'ingress.named.conf',
      text: textOf([
        ...commentHeader(publication, 'BIND way to a custom ingress', '//'),
        '// For a named that asks others for the parent zone, or is authoritative for it in an internal view.',
        '// Where dnssec-validation is on and the parent is signed outside only, name the domain in',
        '// validate-except.',
        ...publication.delegations.flatMap(linesFor),
      ]),
    },
  ],
};

function linesFor(delegation: Delegation): readonly string[] {
  const { domain, zone, forward, nameservers } = delegation;
  const clear = forward.filter(({ tlsName }) => tlsName === undefined);
  const overTls = forward.filter(({ tlsName }) => tlsName !== undefined);
  const notes = overTls.map(
    // Before 9.20 there is no way to say it, and one that is not understood stops the server.
    (upstream) =>
      `// Not every named can ask over TLS, so this one is not: ${formatUpstream(upstream)}`,
  );
  if (clear.length === 0) {
    return [
      '',
      ...notes,
      '// Its nameservers are asked themselves, found by their names.',
      `zone "${domain}" {`,
      '    type static-stub;',
      `    server-names { ${nameservers.map((target) => `"${absolute(target)}"; `).join('')}};`,
      '};',
    ];
  }
  return [
    '',
    ...notes,
    `// A named that is authoritative for ${zone} forwards below it only where ${zone} delegates:`,
    '// put the records of `--format zone` there as well.',
    `zone "${domain}" {`,
    '    type forward;',
    '    forward only;',
    `    forwarders { ${clear.map(({ address, port }) => `${address} port ${port}; `).join('')}};`,
    '};',
  ];
}
