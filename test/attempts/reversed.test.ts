import assert from 'node:assert/strict';
import test from 'node:test';
import { reversedName, subtreeRange } from '../../src/attempts/reversed.ts';
import { isAtOrBelow, parseName } from '../../src/policy/name.ts';

const NAMES = [
  '.',
  'com',
  'example.com',
  'www.example.com',
  'a.www.example.com',
  'myexample.com',
  'example-2.com',
  'example.comx',
  String.raw`a\.example.com`,
  String.raw`\\.example.com`,
  String.raw`a\\\.b.example.com`,
  String.raw`\255.example.com`,
  '~.example.com',
].map(parseName);

test('reversedName: two names never share a text', () => {
  assert.equal(new Set(NAMES.map(reversedName)).size, NAMES.length);
});

for (const ancestor of NAMES) {
  test(`subtreeRange: ${ancestor} covers what is at or below it and nothing else`, () => {
    const [from, to] = subtreeRange(ancestor);
    for (const name of NAMES) {
      const reversed = reversedName(name);
      assert.equal(reversed >= from && reversed < to, isAtOrBelow(name, ancestor), name);
    }
  });
}
