import { adviceComments, commentHeader } from '../advice.ts';
import { byZone, type Delegation } from '../records.ts';
import { type Format, textOf } from './format.ts';
import { masterRecords } from './master.ts';

export const zoneFormat: Format = {
  id: 'zone',
  title: 'master file fragment (BIND, NSD, Knot)',
  use: '$INCLUDE it in the parent zone, raise the serial, reload.',
  print: (publication) =>
    byZone(publication.delegations).map(([zone, delegations]) => ({
      path: `${zone}.zone`,
      text: textOf([
        ...commentHeader(
          { ...publication, delegations },
          `records in ${zone} of a custom ingress`,
          ';',
        ),
        '; Names are whole and TTLs are said, so $ORIGIN and $TTL around it do not matter.',
        ...delegations.flatMap(linesFor),
      ]),
    })),
};

function linesFor(delegation: Delegation): readonly string[] {
  return [
    '',
    ...adviceComments(delegation, ';'),
    ...masterRecords(delegation).map(
      ({ owner, ttl, type, data }) => `${owner} ${ttl} IN ${type} ${data}`,
    ),
  ];
}
