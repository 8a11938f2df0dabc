import { byZone } from '../records.ts';
import { cloudflareRecords } from './cloudflare-record.ts';
import { type Format, textOf } from './format.ts';

export const cloudflareFormat: Format = {
  id: 'cloudflare',
  title: 'Cloudflare API, one batch of records',
  use: 'POST it to /client/v4/zones/ZONE_ID/dns_records/batch; each entry of `posts` also stands for itself at …/dns_records.',
  print: (publication) =>
    byZone(publication.delegations).map(([zone, own]) => ({
      path: `${zone}.cloudflare.json`,
      text: textOf([
        JSON.stringify(
          { posts: own.flatMap((delegation) => cloudflareRecords(publication, delegation)) },
          null,
          2,
        ),
      ]),
    })),
};
