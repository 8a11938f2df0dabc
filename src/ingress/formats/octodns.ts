import { adviceComments, commentHeader } from '../advice.ts';
import { byZone, type Delegation, type Ds } from '../records.ts';
import { absolute, type Format, textOf } from './format.ts';

export const octodnsFormat: Format = {
  id: 'octodns',
  title: 'octoDNS zone file',
  use: 'Merge its keys into the YAML file of the zone, in their order, then `octodns-sync`.',
  print: (publication) =>
    byZone(publication.delegations).map(([zone, delegations]) => ({
      path: `${zone}.yaml`,
      text: textOf([
        '---',
        ...commentHeader(
          { ...publication, delegations },
          `records in ${zone} of a custom ingress`,
          '#',
        ),
        ...delegations.toSorted((a, b) => compareNaturally(a.child, b.child)).flatMap(linesFor),
      ]),
    })),
};

function linesFor(delegation: Delegation): readonly string[] {
  const { child, ttl, nameservers, ds } = delegation;
  return [
    ...adviceComments(delegation, '#'),
    // In quotes: a label of digits, or `no`, would be something else in YAML.
    `'${child}':`,
    ...(ds.length === 0
      ? []
      : [`  - ttl: ${ttl}`, '    type: DS', '    values:', ...ds.flatMap(dsLines)]),
    `  - ttl: ${ttl}`,
    '    type: NS',
    '    values:',
    ...nameservers.map((target) => `      - ${absolute(target)}`),
  ];
}

function dsLines({ keyTag, algorithm, digestType, digest }: Ds): readonly string[] {
  return [
    `      - algorithm: ${algorithm}`,
    `        digest: '${digest}'`,
    `        digest_type: ${digestType}`,
    `        key_tag: ${keyTag}`,
  ];
}

/** octoDNS refuses keys that are out of its order, in which numbers inside a text count as numbers. */
function compareNaturally(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/(\d+)/)) as [string[], string[]];
  const at = left.findIndex((part, i) => part !== right[i]);
  const [one, other] = [left[at] ?? '', right[at] ?? ''];
  if (at % 2 === 1 && Number(one) !== Number(other)) return Number(one) - Number(other);
  return one < other ? -1 : 1;
}
