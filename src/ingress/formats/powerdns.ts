import { byZone } from '../records.ts';
import { absolute, type Format, textOf } from './format.ts';
import { recordSets } from './master.ts';

export const powerdnsFormat: Format = {
  id: 'powerdns',
  title: 'PowerDNS Authoritative API',
  // No comments in it: some backends refuse a whole change for them.
  use: 'PATCH it to /api/v1/servers/localhost/zones/ZONE. with the X-API-Key header.',
  print: ({ delegations }) =>
    byZone(delegations).map(([zone, own]) => ({
      path: `${zone}.powerdns.json`,
      text: textOf([
        JSON.stringify(
          {
            rrsets: own.flatMap((delegation) =>
              recordSets(delegation).map(({ type, values }) => ({
                name: absolute(delegation.domain),
                type,
                ttl: delegation.ttl,
                changetype: 'REPLACE',
                records: values.map((content) => ({ content, disabled: false })),
              })),
            ),
          },
          null,
          2,
        ),
      ]),
    })),
};
