import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseDocument } from 'yaml';
import { readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import { EXAMPLE, policyReference, referenceFiles } from '../../src/policy/reference.ts';
import { policyFile } from '../../src/policy/schema.ts';
import { compileText } from './support/build.ts';

const root = new URL('../../', import.meta.url);
for (const [path, text] of Object.entries(referenceFiles())) {
  test(`${path} is up to date`, () => {
    const written = readFileSync(new URL(path, root), 'utf8');
    assert.ok(written === text, `${path} is stale; run npm run reference`);
  });
}

test('the example of the reference is sound and warns of nothing', () => {
  const using = readCatalogue(SHIPPED_RULES);
  const { ruleset, warnings } = compileText(EXAMPLE, {
    using,
    lists: { 'lists/tunnels.txt': 'a.example\n' },
  });
  assert.ok(ruleset.rules.length > 100);
  assert.deepEqual(warnings, []);
});

test('every piece of YAML in the reference is a policy, with an organisation where it has none', () => {
  const pieces = [...policyReference().matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, yaml = '']) => yaml,
  );
  assert.ok(pieces.length >= 3);
  for (const yaml of pieces) {
    const value = { organisation: { name: 'x' }, ...(parseDocument(yaml).toJS() ?? {}) };
    assert.deepEqual(policyFile.safeParse(value).error?.issues ?? [], [], yaml);
  }
});

test('every key of the policy is in the reference', () => {
  const text = policyReference();
  for (const key of Object.keys(policyFile.shape)) assert.ok(text.includes(`\n### ${key}\n`), key);
  assert.doesNotMatch(text, /undefined|\[object/);
});

test('the JSON Schema knows the example and the starter policy', () => {
  const schema = JSON.parse(referenceFiles()['rules/schema/policy.schema.json'] as string);
  const starter = readFileSync(new URL('rules/policy.example.yaml', root), 'utf8');
  for (const yaml of [EXAMPLE, starter]) {
    for (const key of Object.keys(parseDocument(yaml).toJS()))
      assert.ok(key in schema.properties, key);
  }
  assert.deepEqual(schema.required, ['organisation']);
  assert.equal(schema.additionalProperties, false);
});
