import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compile } from '../src/policy/compile.ts';
import { readCatalogue, SHIPPED_RULES } from '../src/policy/load.ts';
import { policyOf } from '../src/policy/policy.ts';
import { policyFile } from '../src/policy/schema.ts';
import { readYaml } from '../src/policy/yaml.ts';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const PAGES = [
  'README.md',
  'docs/policy.md',
  'docs/backends.md',
  'docs/gateway.md',
  'docs/closure.md',
  'docs/architecture.md',
];
const catalogue = readCatalogue(SHIPPED_RULES);
const yamlBlocks = (page: string) =>
  [...read(page).matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);

for (const page of PAGES) {
  for (const [i, block] of yamlBlocks(page).entries()) {
    if (!block.includes('organisation:')) continue;
    test(`${page}: policy ${i + 1} compiles without a fault`, () => {
      const policy = policyOf(page, readYaml(page, block, policyFile));
      // Its lists are files of the reader's own; all else has to hold.
      const { ruleset, warnings } = compile({ ...policy, lists: [] }, catalogue, [], 0);
      assert.deepEqual(warnings, []);
      assert.ok(ruleset.rules.length > 0);
    });
  }
}

test('README.md: the policy it shows first is the one that ships', () => {
  const shipped = read('rules/policy.example.yaml').replace(/^#.*\n/gm, '');
  assert.equal(yamlBlocks('README.md')[0], shipped);
});

test('README.md: every npm script it names exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = [...read('README.md').matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(
    ([, name]) => name,
  );
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter((name) => scripts[name as string] === undefined),
    [],
  );
});

for (const page of ['README.md', 'CHANGELOG.md']) {
  test(`${page}: the size of the catalogue is true`, () => {
    const files = readdirSync(`${SHIPPED_RULES}/services`).length;
    assert.match(read(page), new RegExp(`\\b${files} tunnel services`));
  });
}
