import { hclText } from '../../hcl-text.ts';
import type { Delegation } from '../../records.ts';
import { absolute } from '../format.ts';
import { argumentLines, blockLines, identifierOf, listLines, variableLines } from './hcl.ts';
import type { Provider } from './provider.ts';

const variableOf = (zone: string) => `${identifierOf(zone)}_resource_group`;

export const azureProvider: Provider = {
  id: 'azure',
  title: 'Azure DNS',
  source: 'hashicorp/azurerm',
  version: '>= 3.0',
  variablesFor: (zone) => variableLines(variableOf(zone), `resource group of the DNS zone ${zone}`),
  resourcesFor: (delegation) => [
    ...blockLines(
      `resource "azurerm_dns_ns_record" ${hclText(`${identifierOf(delegation.domain)}_ns`)}`,
      [
        ...argumentLines(
          {
            name: hclText(delegation.child),
            zone_name: hclText(delegation.zone),
            resource_group_name: `var.${variableOf(delegation.zone)}`,
            ttl: delegation.ttl,
          },
          '  ',
        ),
        ...listLines('records', delegation.nameservers.map(absolute)),
      ],
    ),
    ...dsComments(delegation),
  ],
};

function dsComments({ child, zone, ds }: Delegation): readonly string[] {
  if (ds.length === 0) return [];
  return [
    '',
    '# The provider has no resource for DS records; the command line of Azure has:',
    ...ds.map(
      ({ keyTag, algorithm, digestType, digest }) =>
        `#   az network dns record-set ds add-record -g GROUP -z ${zone} -n ${child} --key-tag ${keyTag} --algorithm ${algorithm} --digest-type ${digestType} --digest ${digest}`,
    ),
  ];
}
