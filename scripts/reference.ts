// Writes what is derived: the JSON Schemas and docs/policy.md from the schema of the policy,
// docs/backends.md from the backends.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backendFiles } from '../src/firewall/reference.ts';
import { referenceFiles } from '../src/policy/reference.ts';

const root = new URL('../', import.meta.url);
for (const [path, text] of Object.entries({ ...referenceFiles(), ...backendFiles() })) {
  const file = fileURLToPath(new URL(path, root));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`${path}\n`);
}
