/** Why attempts cannot be stored or read just now, with what to do about it. */
export type StoreProblem = {
  readonly kind: 'locked' | 'full' | 'denied' | 'disk' | 'damaged' | 'unusable';
  readonly message: string;
};

/** The file named cannot be the store; the message says why and what to do. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/** The file is a store of an earlier version, which only a program that records brings up to date. */
export class OutdatedStore extends StoreError {
  override name = 'OutdatedStore';
}

const BY_CODE: readonly (readonly [RegExp, StoreProblem['kind'], string])[] = [
  [
    /^SQLITE_(BUSY|LOCKED|PROTOCOL)/,
    'locked',
    'is locked by another program; end that program, or wait for it',
  ],
  [
    // A full disk also shows as an index of the write-ahead log that cannot grow.
    /^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT)/,
    'full',
    'has no space left on its disk; free some, or keep less with `attempts.size`',
  ],
  [/^(SQLITE_IOERR|EIO)/, 'disk', 'cannot be read or written; check the disk it is on'],
  [/^SQLITE_(CORRUPT|NOTADB)/, 'damaged', 'is damaged; move it away, and a new one is begun'],
  [
    // Behind the others of Node: whatever else the system says when a file is opened.
    /^(SQLITE_(READONLY|CANTOPEN|PERM|AUTH)|E[A-Z]+$)/,
    'denied',
    'cannot be opened; check the rights on it and on its folder, where files are made beside it',
  ],
];

/** The trouble behind an error of the store; undefined for a fault of the program. */
export function problemOf(error: unknown, file: string): StoreProblem | undefined {
  if (error instanceof StoreError) return { kind: 'unusable', message: error.message };
  const code = codeOf(error);
  const found = BY_CODE.find(([pattern]) => pattern.test(code));
  if (!found) return undefined;
  const [, kind, advice] = found;
  return { kind, message: `${file} ${advice} (${code})` };
}

/** Both Node and SQLite name the kind of an error in `code`. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
