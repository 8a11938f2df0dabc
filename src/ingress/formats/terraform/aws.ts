import { hclText } from '../../hcl-text.ts';
import { absolute } from '../format.ts';
import { recordSets } from '../master.ts';
import { argumentLines, blockLines, identifierOf, listLines, variableLines } from './hcl.ts';
import type { Provider } from './provider.ts';

const variableOf = (zone: string) => `${identifierOf(zone)}_zone_id`;

export const awsProvider: Provider = {
  id: 'aws',
  title: 'Amazon Route 53',
  source: 'hashicorp/aws',
  version: '>= 4.0',
  variablesFor: (zone) => variableLines(variableOf(zone), `hosted zone ID of ${zone}`),
  resourcesFor: (delegation) =>
    recordSets(delegation).flatMap(({ type, values }) =>
      blockLines(
        `resource "aws_route53_record" ${hclText(`${identifierOf(delegation.domain)}_${type.toLowerCase()}`)}`,
        [
          ...argumentLines(
            {
              zone_id: `var.${variableOf(delegation.zone)}`,
              name: hclText(absolute(delegation.domain)),
              type: hclText(type),
              ttl: delegation.ttl,
            },
            '  ',
          ),
          ...listLines('records', values),
        ],
      ),
    ),
};
