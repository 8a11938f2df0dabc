import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { closureCommand } from '../../src/commands/closure.ts';
import { folder, write } from '../support/e2e/tunnelwarden.ts';
import { GOLDEN } from '../support/golden.ts';

/** The starter policy's closure; if a change is meant: UPDATE_GOLDEN=1 node --test test/closure/command.test.ts */
const STARTER = fileURLToPath(new URL('starter.txt', import.meta.url));
const POLICY = join(GOLDEN, 'starter', 'policy.yaml');
const WORDS = [
  ...['--policy', POLICY, '--book', join(GOLDEN, 'shared', 'tunnelwarden.addresses.json')],
  ...['ngrok', 'cloudflare-tunnel', 'tailscale'].flatMap((id) => ['--service', id]),
];

/** What the command prints, and the exit code that it leaves. */
async function closure(...words: readonly string[]) {
  let text = '';
  const command = closureCommand({ write: (more) => (text += more) });
  try {
    await command.exitOverride().parseAsync(words, { from: 'user' });
    return { text, code: process.exitCode ?? 0 };
  } finally {
    process.exitCode = undefined;
  }
}

test('closure: the starter policy, by what an address book knows', async () => {
  const { text, code } = await closure(...WORDS);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(STARTER, text);
  assert.equal(text, readFileSync(STARTER, 'utf8'));
  // The kernel alone looks there, and a decoy deceives it.
  assert.equal(code, 1);
});

const BOOK = JSON.stringify({
  version: 1,
  names: Object.fromEntries(
    ['connect.ngrok-agent.com', 'tunnels.example.com'].map((name) => [
      name,
      { addresses: ['198.51.100.20'], seen: '2026-11-25T00:00:00.000Z' },
    ]),
  ),
});

test('closure', async (t) => {
  const path = folder(t);
  const policyWith = (file: string, firewall: string) =>
    write(
      path,
      file,
      `organisation: { name: "Example \\u202eCorp" }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block, others: block }
bypass: { resolvers: block }
firewall: { lan: [lan0], ${firewall} }
`,
    );
  const gated = policyWith('gated.yaml', 'gate: 9443');
  const kernel = policyWith('kernel.yaml', '');
  write(path, 'tunnelwarden.addresses.json', BOOK);

  await t.test('exits with 0 where nothing is open that is meant to be closed', async () => {
    const { text, code } = await closure('--policy', gated, '--service', 'ngrok');
    assert.equal(code, 0);
    assert.match(text, /^14 of 17 steps closed; beyond: file, proxy, session-sanctioned-sni\.$/m);
  });

  await t.test('exits with 1 where one is, and says what would close it', async () => {
    const { text, code } = await closure('--policy', kernel, '--service', 'ngrok');
    assert.equal(code, 1);
    assert.match(text, /session-decoy +open +see \d/);
    assert.match(text, /firewall: \{ gate: 9443 \}/);
    assert.match(text, /^13 of 17 steps closed; open: session-decoy; beyond: /m);
  });

  await t.test('exits with 1 for what is unknown, only if strict', async () => {
    const words = ['--policy', gated, '--service', 'pinggy'];
    assert.equal((await closure(...words)).code, 0);
    assert.equal((await closure(...words, '--strict')).code, 1);
  });

  await t.test('needs no packet filter to be walked', async () => {
    const words = ['--policy', gated, '--service', 'ngrok', '--backend', 'none'];
    const { text, code } = await closure(...words);
    assert.equal(code, 1);
    assert.match(text, /No packet filter stands in the way\. To close it: `firewall: /);
  });

  await t.test('a proxy is beyond, unless its address is refused', async () => {
    const words = ['--policy', gated, '--service', 'ngrok', '--proxy'];
    const through = await closure(...words, '192.0.2.80:3128');
    assert.match(through.text, /^ {2}proxy +beyond +see /m);
    const shared = await closure(...words, '198.51.100.20:3128');
    assert.match(shared.text, /^ {2}proxy +closed +packet filter TW-SHARED$/m);
  });

  await t.test('takes another book', async () => {
    const book = write(path, 'empty.json', JSON.stringify({ version: 1, names: {} }));
    const { text } = await closure('--policy', gated, '--service', 'ngrok', '--book', book);
    assert.match(text, /unknown: session-reversed-sni/);
  });

  await t.test(
    'shows the steps of services that the policy names, and a line of the others',
    async () => {
      const { text } = await closure('--policy', gated);
      assert.match(text, /^ngrok \(ngrok\)$/m);
      assert.doesNotMatch(text, /^Pinggy/m);
      assert.match(text, /^ {2}pinggy: \d+ of \d+ closed, 1 beyond, \d+ unknown$/m);
      assert.deepEqual(
        text.split('\n').filter((line) => line.length > 80),
        [],
      );
    },
  );

  await t.test('prints the same as JSON', async () => {
    const { text, code } = await closure('--policy', gated, '--service', 'ngrok', '--json');
    assert.equal(code, 0);
    const { steps, services, ...rest } = JSON.parse(text);
    assert.deepEqual(
      [rest.backend, rest.client, Object.keys(rest)],
      ['nftables', '127.0.0.1', ['digest', 'backend', 'client']],
    );
    assert.deepEqual(steps, { total: 17, closed: 14, open: 0, beyond: 3, unknown: 0 });
    const [{ service, title, steps: walked }] = services;
    assert.deepEqual([services.length, service, title, walked.length], [1, 'ngrok', 'ngrok', 17]);
    const quic = walked.find(({ id }: { id: string }) => id === 'quic');
    const { unlisted, ...told } = quic;
    assert(unlisted.includes('tunnel.ngrok.com'));
    assert.deepEqual(told, {
      ...{ id: 'quic', known: false, notes: [], state: 'closed', broken: false, through: [] },
      by: [{ where: 'packet filter', rule: 'TW-SHARED' }],
    });
  });

  await t.test('walks all services of the catalogue, blocked or not', async () => {
    const { text } = await closure('--policy', gated, '--all', '--json');
    assert(JSON.parse(text).services.length > 70);
  });

  const faults = [
    { when: 'a service nobody knows', words: ['--service', 'nrgok'], says: /"nrgok" is not in/ },
    { when: 'no packet filter', words: ['--backend', 'squid'], says: /"squid" cannot be walked/ },
  ];
  for (const { when, words, says } of faults) {
    await t.test(`refuses ${when}`, async () => {
      await assert.rejects(closure('--policy', gated, ...words), says);
    });
  }
});
