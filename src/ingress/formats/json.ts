import { formatUpstream } from '../../policy/endpoint.ts';
import { jsonLine } from '../../text.ts';
import { caaOf } from '../advice.ts';
import { type Delegation, STRANGE_TYPES } from '../records.ts';
import { type Format, textOf } from './format.ts';
import { masterRecords } from './master.ts';

export const jsonFormat: Format = {
  id: 'json',
  title: 'JSON, for programs',
  use: 'One object: the records of each domain, and what may and must not stand beside them.',
  print: ({ organisation, digest, delegations }) => [
    {
      path: 'ingress.json',
      text: textOf([jsonLine({ organisation, digest, ingress: delegations.map(entryFor) })]),
    },
  ],
};

function entryFor(delegation: Delegation) {
  const { domain, zone, names, issuer, forward } = delegation;
  return {
    domain,
    zone,
    records: masterRecords(delegation),
    absent: { atOrBelow: domain, types: STRANGE_TYPES, ds: delegation.ds.length === 0 },
    caa: caaOf(delegation) ?? null,
    issuer,
    names,
    forward: forward.map(formatUpstream),
  };
}
