import type { Place } from '../../policy/problem.ts';
import { type Doors, dialRemedy, doorFindings, doorOf } from './doors.ts';
import { type Finding, finding } from './finding.ts';
import {
  DOOR_CALL,
  LANGUAGES,
  type Language,
  PROXY_CALL,
  REGION_CALL,
  REGIONS,
  TLS_CALL,
  TOKEN_CALL,
} from './languages.ts';
import { placesIn, withoutComments } from './lines.ts';
import { secretFindings } from './secret.ts';

export function languageOf(file: string): Language | undefined {
  return LANGUAGES.find(({ files }) => files.test(file));
}

/** What breaks the policy in a program that uses an SDK; others are not looked into. */
export function sourceFindings(
  doors: Doors,
  file: string,
  text: string,
  language: Language,
): readonly Finding[] {
  if (!/ngrok/i.test(text)) return [];
  const code = withoutComments(text, language.syntax);
  const program = { code, constants: constantsOf(code), placeOf: placesIn(file, text) };
  const { uses, wrapper } = language;
  return [
    ...(uses.test(code) ? sdkFindings(doors, program, language) : []),
    ...(wrapper?.uses.test(code) ? wrapperFindings(doors, program, wrapper) : []),
  ];
}

type Literal = { readonly literal: string; readonly offset: number };

type Program = {
  /** Without its comments. */
  readonly code: string;
  readonly constants: ReadonlyMap<string, Literal>;
  readonly placeOf: (offset: number) => Place;
};

function sdkFindings(
  doors: Doors,
  program: Program,
  { opens, setting }: Language,
): readonly Finding[] {
  const { code, placeOf } = program;
  const named = [...code.matchAll(DOOR_CALL)].map((match) => argumentOf(program, match));
  const missing = named.length > 0 ? [] : [...code.matchAll(opens)];
  return [
    ...missing.map(({ index }) =>
      finding('no-connect-url', placeOf(index), '', dialRemedy(doors, setting)),
    ),
    ...named.flatMap((found) =>
      found === undefined ? [] : doorFindings(doors, placeOf(found.offset), found.literal, setting),
    ),
    ...literalDoors(doors, program, setting),
    ...secretsIn(program),
    ...regionsIn(program),
    ...[...code.matchAll(PROXY_CALL)].map(({ index }) =>
      finding(
        'proxy-url',
        placeOf(index),
        '',
        'dial directly, or see that the proxy itself enforces the policy',
      ),
    ),
    ...[...code.matchAll(TLS_CALL)].map(({ index }) =>
      finding('tls-config', placeOf(index), '', 'leave the TLS settings of the session to the SDK'),
    ),
  ];
}

/** A package that starts the agent: what that dials stands in the agent's file. */
function wrapperFindings(
  doors: Doors,
  program: Program,
  { opens, file }: NonNullable<Language['wrapper']>,
): readonly Finding[] {
  const { code, placeOf } = program;
  const remedy = `give the agent a configuration file of its own: ${dialRemedy(doors, 'connect_url')}`;
  const elsewhere = file.test(code) ? [] : [...code.matchAll(opens)];
  return [
    ...elsewhere.map(({ index }) => finding('default-file', placeOf(index), '', remedy)),
    ...secretsIn(program),
    ...regionsIn(program),
  ];
}

function secretsIn(program: Program): readonly Finding[] {
  const { code, placeOf } = program;
  return [...code.matchAll(TOKEN_CALL)].flatMap((match) => {
    const found = argumentOf(program, match);
    return found ? secretFindings('literal-authtoken', placeOf(found.offset), found.literal) : [];
  });
}

function regionsIn(program: Program): readonly Finding[] {
  const { code, placeOf } = program;
  return [...code.matchAll(REGION_CALL)].flatMap((match) => {
    const found = argumentOf(program, match);
    return found && REGIONS.test(found.literal)
      ? [finding('region', placeOf(found.offset), found.literal, 'remove the region')]
      : [];
  });
}

/** Default doors in any text of the program: they may reach the SDK by ways not followed here. */
function literalDoors(
  doors: Doors,
  { code, placeOf }: Program,
  setting: string,
): readonly Finding[] {
  return [...code.matchAll(/(["'`])((?:[a-z]+:\/\/)?[a-z0-9.-]{4,253}(?::\d+)?)\1/gi)].flatMap(
    ({ index, 2: text = '' }) =>
      ['default', 'regional'].includes(doorOf(doors, text))
        ? doorFindings(doors, placeOf(index + 1), text, setting)
        : [],
  );
}

/** The text a call is given: as it stands there, or by a constant of the same file. */
function argumentOf(
  { code, constants }: Program,
  { index, 0: call }: RegExpExecArray,
): Literal | undefined {
  const start = index + call.length;
  const rest = code.slice(start, start + 300);
  const direct = literalAt(rest);
  if (direct) return { literal: direct.literal, offset: start + direct.offset };
  const name = /^\s*&?(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w{1,60})\s*[,);\n]/.exec(rest)?.[1];
  if (name === undefined) return undefined;
  return constants.get(name);
}

/** Every name that is given a text, with the first it is given: in one pass, however many there are. */
function constantsOf(code: string): ReadonlyMap<string, Literal> {
  const constants = new Map<string, Literal>();
  for (let at = code.indexOf('='); at >= 0; at = code.indexOf('=', at + 1)) {
    const found = literalAt(code.slice(at + 1, at + 300));
    if (!found) continue;
    const left = /[^=\n"'`;{}]*$/.exec(code.slice(Math.max(0, at - 100), at))?.[0] ?? '';
    for (const name of left.match(/[A-Za-z_]\w*/g) ?? []) {
      if (constants.has(name)) continue;
      constants.set(name, { literal: found.literal, offset: at + 1 + found.offset });
    }
  }
  return constants;
}

function literalAt(rest: string): Literal | undefined {
  const match = /^(\s*(["'`]))([^"'`\n]*)\2/.exec(rest);
  return match ? { literal: match[3] as string, offset: (match[1] as string).length } : undefined;
}
