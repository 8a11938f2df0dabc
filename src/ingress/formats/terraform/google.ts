import { hclText } from '../../hcl-text.ts';
import { absolute } from '../format.ts';
import { recordSets } from '../master.ts';
import { argumentLines, blockLines, identifierOf, listLines, variableLines } from './hcl.ts';
import type { Provider } from './provider.ts';

const variableOf = (zone: string) => `${identifierOf(zone)}_managed_zone`;

export const googleProvider: Provider = {
  id: 'google',
  title: 'Google Cloud DNS',
  source: 'hashicorp/google',
  version: '>= 4.0',
  variablesFor: (zone) =>
    variableLines(variableOf(zone), `name of the managed zone that holds ${zone}`),
  resourcesFor: (delegation) =>
    recordSets(delegation).flatMap(({ type, values }) =>
      blockLines(
        `resource "google_dns_record_set" ${hclText(`${identifierOf(delegation.domain)}_${type.toLowerCase()}`)}`,
        [
          ...argumentLines(
            {
              managed_zone: `var.${variableOf(delegation.zone)}`,
              name: hclText(absolute(delegation.domain)),
              type: hclText(type),
              ttl: delegation.ttl,
            },
            '  ',
          ),
          ...listLines('rrdatas', values),
        ],
      ),
    ),
};
