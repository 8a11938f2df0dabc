import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFrames, encodeFrame } from '../../src/gate/front/frames.ts';
import { judge } from '../../src/policy/judge.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import type { Ruleset } from '../../src/policy/ruleset.ts';
import { compiledPolicy } from '../support/policy.ts';

const { ruleset } = compiledPolicy(`
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block, others: block }
clients: { lab: { networks: [192.0.2.0/24], allow: [{ service: ngrok, reason: a trial }] } }
`);
const VALUES = [1, 'two', { three: new Uint8Array([3]) }, { ruleset }];

for (const size of [1, 7, 1000, 1 << 22]) {
  test(`frames: values come whole through pieces of ${size} octets`, () => {
    const octets = Buffer.concat(VALUES.map((value) => encodeFrame(value)));
    const frames = createFrames();
    const values: unknown[] = [];
    for (let at = 0; at < octets.length; at += size) {
      values.push(...frames(octets.subarray(at, at + size)));
    }
    assert.deepEqual(values.slice(0, 3), VALUES.slice(0, 3));
    const { ruleset: copy } = values[3] as { readonly ruleset: Ruleset };
    assert.equal(copy.digest, ruleset.digest);
  });
}

test('frames: a ruleset that went through one judges as the one it was', () => {
  const [value] = createFrames()(encodeFrame({ ruleset }));
  const { ruleset: copy } = value as { readonly ruleset: Ruleset };
  for (const client of ['192.0.2.1', '203.0.113.1'].map((text) => parseAddress(text))) {
    for (const text of ['connect.ngrok-agent.com', 'eu.tunnels.example.com', 'www.example.net']) {
      const asked = { client, name: parseName(text) };
      assert.deepEqual(judge(copy, asked), judge(ruleset, asked), `${client} ${text}`);
    }
  }
});
