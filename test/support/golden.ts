import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { print } from '../../src/commands/artifacts.ts';
import type { Artifact, Backend } from '../../src/firewall/backend.ts';
import { BACKENDS } from '../../src/firewall/backends/index.ts';
import { type Loaded, loadPolicy } from '../../src/policy/load.ts';

export const GOLDEN = fileURLToPath(new URL('../golden/', import.meta.url));

/** The folders of test/golden: a policy each, and every artifact that is made of it. */
export const CASES: readonly string[] = readdirSync(GOLDEN).sort();

/** No date of a policy has passed by then, and none will. */
const NOW = Date.parse('2026-06-01T00:00:00Z');

export function loadCase(name: string): Loaded {
  return loadPolicy(join(GOLDEN, name, 'policy.yaml'), NOW);
}

/** The artifacts of a backend, as they are made now. */
export function made(loaded: Loaded, backend: Backend): readonly Artifact[] {
  return print(loaded, backend).artifacts;
}

/** The artifacts of a backend, as they stand in the folder of the case. */
export function golden(name: string, { id }: Backend): readonly Artifact[] {
  const folder = join(GOLDEN, name, id);
  return filesBelow(folder).map((path) => {
    const file = join(folder, path);
    const executable = (statSync(file).mode & 0o111) !== 0;
    return { path, text: readFileSync(file, 'utf8'), ...(executable ? { executable } : {}) };
  });
}

/** Every artifact of a format, in every case. */
export function everyGolden(
  format: string,
): readonly { readonly name: string; readonly artifacts: readonly Artifact[] }[] {
  const backend = BACKENDS.find(({ id }) => id === format);
  if (!backend) throw new Error(`${format} is no backend`);
  return CASES.map((name) => ({ name, artifacts: golden(name, backend) }));
}

/** The files below a folder, sorted; none where there is no such folder. */
export function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
