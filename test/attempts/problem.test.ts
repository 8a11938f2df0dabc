import assert from 'node:assert/strict';
import test from 'node:test';
import { problemOf, StoreError } from '../../src/attempts/problem.ts';

const cases: readonly { readonly code: string; readonly kind: string | undefined }[] = [
  { code: 'SQLITE_BUSY', kind: 'locked' },
  { code: 'SQLITE_BUSY_SNAPSHOT', kind: 'locked' },
  { code: 'SQLITE_FULL', kind: 'full' },
  { code: 'SQLITE_IOERR_SHMSIZE', kind: 'full' },
  { code: 'ENOSPC', kind: 'full' },
  { code: 'SQLITE_IOERR_WRITE', kind: 'disk' },
  { code: 'EIO', kind: 'disk' },
  { code: 'SQLITE_CORRUPT_INDEX', kind: 'damaged' },
  { code: 'SQLITE_READONLY_DIRECTORY', kind: 'denied' },
  { code: 'SQLITE_CANTOPEN', kind: 'denied' },
  { code: 'EACCES', kind: 'denied' },
  { code: 'EMFILE', kind: 'denied' },
  { code: 'SQLITE_CONSTRAINT_NOTNULL', kind: undefined },
  { code: 'ERR_INVALID_ARG_TYPE', kind: undefined },
];

for (const { code, kind } of cases) {
  test(`problemOf: ${code} is ${kind ?? 'a fault of the program'}`, () => {
    const problem = problemOf(Object.assign(new Error(code), { code }), 'attempts.db');
    assert.equal(problem?.kind, kind);
    if (problem) assert.match(problem.message, new RegExp(`^attempts\\.db .*; .* \\(${code}\\)$`));
  });
}

test('problemOf: a refused file keeps its own words', () => {
  const problem = problemOf(new StoreError('it is not a database'), 'attempts.db');
  assert.deepEqual(problem, { kind: 'unusable', message: 'it is not a database' });
});

test('problemOf: what has no code is a fault of the program', () => {
  assert.equal(problemOf(new TypeError('oops'), 'attempts.db'), undefined);
  assert.equal(problemOf('thrown text', 'attempts.db'), undefined);
});
