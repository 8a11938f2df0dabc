import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../../src/policy/problem.ts';
import { readYamlTree, type YamlNode } from '../../src/policy/yaml-tree.ts';

/** The tree in short: values with the place each was written at. */
function brief(node: YamlNode): unknown {
  const at = `${node.place.line}:${node.place.column}`;
  switch (node.kind) {
    case 'map':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, brief(value)]));
    case 'list':
      return node.items.map(brief);
    case 'scalar':
      return `${at} ${node.style} ${JSON.stringify(node.value)}`;
    case 'tagged':
      return `${at} tagged ${node.text}`;
    case 'alias':
      return `${at} alias ${node.name}`;
  }
}

test('readYamlTree: every value with its place', () => {
  const text = 'a: 1\nb:\n  - "two"\n  - |\n    three\nc: { d: &x true, e: }\nf: *x\n';
  assert.deepEqual(brief(readYamlTree('f.yaml', text)), {
    a: '1:4 plain 1',
    b: ['3:5 quoted "two"', '4:5 block "three\\n"'],
    c: { d: '6:12 plain true', e: '6:21 plain null' },
    f: '7:4 alias x',
  });
});

test('readYamlTree: a tag is told with all of its line but the comment', () => {
  const text = "- !(a.b('c') # why\n- !(a == 'b')\n- !x\n- !!str 5\n- { k: !y z }\n";
  assert.deepEqual(brief(readYamlTree('f.yaml', text)), [
    "1:3 tagged !(a.b('c')",
    "2:3 tagged !(a == 'b')",
    '3:3 tagged !x',
    '4:9 plain "5"',
    { k: '5:8 tagged !y z }' },
  ]);
});

test('readYamlTree: a file of nothing', () => {
  assert.equal(brief(readYamlTree('f.yaml', '# nothing\n')), '1:1 plain null');
});

for (const { when, text, says } of [
  { when: 'a key twice', text: 'a: 1\na: 2\n', says: /^f\.yaml:2:1: is not valid YAML: Map keys/ },
  { when: 'a key of several words', text: '[a, b]: 1\n', says: /this key is not one word/ },
  { when: 'a pit', text: '['.repeat(300) + ']'.repeat(300), says: /nested too deeply/ },
  { when: 'an abyss', text: '['.repeat(100_000), says: /YAML/ },
]) {
  test(`readYamlTree: refuses ${when}`, () => {
    assert.throws(
      () => readYamlTree('f.yaml', text),
      (error) => error instanceof InputError && says.test(error.message),
    );
  });
}
