import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAnswers } from '../../src/attempts/answers.ts';
import type { Attempt } from '../../src/attempts/attempt.ts';
import { createFirewallLog, parseLogSpec } from '../../src/commands/firewall-log.ts';
import { ParseError } from '../../src/policy/problem.ts';
import { eventually } from '../support/e2e/patience.ts';
import { folder } from '../support/e2e/tunnelwarden.ts';
import { compiledPolicy } from '../support/policy.ts';

const specs = [
  { text: 'nflog:5', spec: { kind: 'nflog', group: 5 } },
  { text: 'nflog:65535', spec: { kind: 'nflog', group: 65_535 } },
  { text: 'pflog0', spec: { kind: 'pflog', link: 'pflog0' } },
  { text: 'kmsg', spec: { kind: 'kmsg' } },
  { text: 'file:/var/log/kern.log', spec: { kind: 'file', path: '/var/log/kern.log' } },
];
for (const { text, spec } of specs) {
  test(`parseLogSpec: ${text}`, () => assert.deepEqual(parseLogSpec(text), spec));
}
for (const text of [
  '',
  'nflog',
  'nflog:',
  'nflog:65536',
  'nflog:05',
  'nflog:-w',
  'pflog',
  'file:',
  'eth0',
]) {
  test(`parseLogSpec: "${text}" is refused`, () =>
    assert.throws(() => parseLogSpec(text), ParseError));
}

test('createFirewallLog: a line becomes an attempt, and what keeps it from that is said', async (t) => {
  const path = join(folder(t), 'kern.log');
  const attempts: Attempt[] = [];
  const said: string[] = [];
  const { ruleset } = compiledPolicy(
    'organisation: { name: Example }\nservices: { bore: block }\n',
  );
  const { stop, tally } = createFirewallLog({
    spec: { kind: 'file', path },
    ruleset: () => ruleset,
    record: (attempt) => attempts.push(attempt),
    answers: createAnswers(10),
    namesAt: () => [],
    isOnTrail: () => false,
    log: (level, event) => said.push(`${level} ${event}`),
  });
  await eventually('it is missed', () => said.length > 0);
  const line = (entry: string) =>
    `Nov 27 11:38:20 gw kernel: ${entry} IN=lan OUT=wan SRC=192.0.2.10 DST=203.0.113.9 LEN=60 PROTO=TCP SPT=1 DPT=7835 \n`;
  writeFileSync(path, line('TW-PORT-bore'));
  await eventually('an attempt', () => attempts.length > 0);
  appendFileSync(path, line('TW-DNS'));
  await eventually('a question', () => tally().packets === 2);
  assert.deepEqual(
    attempts.map(({ point, service, rule, answer }) => [point, service, rule, answer]),
    [['firewall', 'bore', 'TW-PORT-bore', 'reset']],
  );
  assert.deepEqual(said, ['error firewall log lost', 'info firewall log recovered']);
  await stop();
});
