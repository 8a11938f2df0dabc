import { adviceComments, commentHeader } from '../advice.ts';
import { hclText } from '../hcl-text.ts';
import { byZone, type Publication } from '../records.ts';
import { type Format, textOf } from './format.ts';
import { awsProvider } from './terraform/aws.ts';
import { azureProvider } from './terraform/azure.ts';
import { cloudflareProvider } from './terraform/cloudflare.ts';
import { googleProvider } from './terraform/google.ts';
import { argumentLines, blockLines } from './terraform/hcl.ts';
import type { Provider } from './terraform/provider.ts';

export const PROVIDERS: readonly Provider[] = [
  awsProvider,
  azureProvider,
  cloudflareProvider,
  googleProvider,
];

export const terraformFormat: Format = {
  id: 'terraform',
  title: 'Terraform or OpenTofu, for Route 53, Azure DNS, Cloudflare or Google Cloud DNS',
  use: 'Put the file of your provider into a module and set its variables; `--provider` prints one alone.',
  // Each in a folder of its own, as a folder is one module and would need the providers of all.
  print: (publication) =>
    PROVIDERS.map((provider) => ({
      path: `${provider.id}/ingress.tf`,
      text: print(provider, publication),
    })),
};

function print(provider: Provider, publication: Publication): string {
  const { source, version, title } = provider;
  const local = source.replace(/^.*\//, '');
  const zones = byZone(publication.delegations);
  return textOf([
    ...commentHeader(publication, `Terraform records in ${title} of a custom ingress`, '#').slice(
      0,
      -1,
    ),
    ...blockLines('terraform', [
      '  required_providers {',
      `    ${local} = {`,
      ...argumentLines({ source: hclText(source), version: hclText(version) }, '      '),
      '    }',
      '  }',
    ]),
    ...zones.flatMap(([zone]) => provider.variablesFor(zone)),
    ...publication.delegations.flatMap((delegation) => [
      '',
      ...adviceComments(delegation, '#'),
      // The comment belongs to what follows it at once.
      ...provider.resourcesFor(delegation, publication).slice(1),
    ]),
  ]);
}
