import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEMO_POLICY, DEMO_RULESET } from '../../src/commands/demo.ts';
import { loadPolicy } from '../../src/policy/load.ts';

test('demo: its programs say of their rules what the policy beside them has', () => {
  const { ruleset } = loadPolicy(DEMO_POLICY, Date.parse('2026-11-21T12:00:00Z'));
  const { digest, rules } = ruleset;
  assert.deepEqual({ digest, rules: rules.length }, DEMO_RULESET);
});
