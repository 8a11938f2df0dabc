import { adviceComments, commentHeader } from '../advice.ts';
import type { Delegation } from '../records.ts';
import { type Format, textOf } from './format.ts';

export const externaldnsFormat: Format = {
  id: 'externaldns',
  title: 'ExternalDNS DNSEndpoint',
  use: '`kubectl apply -f FILE`, where ExternalDNS runs with --source=crd and --managed-record-types=NS.',
  print: (publication) => [
    {
      path: 'dnsendpoint.yaml',
      text: textOf([
        ...commentHeader(publication, 'ExternalDNS records of a custom ingress', '#'),
        '# ExternalDNS leaves NS records alone unless it runs with --managed-record-types=NS.',
        '# Its registry of TXT records must not write at or below the domain: give it a --txt-prefix',
        '# without a dot, or another registry.',
        ...publication.delegations.flatMap(linesFor),
      ]),
    },
  ],
};

function linesFor(delegation: Delegation): readonly string[] {
  const { domain, ttl, nameservers, ds } = delegation;
  return [
    '---',
    ...adviceComments(delegation, '#'),
    ...(ds.length === 0 ? [] : ['# ExternalDNS knows no DS records: publish them by other means.']),
    'apiVersion: externaldns.k8s.io/v1alpha1',
    'kind: DNSEndpoint',
    'metadata:',
    // A name of an object may not hold an underscore (RFC 1123).
    `  name: ingress-${domain.replaceAll('_', '-')}`,
    'spec:',
    '  endpoints:',
    `    - dnsName: '${domain}'`,
    `      recordTTL: ${ttl}`,
    '      recordType: NS',
    // With a final dot, the source passes over the whole entry.
    '      targets:',
    ...nameservers.map((target) => `        - '${target}'`),
  ];
}
