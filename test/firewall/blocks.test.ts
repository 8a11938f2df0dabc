import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksOf, listText, longArtifact } from '../../src/firewall/blocks.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

const cases = [
  { when: 'there are none', count: 0, blocks: 0 },
  { when: 'there is one', count: 1, blocks: 1 },
  { when: 'a block is full', count: 1024, blocks: 1 },
  { when: 'one is behind a full block', count: 1025, blocks: 2 },
  { when: 'there are many', count: 5000, blocks: 5 },
];

for (const { when, count, blocks } of cases) {
  test(`blocks: joined they are the lines when ${when}`, () => {
    const lines = numbers(count).map((i) => `line ${i}`);
    const made = blocksOf(numbers(count), (i) => [`line ${i}`]);
    assert.equal(made.length, blocks);
    assert.equal(made.join('\n'), lines.join('\n'));
    assert.equal(listText(made), lines.map((line) => `${line}\n`).join(''));
  });
}

test('blocks: an item may have several lines, or none', () => {
  const made = blocksOf(numbers(2000), (i) => (i % 2 === 0 ? [] : [`${i}`, '']));
  const lines = numbers(2000).flatMap((i) => (i % 2 === 0 ? [] : [`${i}`, '']));
  assert.equal(made.join('\n'), lines.join('\n'));
});

test('blocks: a long file is the same as one text and in blocks', () => {
  const blocks = ['# header', '', ...blocksOf(numbers(3000), (i) => [`${i}`]), ''];
  const { path, text } = longArtifact('a.rules', blocks);
  assert.equal(path, 'a.rules');
  assert.equal(text, `# header\n\n${numbers(3000).join('\n')}\n`);
});
