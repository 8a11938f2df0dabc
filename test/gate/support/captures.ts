import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../hellos/', import.meta.url));

/** What real clients said first, by file: see test/gate/hellos/README.md. */
export const CAPTURES: ReadonlyMap<string, Buffer> = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.hex'))
    .sort()
    .map((file) => [
      basename(file, '.hex'),
      Buffer.from(readFileSync(join(FOLDER, file), 'latin1').replaceAll('\n', ''), 'hex'),
    ]),
);

export function captured(name: string): Buffer {
  const octets = CAPTURES.get(name);
  if (!octets) throw new Error(`no capture ${name}`);
  return octets;
}
