import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Publication, publicationOf } from '../../src/ingress/records.ts';
import { parseName } from '../../src/policy/name.ts';
import { policyOf } from '../../src/policy/policy.ts';
import { policyFile } from '../../src/policy/schema.ts';
import { readYaml } from '../../src/policy/yaml.ts';

export const GOLDEN = fileURLToPath(new URL('golden/', import.meta.url));

/** The folders of golden that hold a policy whose records are to be printed. */
export const CASES: readonly string[] = readdirSync(GOLDEN)
  .filter((name) => ['plain', 'hostile'].includes(name))
  .sort();

/** What a policy has to publish. */
export function published(text: string, zone?: string): Publication {
  const { organisation, ingress } = policyOf(
    'policy.yaml',
    readYaml('policy.yaml', text, policyFile),
  );
  return publicationOf(
    organisation.name,
    ingress,
    zone === undefined ? undefined : parseName(zone),
  );
}

export function publishedCase(name: string): Publication {
  return published(readFileSync(join(GOLDEN, name, 'policy.yaml'), 'utf8'));
}
