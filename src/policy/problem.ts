/** Where something was written: a file and the position in it, both counted from 1. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

/** One fault in what a person wrote, with what to do about it. Warnings never stop a start. */
export type Problem = {
  readonly severity: 'error' | 'warning';
  readonly place: Place;
  /** The key it is about, as a path: `ingress.0.domain`; empty for a whole file. */
  readonly path: string;
  readonly message: string;
};

/** A value that cannot be read; the message names the value and the remedy. */
export class ParseError extends Error {
  override name = 'ParseError';
}

/** All faults of the files a person must mend, told at once. */
export class InputError extends Error {
  override name = 'InputError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const inOrder = problems.toSorted((a, b) => comparePlaces(a.place, b.place));
    super(inOrder.map(formatProblem).join('\n'));
    this.problems = inOrder;
  }
}

/** Sorts places as one reads: by file, line and column. */
export function comparePlaces(a: Place, b: Place): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}

/** `policy.yaml:3:18`, the form editors and terminals turn into a link. */
export function formatPlace(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`;
}

/** `policy.yaml:3:18: ingress.0.domain: …`, with `warning:` where it is one. */
export function formatProblem(problem: Problem): string {
  const about = problem.path === '' ? '' : `${problem.path}: `;
  const severity = problem.severity === 'warning' ? 'warning: ' : '';
  return `${formatPlace(problem.place)}: ${severity}${about}${problem.message}`;
}
