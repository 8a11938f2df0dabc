import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import type { z } from 'zod';
import { InputError, type Place, type Problem } from './problem.ts';

/** A YAML file as data, with the place each value was written at. */
export type Source<T> = {
  readonly value: T;
  readonly placeOf: (path: readonly PropertyKey[]) => Place;
};

/**
 * Reads YAML text and checks it against a schema; every fault is told at once, each with its line.
 * Throws InputError.
 */
export function readYaml<S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
): Source<z.output<S>> {
  const { problems, ...source } = readSoundParts(file, text, schema, {
    partOf: () => [],
    standIns: {},
  });
  if (problems.length > 0) throw new InputError(problems);
  return source;
}

/** How to read on in a faulty file. */
export type Salvage = {
  /** The part that is left out for a fault at a path. */
  readonly partOf: (path: readonly PropertyKey[]) => readonly PropertyKey[];
  /** What stands in for parts that have to be there. */
  readonly standIns: Readonly<Record<string, unknown>>;
};

/**
 * Reads what is sound in a file and lists the faults of the rest, so that what only shows later
 * (unknown services, contradictions) can be told in the same run. Throws InputError where nothing is.
 */
export function readSoundParts<S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
  { partOf, standIns }: Salvage,
): Source<z.output<S>> & { readonly problems: readonly Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\ufeff/, ''), {
    lineCounter: lines,
    prettyErrors: false,
    strict: true,
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults: readonly YamlFault[] = [
    ...document.errors,
    ...document.warnings,
    ...oddNodesOf(document),
  ];
  const unreadable = faults.map(({ pos, message, code }) => ({
    severity: 'error' as const,
    place: placeAt(pos[0]),
    path: '',
    message: ADVICE[code] ?? `is not valid YAML: ${message.split('\n')[0]}`,
  }));
  // A key that stands twice spoils no other, so the rest can be read on.
  if (faults.some(({ code }) => code !== 'DUPLICATE_KEY')) throw new InputError(unreadable);

  const placeOf = (path: readonly PropertyKey[]) => placeAt(offsetOf(document.contents, path));
  const keyPlaceOf = (path: readonly PropertyKey[]) =>
    placeAt(offsetOf(document.contents, path, true));
  let problems: readonly Problem[] | undefined;
  for (;;) {
    // An empty file is an empty mapping, so that the schema says what is missing.
    const result = schema.safeParse(document.toJS() ?? {}, { reportInput: true });
    if (result.success) return { value: result.data, placeOf, problems: problems ?? unreadable };
    const { issues } = result.error;
    // Only the first look at the file finds faults of its author; the later ones find what is left out.
    problems ??= [
      ...unreadable,
      ...issues.flatMap((issue) => problemsOf(issue, [], placeOf, keyPlaceOf)),
    ];
    if (!leaveOut(document, issues, { partOf, standIns })) throw new InputError(problems);
  }
}

/** Takes the parts with faults out of the document; false when there is nothing to take. */
function leaveOut(
  document: Document,
  issues: readonly z.core.$ZodIssue[],
  { partOf, standIns }: Salvage,
): boolean {
  if (document.contents !== null && !isMap(document.contents)) return false;
  const faulty = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => [...issue.path, key])
      : [issue.path],
  );
  const parts = new Map(faulty.map((path) => [JSON.stringify(partOf(path)), partOf(path)]));
  // From the end, as the faults come in the order of the file and a list closes up behind a gap.
  const taken = [...parts.values()]
    .reverse()
    .filter((part) => part.length > 0 && document.hasIn(part) && document.deleteIn(part));
  // Last, so that no stand-in is taken for the faulty part it replaces.
  const missing = Object.keys(standIns).filter((key) => !document.has(key));
  for (const key of missing) document.set(key, standIns[key]);
  return taken.length + missing.length > 0;
}

type YamlFault = {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
};

/** What to do about the faults that people make; the parser's own words serve for the others. */
const ADVICE: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'a key stands here a second time; keep one of the two',
  TAB_AS_INDENT: 'a tab indents this line; use spaces',
  MULTIPLE_DOCS: 'a second document begins here; keep one',
  // A few lines of aliases can stand for gigabytes, and most are names that lack their quotes.
  ALIAS: 'this is a YAML alias; put a name that begins with * in quotes, write other values out',
  COMPLEX_KEY: 'this key is not one word; put an address in brackets in quotes: "[::1]:53"',
};

