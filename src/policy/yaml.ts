import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { InputError, type Place, type Problem } from './problem.ts';

/** A YAML file as data, with the place each value was written at. */
export type Source<T> = { readonly value: T; readonly placeOf: (path: readonly PropertyKey[]) => Place };

/**
 * Reads YAML text and checks it against a schema; every fault is told at once, each with its line.
 * Throws InputError.
 */
export function readYaml<S extends z.ZodType>(file: string, text: string, schema: S): Source<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const fault = (offset: number, message: string): Problem => ({
    severity: 'error',
    place: placeAt(offset),
    path: '',
    message,
  });
  const faults = [...document.errors, ...document.warnings].map(({ message, pos }) =>
    fault(pos[0], `is not valid YAML: ${message.split('\n')[0]}`),
  );
  // A few lines of aliases can stand for gigabytes, and most are names that lack their quotes.
  const alias = 'is a YAML alias; put a name that begins with * in quotes, write other values out';
  faults.push(...aliasesOf(document).map((offset) => fault(offset, alias)));
  if (faults.length > 0) throw new InputError(faults);
  const placeOf = (path: readonly PropertyKey[]): Place => placeAt(offsetOf(document.contents, path));
  const keyPlaceOf = (path: readonly PropertyKey[]) =>
    placeAt(offsetOf(document.contents, path, true));
  // An empty file is an empty mapping, so that the schema says what is missing.
  const result = schema.safeParse(document.toJS() ?? {}, { reportInput: true });
  if (!result.success) {
    throw new InputError(result.error.issues.flatMap((issue) => problemsOf(issue, [], placeOf, keyPlaceOf)));
  }
  return { value: result.data, placeOf };
}

function aliasesOf(document: Document.Parsed): number[] {
  const offsets: number[] = [];
  visit(document, { Alias: (_, { range }) => void offsets.push(range?.[0] ?? 0) });
  return offsets;
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
    if (nearest && nearest.length > 0) return nearest.flatMap((inner) => problemsOf(inner, path, placeOf, keyPlaceOf));
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [fault(path, 'is missing; add it')];
  }
  return [fault(path, plain(issue.message))];
}

/** True where the value is not even of the form's type: a mapping where one word is wanted. */
function isWrongShape(issue: z.core.$ZodIssue): boolean {
  if (issue.path.length > 0) return false;
  return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof issue.input === 'object');
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
  null: 'empty',
};

function plain(message: string): string {
  return message
    .replace(/^Invalid input: expected (.*), received (.*)$/, (_, wanted: string, given: string) => {
      const quotes = wanted === 'string' && given === 'number' ? '; put it in quotes' : '';
      return `needs to be ${TYPES[wanted] ?? wanted}, not ${TYPES[given] ?? given}${quotes}`;
    })
    .replace(/^Invalid option: expected one of (.*)$/, (_, options: string) => {
      return `needs to be one of ${options.replaceAll('|', ', ').replaceAll('"', '')}`;
    })
    .replace(/^Too small: expected array to have >=1 items$/, 'needs at least one')
    .replace(/^Too small: expected string to have >=1 characters$/, 'must not be empty');
}
