import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gapsOf } from '../../src/policy/gaps.ts';
import { readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import { compiledPolicy } from '../support/policy.ts';

const catalogue = readCatalogue(SHIPPED_RULES);
const ADDRESSES = 'refusal: { addresses: [192.0.2.9] }\n';

const sinkholes = [
  { when: 'no refused name leads anywhere', policy: '', gap: undefined },
  { when: 'refused names lead to nobody we know of', policy: ADDRESSES, gap: /agents hang/ },
  {
    when: 'one refused name does',
    policy:
      'refusal: { answer: nxdomain, addresses: [192.0.2.9] }\nblock: [{ name: a.example.net, answer: sinkhole }]\n',
    gap: /agents hang/,
  },
  {
    when: 'they lead to the refuser',
    policy: `${ADDRESSES}firewall: { refuser: 9080 }\n`,
    gap: undefined,
  },
  {
    when: 'nothing leads to the refuser',
    policy: 'firewall: { refuser: 9080 }\n',
    gap: /name refusal\.addresses/,
  },
] as const;

for (const { when, policy: text, gap } of sinkholes) {
  test(`gaps: the sinkhole, where ${when}`, () => {
    const { policy, ruleset } = compiledPolicy(`organisation: { name: Example Corp }\n${text}`);
    const own = gapsOf(policy, catalogue, ruleset).filter(({ about }) => about === 'sinkhole');
    assert.deepEqual(
      own.map(({ text }) => gap?.test(text)),
      gap === undefined ? [] : [true],
    );
  });
}
