import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ACTIONS } from '../../src/ingress/traffic/actions.ts';
import { WEBHOOK_PROVIDERS } from '../../src/ingress/traffic/providers.ts';

const page = readFileSync(new URL('../../docs/ingress.md', import.meta.url), 'utf8');

/** The words in code of the paragraph that begins so. */
function wordsBehind(start: string): readonly string[] {
  const paragraph = page.split(/\n\n/).find((text) => text.startsWith(start)) ?? '';
  return [...paragraph.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word).sort();
}

test('docs/ingress.md: lists the actions there are', () => {
  assert.deepEqual(wordsBehind('**Actions.**'), Object.keys(ACTIONS).sort());
});

test('docs/ingress.md: lists the providers of webhooks', () => {
  assert.deepEqual(wordsBehind('**Webhook providers.**'), WEBHOOK_PROVIDERS.toSorted());
});

test('docs/ingress.md: tells of every rule of the linter', () => {
  const folder = new URL('../../src/ingress/traffic/', import.meta.url);
  const code = readdirSync(folder)
    .filter((file) => file.startsWith('lint'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('\n');
  const rules = new Set(
    [...code.matchAll(/\breport\(\s*'([a-z-]+)'/g)].map(([, rule = '']) => rule),
  );
  assert(rules.size > 15);
  const told = new Set([...page.matchAll(/`([a-z-]+)`/g)].map(([, word = '']) => word));
  assert.deepEqual(
    [...rules].filter((rule) => !told.has(rule)),
    [],
  );
});
