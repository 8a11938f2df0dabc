import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  formatSightings,
  NO_SIGHTINGS,
  parseSightings,
  type Sightings,
} from '../firewall/addressbook.ts';
import type { Policy } from '../policy/policy.ts';
import { CommandFailure } from './failure.ts';

/** Where a policy keeps its address book, unless another file is named. */
export function bookFileOf({ file, firewall }: Policy, named: string | undefined): string {
  return named ?? resolve(dirname(file), firewall.book);
}

/** The book of a file; an empty one where there is none. Throws InputError. */
export function readSightings(file: string): Sightings {
  return existsSync(file) ? parseSightings(file, readFileSync(file, 'utf8')) : NO_SIGHTINGS;
}

/** Puts a new book in the place of the old one: whoever reads meanwhile reads one of the two. */
export function writeSightings(file: string, sightings: Sightings): void {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, formatSightings(sightings));
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    const { message } = error as Error;
    throw new CommandFailure(`cannot write the address book: ${message}`, { cause: error });
  }
}
