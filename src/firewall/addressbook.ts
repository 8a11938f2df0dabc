import { labelsOf, type Name, parseName } from '../policy/name.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import { InputError, ParseError, type Problem } from '../policy/problem.ts';
import type { Rule, Ruleset } from '../policy/ruleset.ts';
import { expansions } from './names.ts';

/** What names were last known to resolve to. */
export type AddressBook = { readonly names: ReadonlyMap<Name, readonly Address[]> };

/** What is known of one name: what it resolved to last, and what before that. */
export type Sighting = {
  readonly addresses: readonly Address[];
  /** When it was last resolved, in milliseconds since the epoch. */
  readonly seen: number;
  /** Addresses that the last answer did not hold, each with when one last did: large services hand out a few of many. */
  readonly earlier: ReadonlyMap<Address, number>;
};

/** The address book with the dates that its upkeep needs; this is what the file holds. */
export type Sightings = ReadonlyMap<Name, Sighting>;

export const NO_SIGHTINGS: Sightings = new Map();

export function addressBookOf(sightings: Sightings): AddressBook {
  return {
    names: new Map(
      [...sightings].map(([name, { addresses, earlier }]) => [
        name,
        [...new Set([...addresses, ...earlier.keys()])],
      ]),
    ),
  };
}

/** Reads the text of a book's file. Throws InputError with all that is wrong in it. */
export function parseSightings(file: string, text: string): Sightings {
  const problems: Problem[] = [];
  const complain = (path: string, message: string) => {
    const remedy = 'delete the file and run `tunnelwarden addresses refresh`';
    problems.push({
      severity: 'error',
      place: { file, line: 1, column: 1 },
      path,
      message: `${message}; ${remedy}`,
    });
  };
  const sightings = readBook(text, complain);
  if (problems.length > 0) throw new InputError(problems);
  return sightings;
}

/** The same for those who need no dates. Throws InputError. */
export function parseBook(file: string, text: string): AddressBook {
  return addressBookOf(parseSightings(file, text));
}

/** Text for the book's file: sorted, so that an unchanged book is an unchanged file. */
export function formatSightings(sightings: Sightings): string {
  const names = [...sightings.keys()].sort().map((name) => {
    const { addresses, seen, earlier } = sightings.get(name) as Sighting;
    const before = [...earlier].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      name,
      {
        addresses: addresses.toSorted(),
        seen: new Date(seen).toISOString(),
        ...(before.length > 0
          ? {
              earlier: Object.fromEntries(before.map(([a, at]) => [a, new Date(at).toISOString()])),
            }
          : {}),
      },
    ] as const;
  });
  return `${JSON.stringify({ version: 1, names: Object.fromEntries(names) }, undefined, 2)}\n`;
}

/**
 * The names whose addresses matter to a firewall, sorted: blocked ones that agents dial, as far as
 * they can be written out, the organisation's own doors, and what sanctioned agents fetch.
 */
export function namesToResolve({ rules, doors }: Ruleset): readonly Name[] {
  const found = new Set<Name>(doors.map(({ name }) => name));
  for (const rule of rules) {
    if (isOfInterest(rule)) for (const name of concreteNames(rule)) found.add(name);
  }
  return [...found].sort();
}

function isOfInterest({ action, role }: Rule): boolean {
  return (action === 'block' && role === 'session') || (action === 'allow' && role === 'support');
}

function concreteNames(rule: Rule): readonly Name[] {
  if (rule.target.kind !== 'name') return [];
  const { pattern } = rule.target;
  if (!labelsOf(pattern.name).includes('*')) return [pattern.name];
  return expansions(rule, pattern).map(({ name }) => name);
}

type Complain = (path: string, message: string) => void;

function readBook(text: string, complain: Complain): Sightings {
  const root = readJson(text);
  if (!isRecord(root) || root.version !== 1 || !isRecord(root.names)) {
    complain('', 'is not an address book of version 1');
    return NO_SIGHTINGS;
  }
  refuseOthers(root, ['version', 'names'], '', complain);
  const sightings = new Map<Name, Sighting>();
  for (const [key, value] of Object.entries(root.names)) {
    const path = `names.${key}`;
    const name = parsed(parseName, key, path, complain);
    const sighting = readSighting(value, path, complain);
    if (name !== undefined && sighting) sightings.set(name, sighting);
  }
  return sightings;
}

function readSighting(value: unknown, path: string, complain: Complain): Sighting | undefined {
  if (!isRecord(value) || !Array.isArray(value.addresses)) {
    complain(path, 'has no list of addresses');
    return undefined;
  }
  refuseOthers(value, ['addresses', 'seen', 'earlier'], `${path}.`, complain);
  const { earlier = {} } = value;
  if (!isRecord(earlier)) complain(`${path}.earlier`, 'is not a table of addresses and times');
  const addresses = value.addresses.map((text, i) =>
    parsed(parseAddress, text, `${path}.addresses.${i}`, complain),
  );
  const before = Object.entries(isRecord(earlier) ? earlier : {}).map(
    ([text, time]) =>
      [
        parsed(parseAddress, text, `${path}.earlier`, complain),
        parsed(parseTime, time, `${path}.earlier.${text}`, complain) ?? 0,
      ] as const,
  );
  return {
    addresses: addresses.filter((address) => address !== undefined),
    seen: parsed(parseTime, value.seen, `${path}.seen`, complain) ?? 0,
    earlier: new Map(before.filter((pair): pair is [Address, number] => pair[0] !== undefined)),
  };
}

function parsed<T>(
  parse: (text: string) => T,
  value: unknown,
  path: string,
  complain: Complain,
): T | undefined {
  try {
    if (typeof value === 'string') return parse(value);
    complain(path, `${JSON.stringify(value) ?? 'nothing'} is not a text`);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    complain(path, error.message);
  }
  return undefined;
}

function parseTime(text: string): number {
  const time = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new ParseError(`"${text}" is not a time in UTC`);
  return time;
}

function refuseOthers(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: string,
  complain: Complain,
): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) complain(`${path}${key}`, 'is not a known key');
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
