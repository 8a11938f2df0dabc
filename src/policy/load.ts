import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseBypass, parseFront, parseService } from './catalogue.ts';
import { type Compiled, compile } from './compile.ts';
import { type NameList, parseNameList } from './list.ts';
import { type Policy, soundPolicyOf } from './policy.ts';
import { InputError, type Place, type Problem } from './problem.ts';
import { partOf, policyFile } from './schema.ts';
import type { Catalogue } from './service.ts';
import { readSoundParts } from './yaml.ts';

/** The catalogue that ships with the program; `rules/` stands beside `src/` and `dist/` alike. */
export const SHIPPED_RULES = fileURLToPath(new URL('../../rules/', import.meta.url));

export type Loaded = Compiled & {
  readonly policy: Policy;
  readonly catalogue: Catalogue;
  readonly lists: readonly NameList[];
};

/**
 * Reads a policy file with the lists it names and compiles it. Throws InputError with all faults at
 * once: where a part of the file is faulty, the rest is still read, compiled and complained of.
 */
export function loadPolicy(file: string, now: number): Loaded {
  const start: Place = { file, line: 1, column: 1 };
  const text = read(file, start, '', 'name your policy with --policy FILE').toString('utf8');
  const catalogue = readCatalogue(SHIPPED_RULES);
  const source = readSoundParts(file, text, policyFile, { partOf, standIns: STAND_INS });
  const { policy, problems: faults } = soundPolicyOf(file, source);
  const { lists, problems } = readLists(policy);
  const all = [...faults, ...problems];
  try {
    const compiled = compile(policy, catalogue, lists, now);
    if (all.length === 0) return { policy, catalogue, lists, ...compiled };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    all.push(...error.problems);
  }
  throw new InputError(all);
}

/** For files that do not even say whose they are. */
const STAND_INS = { organisation: { name: 'nobody' } };

/** Reads every service and bypass file of a rules folder. Throws InputError with the faults of all. */
export function readCatalogue(folder: string): Catalogue {
  const problems: Problem[] = [];
  const readAll = <T extends { readonly id: string }>(
    part: string,
    parse: (file: string, text: string) => T,
  ): Map<string, T> => {
    const files = readdirSync(join(folder, part)).filter((file) => file.endsWith('.yaml'));
    const parsed = files.sort().flatMap((file) => {
      try {
        const path = join(folder, part, file);
        return [parse(shown(path), readFileSync(path, 'utf8'))];
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        problems.push(...error.problems);
        return [];
      }
    });
    return new Map(parsed.map((entry) => [entry.id, entry]));
  };
  const catalogue = {
    services: readAll('services', parseService),
    bypasses: readAll('bypass', parseBypass),
    fronts: readAll('fronts', parseFront),
  };
  if (problems.length > 0) throw new InputError(problems);
  return catalogue;
}

/** Reads the lists of a policy, in its order; one that cannot be read is empty and a problem. */
function readLists(policy: Policy): { lists: readonly NameList[]; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const lists = policy.lists.map((source, i) => {
    const file = resolve(dirname(policy.file), source.file);
    try {
      const bytes = read(
        file,
        source.from,
        `lists.${i}.file`,
        'correct the path or remove the list',
      );
      return parseNameList(source.file, shown(file), bytes);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(...error.problems);
      return parseNameList(source.file, shown(file), new Uint8Array());
    }
  });
  return { lists, problems };
}

function read(file: string, place: Place, path: string, advice: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    const message = `${shown(file)} ${why}; ${advice}`;
    throw new InputError([{ severity: 'error', place, path, message }]);
  }
}

/** A path as people would type it from here. */
function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') ? path : near;
}
