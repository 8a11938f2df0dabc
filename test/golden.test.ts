import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Artifact } from '../src/firewall/backend.ts';
import { BACKENDS } from '../src/firewall/backends/index.ts';
import { loadPolicy } from '../src/policy/load.ts';
import { folder } from './support/e2e/tunnelwarden.ts';
import { CASES, GOLDEN, golden, loadCase, made } from './support/golden.ts';

// What `generate` makes of a few policies, byte for byte, to be read as a diff. After a change that is
// meant: UPDATE_GOLDEN=1 node --test test/golden.test.ts

const UPDATE = process.env.UPDATE_GOLDEN === '1';
const AMISS =
  'if it is meant, run UPDATE_GOLDEN=1 node --test test/golden.test.ts and read the diff';

/** What stands in a case beside artifacts. */
const GIVEN = ['lists', 'policy.yaml', 'tunnelwarden.addresses.json'];

test('golden: there are cases', () => assert(CASES.length >= 5));

for (const name of CASES) {
  const loaded = loadCase(name);
  for (const backend of BACKENDS) {
    test(`golden: ${name} as ${backend.id}`, () => {
      const now = made(loaded, backend);
      if (UPDATE) rewrite(join(GOLDEN, name, backend.id), now);
      const then = new Map(golden(name, backend).map((artifact) => [artifact.path, artifact]));
      assert.deepEqual(now.map(({ path }) => path).sort(), [...then.keys()], AMISS);
      for (const { path, text, executable = false } of now) {
        const file = `${name}/${backend.id}/${path}`;
        assert(then.get(path)?.text === text, `${file} differs: ${AMISS}`);
        assert.equal(then.get(path)?.executable ?? false, executable, `${file}: ${AMISS}`);
      }
    });
  }

  test(`golden: nothing is in ${name} that nobody makes or gives`, () => {
    const known = new Set([...BACKENDS.map(({ id }) => id), ...GIVEN]);
    const strange = readdirSync(join(GOLDEN, name)).filter((entry) => !known.has(entry));
    if (UPDATE) {
      for (const entry of strange) rmSync(join(GOLDEN, name, entry), { recursive: true });
    } else assert.deepEqual(strange, [], AMISS);
  });

  test(`golden: ${name} is the same read anew, elsewhere and later`, (t) => {
    const there = folder(t);
    for (const entry of GIVEN) {
      const options = { recursive: true, errorOnExist: false } as const;
      if (readdirSync(join(GOLDEN, name)).includes(entry))
        cpSync(join(GOLDEN, name, entry), join(there, entry), options);
    }
    const again = loadPolicy(join(there, 'policy.yaml'), Date.parse('2026-07-01T12:34:56Z'));
    for (const backend of BACKENDS) {
      assert.deepEqual(made(again, backend), made(loaded, backend), backend.id);
    }
  });
}

function rewrite(path: string, artifacts: readonly Artifact[]): void {
  rmSync(path, { recursive: true, force: true });
  for (const { path: file, text, executable } of artifacts) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
    chmodSync(join(path, file), executable ? 0o755 : 0o644);
  }
}
