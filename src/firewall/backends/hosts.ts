import { type Address, isIpv4 } from '../../policy/network.ts';
import type { Backend, Plan } from '../backend.ts';
import { commentHeader } from '../header.ts';
import { effectOf, isBlocked, plainBelowRoot, type Said, withReasons, zoneOf } from '../zone.ts';

const TITLE = 'hosts file';

export const hostsBackend: Backend = {
  id: 'hosts',
  title: TITLE,
  enforces: ['dns-name', 'exact', 'exception'],
  sni: [],
  use: 'Append it to the hosts file of a machine, or serve it to whatever reads lists in that form.',
  cannot: [
    'A line is about one name: names below a refused one stay open, but for those known today.',
    'A refused name gets the unspecified address or the sinkhole; NXDOMAIN, NODATA and REFUSED cannot be said.',
    'Only addresses are answered so: other types are asked for as usual.',
  ],
  print: (plan) => [{ path: 'hosts', text: print(plan) }],
};

function print(plan: Plan): string {
  const { nodes, omitted } = zoneOf(plan.names, plainBelowRoot);
  const said: Said[] = [];
  const rest = [...omitted];
  const sink = bothFamilies(plan.refusal.addresses);
  const nowhere = bothFamilies([]);
  for (const { name, own, below, said: isSaid } of nodes) {
    if (!isSaid) continue;
    if (isBlocked(own)) {
      const addresses = effectOf(own) === 'sinkhole' ? sink : nowhere;
      for (const address of addresses) said.push({ line: `${address} ${name}`, entry: own });
    } else if (isBlocked(below)) {
      rest.push({ pattern: `*.${name}`, why: 'only single names can be listed' });
    }
  }
  return `${[
    ...commentHeader(plan, TITLE, '#'),
    '#',
    '# Append it to a hosts file; the lines of localhost are not in it.',
    '',
    ...withReasons(said, rest, '#'),
  ].join('\n')}\n`;
}

/** A family without a line would be asked for upstream, so each gets one. */
function bothFamilies(addresses: readonly Address[]): readonly string[] {
  const v4 = addresses.filter(isIpv4);
  const v6 = addresses.filter((address) => !isIpv4(address));
  return [...(v4.length > 0 ? v4 : ['0.0.0.0']), ...(v6.length > 0 ? v6 : ['::'])];
}
