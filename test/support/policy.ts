import { type Compiled, compile } from '../../src/policy/compile.ts';
import { readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import { type Policy, policyOf } from '../../src/policy/policy.ts';
import { policyFile } from '../../src/policy/schema.ts';
import type { Catalogue } from '../../src/policy/service.ts';
import { readYaml } from '../../src/policy/yaml.ts';

let shipped: Catalogue | undefined;

/** A policy's text, compiled with the catalogue that ships. */
export function compiledPolicy(text: string, now = 0): Compiled & { readonly policy: Policy } {
  const policy = policyOf('policy.yaml', readYaml('policy.yaml', text, policyFile));
  return { policy, ...compile(policy, catalogueOf(), [], now) };
}

/** The catalogue that ships. */
export function catalogueOf(): Catalogue {
  shipped ??= readCatalogue(SHIPPED_RULES);
  return shipped;
}
