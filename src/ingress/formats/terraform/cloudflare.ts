import { hclText } from '../../hcl-text.ts';
import { cloudflareRecords } from '../cloudflare-record.ts';
import { argumentLines, blockLines, identifierOf, variableLines } from './hcl.ts';
import type { Provider } from './provider.ts';

const variableOf = (zone: string) => `${identifierOf(zone)}_zone_id`;

export const cloudflareProvider: Provider = {
  id: 'cloudflare',
  title: 'Cloudflare',
  source: 'cloudflare/cloudflare',
  version: '>= 5.0',
  variablesFor: (zone) => variableLines(variableOf(zone), `zone ID of ${zone}`),
  resourcesFor: (delegation, publication) =>
    cloudflareRecords(publication, delegation).flatMap((record, i, all) => {
      const { type, name, ttl, comment } = record;
      const number = all.slice(0, i + 1).filter((one) => one.type === type).length;
      const label = `${identifierOf(delegation.domain)}_${type.toLowerCase()}_${number}`;
      return blockLines(`resource "cloudflare_dns_record" ${hclText(label)}`, [
        ...argumentLines(
          {
            zone_id: `var.${variableOf(delegation.zone)}`,
            name: hclText(name),
            type: hclText(type),
            ...('content' in record ? { content: hclText(record.content) } : {}),
            ttl,
            comment: hclText(comment),
          },
          '  ',
        ),
        ...('data' in record
          ? [
              '',
              '  data = {',
              ...argumentLines({ ...record.data, digest: hclText(record.data.digest) }, '    '),
              '  }',
            ]
          : []),
      ]);
    }),
};
