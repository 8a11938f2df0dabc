import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of what `baseline` and `traffic-policy` print; those of records stand in `golden`. */
const FOLDER = new URL('golden-account/', import.meta.url);

/** Compares a text with a file; after a change that is meant, UPDATE_GOLDEN=1 writes the file. */
export function matchesGolden(name: string, text: string): void {
  const file = fileURLToPath(new URL(name, FOLDER));
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  assert.equal(text, readFileSync(file, 'utf8'), `${name}: if it is meant, set UPDATE_GOLDEN=1`);
}
