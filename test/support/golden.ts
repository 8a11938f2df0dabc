import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { print } from '../../src/commands/artifacts.ts';
import { parseBook } from '../../src/firewall/addressbook.ts';
import type { Artifact, Backend, Plan } from '../../src/firewall/backend.ts';
import { BACKENDS } from '../../src/firewall/backends/index.ts';
import { type Loaded, loadPolicy } from '../../src/policy/load.ts';
import { isAtOrBelow, type Name } from '../../src/policy/name.ts';
import type { Address } from '../../src/policy/network.ts';

export const GOLDEN = fileURLToPath(new URL('../golden/', import.meta.url));

/** The folders of test/golden: a policy each, and every artifact that is made of it. */
export const CASES: readonly string[] = readdirSync(GOLDEN).sort();

/** The ingress of every case. */
const INGRESS = 'tunnels.example.com' as Name;

/** No date of a policy has passed by then, and none will. */
const NOW = Date.parse('2026-06-01T00:00:00Z');

export function loadCase(name: string): Loaded {
  return loadPolicy(join(GOLDEN, name, 'policy.yaml'), NOW);
}

/** The artifacts of a backend, as they are made now. */
export function made(loaded: Loaded, backend: Backend): readonly Artifact[] {
  return print(loaded, backend).artifacts;
}

/** What they are made of. */
export function planned(loaded: Loaded, backend: Backend): Plan {
  return print(loaded, backend).plan;
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

/** Where the ingress of a case is known to live, by its address book. */
export function sanctionedOf(name: string): readonly { readonly address: Address }[] {
  const file = join(GOLDEN, name, 'tunnelwarden.addresses.json');
  if (!existsSync(file)) return [];
  const { names } = parseBook(file, readFileSync(file, 'utf8'));
  return [...names].flatMap(([at, addresses]) =>
    isAtOrBelow(at, INGRESS) ? addresses.map((address) => ({ address })) : [],
  );
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
