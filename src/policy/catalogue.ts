import { basename } from 'node:path';
import { bypassFile, frontFile, serviceFile } from './catalogue-schema.ts';
import { InputError, type Place } from './problem.ts';
import {
  type Bypass,
  type FallbackStep,
  type Front,
  ROLES,
  type ServiceName,
  type TunnelService,
} from './service.ts';
import { readYaml } from './yaml.ts';

/** One service of the catalogue from its file's text. Throws InputError. */
export function parseService(file: string, text: string): TunnelService {
  const { value, placeOf } = readYaml(file, text, serviceFile);
  requireOwnId(file, value.id, placeOf(['id']));
  const { names, addresses, fallback, homepage, 'own-ports': ownPorts, ...rest } = value;
  const listed = ROLES.flatMap((role) =>
    names[role].map((entry, i) => nameOf(entry, role, placeOf(['names', role, i]))),
  );
  for (const { pattern, known, from } of listed) {
    if (known.length === 0 || pattern.name.includes('*')) continue;
    const message = `"${pattern.name}" has no * that known labels could stand for; remove them`;
    throw new InputError([{ severity: 'error', place: from, path: 'known', message }]);
  }
  return {
    ...rest,
    ...(homepage === undefined ? {} : { homepage }),
    names: listed,
    ownPorts,
    networks: addresses,
    fallback: fallback.map(
      ({ addresses, note, ...step }): FallbackStep => ({
        ...step,
        networks: addresses,
        ...(note === undefined ? {} : { note }),
      }),
    ),
    sources: rest.sources.map(sourceOf),
    file,
  };
}

/** One way round the resolver from its file's text. Throws InputError. */
export function parseBypass(file: string, text: string): Bypass {
  const { value, placeOf } = readYaml(file, text, bypassFile);
  requireOwnId(file, value.id, placeOf(['id']));
  const { names, addresses, ...rest } = value;
  return {
    ...rest,
    names: names.map((entry, i) => nameOf(entry, 'bypass', placeOf(['names', i]))),
    networks: addresses,
    sources: rest.sources.map(sourceOf),
    file,
  };
}

/** One front of many from its file's text. Throws InputError. */
export function parseFront(file: string, text: string): Front {
  const { value, placeOf } = readYaml(file, text, frontFile);
  requireOwnId(file, value.id, placeOf(['id']));
  const { addresses, ...rest } = value;
  return { ...rest, networks: addresses, sources: rest.sources.map(sourceOf), file };
}

type NamedEntry =
  | { readonly pattern: ServiceName['pattern'] }
  | {
      readonly name: ServiceName['pattern'];
      readonly confidence: ServiceName['confidence'];
      readonly note?: string | undefined;
      readonly known: readonly string[];
    };

function nameOf(entry: NamedEntry, role: ServiceName['role'], from: Place): ServiceName {
  if ('pattern' in entry) {
    return { role, pattern: entry.pattern, confidence: 'documented', known: [], from };
  }
  const { name: pattern, confidence, note, known } = entry;
  return { role, pattern, confidence, known, ...(note === undefined ? {} : { note }), from };
}

function sourceOf({ title, url, date }: { title: string; url?: string | undefined; date: string }) {
  return { title, date, ...(url === undefined ? {} : { url }) };
}

function requireOwnId(file: string, id: string, place: Place): void {
  if (basename(file) !== `${id}.yaml`) {
    const message = `is "${id}", but the file is named otherwise; use one name for both`;
    throw new InputError([{ severity: 'error', place, path: 'id', message }]);
  }
}
