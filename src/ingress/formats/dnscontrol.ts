import { adviceComments, commentHeader } from '../advice.ts';
import { byZone, type Delegation } from '../records.ts';
import { absolute, type Format, textOf } from './format.ts';

export const dnscontrolFormat: Format = {
  id: 'dnscontrol',
  title: 'DNSControl',
  use: 'require() it in dnsconfig.js below the D() of the zone, then `dnscontrol preview`.',
  print: (publication) => [
    {
      path: 'ingress.js',
      text: textOf([
        ...commentHeader(publication, 'DNSControl records of a custom ingress', '//'),
        '// Each D_EXTEND adds to a D() of the same zone, which stands above it.',
        ...byZone(publication.delegations).flatMap(([zone, delegations]) => [
          '',
          `D_EXTEND(${JSON.stringify(zone)},`,
          ...separated(delegations.flatMap(entriesFor)),
          ');',
        ]),
      ]),
    },
  ],
};

type Line = { readonly text: string; readonly isComment: boolean };

/** DNSControl reads an older JavaScript, in which no comma may stand behind the last argument. */
function separated(lines: readonly Line[]): readonly string[] {
  const last = lines.findLastIndex(({ isComment }) => !isComment);
  return lines.map(({ text, isComment }, i) => `  ${text}${isComment || i === last ? '' : ','}`);
}

function entriesFor(delegation: Delegation): readonly Line[] {
  const { child, ttl, nameservers, ds } = delegation;
  const label = JSON.stringify(child);
  const calls = [
    ...nameservers.map(
      (target) => `NS(${label}, ${JSON.stringify(absolute(target))}, TTL(${ttl}))`,
    ),
    ...ds.map(
      ({ keyTag, algorithm, digestType, digest }) =>
        `DS(${label}, ${keyTag}, ${algorithm}, ${digestType}, ${JSON.stringify(digest)}, TTL(${ttl}))`,
    ),
  ];
  return [
    ...adviceComments(delegation, '//').map((text) => ({ text, isComment: true })),
    ...calls.map((text) => ({ text, isComment: false })),
  ];
}
