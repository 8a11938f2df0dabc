import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createPolicySource } from '../../src/commands/tui-policy.ts';
import type { Exception } from '../../src/policy/exception.ts';
import { parseNetwork } from '../../src/policy/network.ts';
import type { AnswerTo, Question, QuestionKind } from '../../src/tui/source.ts';
import { folder } from '../attempts/support.ts';

const POLICY = `organisation: { name: Example Corp }
ingress:
  - { domain: tunnels.example.com, service: ngrok, nameservers: [ns1.example.net, ns2.example.net] }
services: { ngrok: block }
firewall: { lan: [lan0] }
`;

const NOW = Date.UTC(2026, 0, 15, 12);

/** A source of a policy in a file, which can be written anew. */
function source(text = POLICY, exceptions: readonly Exception[] = []) {
  const file = join(folder(), 'policy.yaml');
  const write = (next: string) => writeFileSync(file, next);
  write(text);
  const { ask } = createPolicySource({ file, exceptions: async () => exceptions, now: () => NOW });
  return {
    file,
    write,
    ask: <K extends QuestionKind>(question: Question & { readonly kind: K }) =>
      ask(question) as Promise<AnswerTo<K>>,
  };
}

test('policy source: what the policy is', async () => {
  const { ask, file } = source();
  const view = await ask({ kind: 'policy' });
  assert.deepEqual([view.file, view.mode, view.warnings], [file, 'enforce', []]);
  assert.deepEqual(view.ingress, [{ domain: 'tunnels.example.com', service: 'ngrok' }]);
  const actions = new Map(view.services.map(({ id, action }) => [id, action]));
  assert.deepEqual([actions.get('ngrok'), actions.get('pinggy')], ['block', '-']);
  assert(view.backends.some(({ id }) => id === 'nftables') && view.formats.includes('zone'));
});

test('policy source: a policy that is written anew is read anew, and a fault is told with its place', async () => {
  const { ask, write, file } = source();
  const before = await ask({ kind: 'policy' });
  assert.equal((await ask({ kind: 'policy' })).digest, before.digest);

  write(`${POLICY}block: [evil.example.net]\n`);
  const after = await ask({ kind: 'policy' });
  assert.notEqual(after.digest, before.digest);

  write(`${POLICY}mood: bad\n`);
  await assert.rejects(ask({ kind: 'policy' }), (error: Error) => {
    assert(error.message.startsWith(`${file}:6:`), error.message);
    return true;
  });
  write(POLICY);
  assert.equal((await ask({ kind: 'policy' })).digest, before.digest);
});

test('policy source: without a policy every answer says how to name one', async () => {
  const { ask } = createPolicySource({
    file: undefined,
    exceptions: async () => [],
    now: () => NOW,
  });
  await assert.rejects(ask({ kind: 'policy' }), /--policy FILE/);
});

test('policy source: explains as the command does, for a client and with the exceptions in force', async () => {
  const exception: Exception = {
    id: 7,
    subject: { kind: 'service', service: 'ngrok' },
    clients: [parseNetwork('10.1.2.3')],
    ...{ reason: 'a demo', author: 'anna', created: NOW, until: NOW + 3_600_000 },
  };
  const { ask } = source(POLICY, [exception]);
  const told = async (client: string) => {
    const lines = await ask({ kind: 'explain', subject: 'connect.ngrok-agent.com', client });
    return lines.map(({ text }) => text).join('\n');
  };
  assert.match(await told(''), /is refused \(asked by 127\.0\.0\.1\)/);
  assert.match(await told('10.1.2.3'), /is answered \(asked by 10\.1\.2\.3\)/);
  assert.match(await told('10.1.2.3'), /exception 7 by anna/);
  await assert.rejects(ask({ kind: 'explain', subject: 'a..b', client: '' }), /empty label/);
  await assert.rejects(ask({ kind: 'explain', subject: 'a.b', client: '1.2' }), /1\.2/);
});

test('policy source: records, artifacts and closure as the commands make them', async () => {
  const { ask } = source();
  const records = await ask({ kind: 'records', domain: 'tunnels.example.com', format: 'zone' });
  assert.match(records.files[0]?.text ?? '', /IN\s+NS\s+ns1\.example\.net\./);

  const artifact = await ask({ kind: 'artifact', backend: 'nftables' });
  assert.match(artifact.files[0]?.text ?? '', /table inet tunnelwarden/);
  assert((await ask({ kind: 'artifact', backend: 'hosts' })).gaps.length > 0);

  const [ngrok, ...others] = await ask({ kind: 'closure' });
  assert.deepEqual([ngrok?.service, ngrok?.isNamed, others.length], ['ngrok', true, 0]);
  const dns = ngrok?.steps.find(({ id }) => id === 'system-dns');
  assert.equal(dns?.state, 'closed');
  assert(dns.by.some((hold) => hold.startsWith('resolver: ngrok/session/')));
});

test('policy source: what cannot be loaded here is not compared', async () => {
  const { ask } = source();
  const drift = await ask({ kind: 'drift', backend: 'rpz' });
  assert.deepEqual([drift.state, drift.diff], ['unknown', []]);
});