/** YAML that no file of ours has a use for. */
function oddNodesOf(document: Document.Parsed): YamlFault[] {
  const faults: YamlFault[] = [];
  const odd = (node: unknown, code: string) => {
    const start = (isNode(node) && node.range?.[0]) || 0;
    faults.push({ code, message: code, pos: [start, start] });
  };
  visit(document, {
    Alias: (_, node) => odd(node, 'ALIAS'),
    Pair: (_, { key }) => {
      if (!isScalar(key)) odd(key, 'COMPLEX_KEY');
    },
  });
  return faults;
}

/** The offset of the value (or key) at a path, or of its nearest ancestor that is in the file. */
function offsetOf(root: unknown, path: readonly PropertyKey[], wantKey = false): number {
  let node = root;
  let offset = isNode(root) ? (root.range?.[0] ?? 0) : 0;
  for (const [i, key] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
      );
      if (!pair) return offset;
      node = wantKey && i === path.length - 1 ? pair.key : pair.value;
      if (!isNode(node)) node = pair.key;
    } else if (isNode(node) && 'items' in node && Array.isArray(node.items)) {
      node = node.items[Number(key)];
    }
    if (!isNode(node) || !node.range) return offset;
    offset = node.range[0];
  }
  return offset;
}

function problemsOf(
  issue: z.core.$ZodIssue,
  prefix: readonly PropertyKey[],
  placeOf: (path: readonly PropertyKey[]) => Place,
  keyPlaceOf: (path: readonly PropertyKey[]) => Place,
): Problem[] {
  const path = [...prefix, ...issue.path];
  const fault = (at: readonly PropertyKey[], message: string, place = placeOf(at)): Problem => ({
    severity: 'error',
    place,
    path: at.map(String).join('.'),
    message,
  });
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => fault(path, message, keyPlaceOf(path)));
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const at = [...path, key];
      return fault(at, 'is not a known key; remove it or correct its spelling', keyPlaceOf(at));
    });
  }
  if (issue.code === 'invalid_union') {
    // Show the faults of the form the value came nearest to, not of every form it might have had:
    // the one whose keys fit best, then the one with fewest faults.
    const forms = issue.errors.filter((form) => !form.some(isWrongShape));
    const nearest = (forms.length > 0 ? forms : issue.errors).toSorted(
      (a, b) => misfitsOf(a) - misfitsOf(b) || a.length - b.length,
    )[0];
    if (nearest && nearest.length > 0)
      return nearest.flatMap((inner) => problemsOf(inner, path, placeOf, keyPlaceOf));
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [fault(path, 'is missing; add it')];
  }
  return [fault(path, plain(issue.message))];
}

/** True where the value is not even of the form's type: a mapping where one word is wanted. */
function isWrongShape(issue: z.core.$ZodIssue): boolean {
  if (issue.path.length > 0) return false;
  return (
    issue.code === 'invalid_type' ||
    (issue.code === 'invalid_value' && typeof issue.input === 'object')
  );
}

/** How many keys of the value the form does not know, or wants and has not. */
function misfitsOf(form: readonly z.core.$ZodIssue[]): number {
  return form.reduce((sum, issue) => {
    if (issue.code === 'unrecognized_keys') return sum + issue.keys.length;
    return sum + (issue.code === 'invalid_type' && issue.input === undefined ? 1 : 0);
  }, 0);
}

/** The words of YAML for the types of JavaScript. */
const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping (key: value)',
  record: 'a mapping (key: value)',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function plain(message: string): string {
  return message
    .replace(
      /^Invalid input: expected (.*), received (.*)$/,
      (_, wanted: string, given: string) => {
        const needed = TYPES[wanted] ?? wanted;
        if (given === 'null') return `is empty; write ${needed} or remove the key`;
        const quotes = wanted === 'string' && given === 'number' ? '; put it in quotes' : '';
        return `needs to be ${needed}${wanted === 'int' ? '' : `, not ${TYPES[given] ?? given}`}${quotes}`;
      },
    )
    .replace(/^Too small: expected number to be >=(.*)$/, 'must be at least $1')
    .replace(/^Too big: expected number to be <=(.*)$/, 'must be at most $1')
    .replace(/^Invalid option: expected one of (.*)$/, (_, options: string) => {
      return `needs to be one of ${options.replaceAll('|', ', ').replaceAll('"', '')}`;
    })
    .replace(/^Too small: expected array to have >=1 items$/, 'needs at least one')
    .replace(/^Too small: expected string to have >=1 characters$/, 'must not be empty');
}
