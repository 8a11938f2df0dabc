// Writes what is derived from the schema of the policy: the JSON Schemas and docs/policy.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referenceFiles } from '../src/policy/reference.ts';

const root = new URL('../', import.meta.url);
for (const [path, text] of Object.entries(referenceFiles())) {
  const file = fileURLToPath(new URL(path, root));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`${path}\n`);
}
