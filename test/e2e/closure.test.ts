import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';

// The exit codes by which a script learns whether a policy closes what it means to close.

const POLICY = (firewall: string) => `organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block }
bypass: { resolvers: block }
firewall: { lan: [lan0], ${firewall} }
`;
const BOOK = JSON.stringify({
  version: 1,
  names: Object.fromEntries(
    ['connect.ngrok-agent.com', 'tunnels.example.com'].map((name) => [
      name,
      { addresses: ['198.51.100.20'], seen: '2026-11-25T00:00:00.000Z' },
    ]),
  ),
});

test('closure: exit codes and streams', async (t) => {
  const path = folder(t);
  const gated = write(path, 'gated.yaml', POLICY('gate: 9443'));
  const kernel = write(path, 'kernel.yaml', POLICY(''));
  write(path, 'tunnelwarden.addresses.json', BOOK);
  const cases = [
    { when: 'all is closed', words: ['--policy', gated], code: 0, said: /^14 of 17 steps closed/m },
    { when: 'a step is open', words: ['--policy', kernel], code: 1, said: /; open: session-decoy/ },
    { when: 'a service nobody knows', words: ['--policy', gated, '-s', 'nrgok'], code: 2 },
    { when: 'no packet filter', words: ['--policy', gated, '--backend', 'rpz'], code: 2 },
    { when: 'a client that is no address', words: ['--policy', gated, '-c', 'me'], code: 2 },
  ];
  for (const { when, words, code, said } of cases) {
    await t.test(when, async () => {
      const ended = await tunnelwarden(['closure', ...words]);
      assert.equal(ended.code, code, ended.stderr);
      if (said) assert.match(ended.stdout, said);
      assert.equal(ended.stderr === '', code < 2);
      assert.equal(ended.stdout === '', code === 2);
    });
  }
});
