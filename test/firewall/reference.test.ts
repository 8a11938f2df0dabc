import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { BACKENDS } from '../../src/firewall/backends/index.ts';
import { backendFiles, backendReference } from '../../src/firewall/reference.ts';
import { policyFile } from '../../src/policy/schema.ts';

for (const [path, text] of Object.entries(backendFiles())) {
  test(`${path} is up to date`, () => {
    const written = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    assert.ok(written === text, `${path} is stale; run npm run reference`);
  });
}

test('every backend is in the reference, with all it says of itself', () => {
  const text = backendReference();
  for (const { id, title, use, cannot } of BACKENDS) {
    for (const part of [`\n## ${id}\n`, `| [\`${id}\`](#${id}) | `, title, use, ...cannot]) {
      assert.ok(text.includes(part), part);
    }
  }
  assert.doesNotMatch(text, /undefined|\[object/);
});

test('every backend says in sentences how it is used and what it cannot', () => {
  for (const { id, use, cannot } of BACKENDS) {
    assert.ok(cannot.length > 0, id);
    for (const sentence of [use, ...cannot]) assert.match(sentence, /^\S.*\.$/, id);
  }
});

test('the YAML of the reference is of a policy', () => {
  const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(backendReference()) ?? [];
  const value = { organisation: { name: 'x' }, ...parse(yaml) };
  assert.deepEqual(policyFile.safeParse(value).error?.issues ?? [], []);
});
