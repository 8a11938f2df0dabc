import { adviceComments, commentHeader } from '../advice.ts';
import { byZone, type Delegation, STRANGE_TYPES } from '../records.ts';
import { absolute, type Format, textOf } from './format.ts';
import { masterRecords } from './master.ts';

export const nsupdateFormat: Format = {
  id: 'nsupdate',
  title: 'dynamic update (RFC 2136)',
  use: '`nsupdate -k KEYFILE FILE`; in front of the first line say `server ADDRESS` where it is not the SOA.',
  print: (publication) => [
    {
      path: 'ingress.nsupdate',
      text: textOf([
        ...commentHeader(publication, 'dynamic update for a custom ingress', ';'),
        '; Each zone is updated as a whole or not at all. YXRRSET: something stands where the',
        '; delegation is to be; remove it first.',
        ...byZone(publication.delegations).flatMap(([zone, delegations]) => [
          '',
          `zone ${absolute(zone)}`,
          ...delegations.flatMap(linesFor),
          'send',
        ]),
      ]),
    },
  ],
};

function linesFor(delegation: Delegation): readonly string[] {
  const owner = absolute(delegation.domain);
  return [
    ...adviceComments(delegation, ';'),
    // Else a server would pass over an NS record beside a CNAME in silence (RFC 2136 section 3.4.2.2).
    ...STRANGE_TYPES.map((type) => `prereq nxrrset ${owner} ${type}`),
    `update delete ${owner} NS`,
    `update delete ${owner} DS`,
    ...masterRecords(delegation).map(
      ({ ttl, type, data }) => `update add ${owner} ${ttl} ${type} ${data}`,
    ),
  ];
}
