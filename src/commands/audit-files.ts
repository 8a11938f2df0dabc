import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { kindOf, TELLTALES } from '../ingress/audit/audit.ts';
import type { Skipped } from '../ingress/audit/sarif.ts';
import { UsageFailure } from './failure.ts';

/** Larger files are no settings and no source that a person wrote. */
export const LARGEST = 1 << 20;
/** Folders of others' code and of history. */
const LEFT_OUT = new Set(['.git', 'node_modules']);

export type Looked = {
  /** How many files were read. */
  files: number;
  readonly skipped: Skipped[];
};

/**
 * Reads every file that may hold an agent's settings, one at a time, and gives it to `look`. Links are
 * not followed: what they lead to inside is met by itself, and what is outside is nobody's business here.
 */
export function walkFiles(
  paths: readonly string[],
  look: (file: string, text: string) => void,
): Looked {
  const looked: Looked = { files: 0, skipped: [] };
  for (const path of paths) {
    // A path that was asked for may be a link, and a file of any name.
    const about = statOf(path);
    if (about.isDirectory()) walkFolder(path, look, looked);
    else readOne(path, look, looked, 0);
  }
  return looked;
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new UsageFailure(`${path} ${why}; name files and folders to look into`);
  }
}

/** Without recursion, however deep the folders are. */
function walkFolder(root: string, look: (file: string, text: string) => void, looked: Looked) {
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const below: string[] = [];
    for (const entry of entriesOf(folder, looked)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !LEFT_OUT.has(entry.name)) below.push(path);
      else if (entry.isFile() && kindOf(path) !== undefined) {
        readOne(path, look, looked, constants.O_NOFOLLOW ?? 0);
      }
    }
    folders.push(...below.reverse());
  }
}

function entriesOf(folder: string, { skipped }: Looked): readonly Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    skipped.push({
      path: folder,
      why: `cannot be read (${(error as NodeJS.ErrnoException).code})`,
    });
    return [];
  }
}

function readOne(
  path: string,
  look: (file: string, text: string) => void,
  looked: Looked,
  flags: number,
): void {
  const skip = (why: string) => looked.skipped.push({ path, why });
  let octets: Buffer | string;
  try {
    octets = octetsOf(path, flags);
  } catch (error) {
    skip(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return;
  }
  if (typeof octets === 'string') {
    skip(octets);
    return;
  }
  looked.files += 1;
  const text = textOf(octets);
  if (text === undefined) skip('is binary');
  else if (mayConcern(path, text)) look(path, text);
}

/** Reuses one buffer: of tens of thousands of files nearly none is kept. */
const room = Buffer.allocUnsafeSlow(LARGEST + 1);

function octetsOf(path: string, flags: number): Buffer | string {
  // A pipe that stands in a file's place by now must not hold us up.
  const file = openSync(path, constants.O_RDONLY | flags | (constants.O_NONBLOCK ?? 0));
  try {
    const about = fstatSync(file);
    if (!about.isFile()) return 'is no file';
    if (about.size > LARGEST) return `is larger than ${LARGEST} octets`;
    let length = 0;
    for (;;) {
      const got = readSync(file, room, length, room.length - length, null);
      if (got === 0) return room.subarray(0, length);
      length += got;
      if (length > LARGEST) return `is larger than ${LARGEST} octets`;
    }
  } finally {
    closeSync(file);
  }
}

/** Text in UTF-8, or in UTF-16 as Windows writes it with a mark in front; undefined for what is no text. */
function textOf(octets: Buffer): string | undefined {
  if (octets[0] === 0xff && octets[1] === 0xfe) {
    return octets.subarray(2).toString('utf16le');
  }
  return octets.includes(0) ? undefined : octets.toString('utf8').replace(/^\ufeff/, '');
}

function mayConcern(path: string, text: string): boolean {
  const kind = kindOf(path) ?? 'yaml';
  const lower = text.toLowerCase();
  return TELLTALES[kind].some((word) => lower.includes(word));
}
