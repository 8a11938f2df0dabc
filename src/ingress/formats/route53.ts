import { printable } from '../../text.ts';
import { byZone } from '../records.ts';
import { absolute, type Format, textOf } from './format.ts';
import { recordSets } from './master.ts';

/** The longest comment that Route 53 keeps of a change. */
const MAX_COMMENT = 256;

export const route53Format: Format = {
  id: 'route53',
  title: 'Amazon Route 53 change batch',
  use: '`aws route53 change-resource-record-sets --hosted-zone-id ID --change-batch file://FILE`',
  print: ({ organisation, digest, delegations }) =>
    byZone(delegations).map(([zone, own]) => ({
      path: `${zone}.route53.json`,
      text: textOf([
        JSON.stringify(
          {
            Comment: `custom ingress of ${printable(organisation)}, tunnelwarden ${digest}`.slice(
              -MAX_COMMENT,
            ),
            Changes: own.flatMap((delegation) =>
              recordSets(delegation).map(({ type, values }) => ({
                Action: 'UPSERT',
                ResourceRecordSet: {
                  Name: absolute(delegation.domain),
                  Type: type,
                  TTL: delegation.ttl,
                  ResourceRecords: values.map((Value) => ({ Value })),
                },
              })),
            ),
          },
          null,
          2,
        ),
      ]),
    })),
};
