import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLASS, RCODE, TYPE } from '../../src/dns/constants.ts';
import { NO_RECORDS } from '../../src/dns/encode.ts';
import type { Found } from '../../src/dns/forward.ts';
import type { Answer, Query } from '../../src/dns/message.ts';
import { createResolve, type Prepare } from '../../src/dns/resolve.ts';
import type { Name } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { compiledPolicy } from '../support/policy.ts';

// What `resolve` makes of a packet filter that is told of an answer before it leaves.

const { ruleset } = compiledPolicy(`
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com, service: ngrok }]
services: { ngrok: block }
watch: [watched.example.org]
`);
const answer: Answer = {
  ...{ rcode: RCODE.NOERROR, sections: NO_RECORDS, leads: [], authenticData: false },
  ...{ extended: [], ttl: 100 },
};
const fresh: Found = { kind: 'fresh', answer, age: 30, cached: true };

async function ask(name: string, prepare: Prepare, found: Found = fresh) {
  const resolve = createResolve({
    ruleset: () => ruleset,
    forwarder: { find: () => found, isRouted: () => false },
    ...{ version: undefined, stripEch: 'governed', prepare },
  });
  const query: Query = {
    ...{ id: 1, questionWire: new Uint8Array(), recursionDesired: true, authenticData: false },
    ...{ checkingDisabled: false, client: parseAddress('192.0.2.1'), transport: 'udp' },
    question: { name: name as Name, type: TYPE.A, class: CLASS.IN },
  };
  return resolve(query);
}

const cases = [
  { when: 'allowed', name: 'eu.tunnels.example.com', ready: false, rcode: RCODE.SERVFAIL },
  { when: 'allowed', name: 'eu.tunnels.example.com', ready: true, rcode: RCODE.NOERROR },
  { when: 'watched', name: 'watched.example.org', ready: false, rcode: RCODE.NOERROR },
  { when: 'unmatched', name: 'www.example.org', ready: false, rcode: RCODE.NOERROR },
];
for (const { when, name, ready, rcode } of cases) {
  test(`prepare: ${when}, ${ready ? 'ready' : 'not ready'}`, async () => {
    const { reply, source } = await ask(name, async () => ready);
    assert.equal(reply.rcode, rcode);
    if (rcode !== RCODE.SERVFAIL) return;
    assert.equal(source, 'failure');
    assert.match(reply.extended[0]?.text ?? '', /firewall is not ready/);
  });
}

test('prepare: is told the seconds that are left, and of no refusal', async () => {
  const told: unknown[] = [];
  const prepare: Prepare = (name, _, seconds) => {
    told.push([name, seconds]);
    return undefined;
  };
  await ask('www.example.org', prepare);
  await ask('www.example.org', prepare, { kind: 'stale', answer });
  await ask('connect.ngrok-agent.com', prepare);
  assert.deepEqual(told, [
    ['www.example.org', 70],
    ['www.example.org', 30],
  ]);
});
