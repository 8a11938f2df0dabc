import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScannedAttempt } from '../../src/attempts/scan.ts';
import { replay } from '../../src/backtest/replay.ts';
import { changesOf } from '../../src/backtest/sums.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { compiledPolicy } from '../support/policy.ts';

const ruleset = (text: string) =>
  compiledPolicy(`organisation: { name: Example Corp }\n${text}`).ruleset;

const DOOR = parseName('connect.ngrok-agent.com');

function attempt(different: Partial<ScannedAttempt> = {}): ScannedAttempt {
  return {
    client: parseAddress('10.1.2.3'),
    ...{ name: DOOR, point: 'resolver', service: 'ngrok', verdict: 'blocked' },
    ...{ count: 3, first: 1000, last: 2000 },
    ...different,
  };
}

const BLOCK = ruleset('services: { ngrok: block }');
const OPEN = ruleset('services: { ngrok: watch }');

type Case = {
  readonly when: string;
  readonly under: typeof BLOCK;
  readonly seen?: Partial<ScannedAttempt>;
  readonly becomes: 'same' | 'refused' | 'allowed' | 'undecided' | 'excepted';
};

const cases: readonly Case[] = [
  { when: 'refused before and after', under: BLOCK, becomes: 'same' },
  { when: 'refused before, and only watched after', under: OPEN, becomes: 'allowed' },
  { when: 'refused before, and no rule after', under: ruleset(''), becomes: 'allowed' },
  {
    when: 'only watched before, refused after',
    ...{ under: BLOCK, seen: { verdict: 'watched' }, becomes: 'refused' },
  },
  {
    when: 'observed before, enforced after',
    ...{ under: BLOCK, seen: { verdict: 'observed' }, becomes: 'refused' },
  },
  {
    when: 'refused before, observed after',
    ...{ under: ruleset('services: { ngrok: block }\nmode: observe'), becomes: 'allowed' },
  },
  {
    when: 'the sanctioned way is refused after',
    under: ruleset('block: [tunnels.example.com]'),
    seen: { verdict: 'sanctioned', name: parseName('tunnels.example.com') },
    becomes: 'refused',
  },
  {
    when: 'an exception allowed it',
    ...{ under: BLOCK, seen: { verdict: 'excepted' }, becomes: 'excepted' },
  },
  {
    when: 'the client has a rule of its own',
    under: ruleset(
      'services: { ngrok: block }\nallow: [{ service: ngrok, clients: [10.1.0.0/16] }]',
    ),
    becomes: 'allowed',
  },
  {
    when: 'another client has a rule of its own',
    under: ruleset(
      'services: { ngrok: block }\nallow: [{ service: ngrok, clients: [10.2.0.0/16] }]',
    ),
    becomes: 'same',
  },
  {
    when: 'what it led to is refused',
    under: ruleset('block: [cdn.example.net]'),
    seen: { name: parseName('www.example.com'), via: 'cdn.example.net' },
    becomes: 'same',
  },
  {
    when: 'what it led to was refused, and nothing is now',
    under: ruleset(''),
    seen: { name: parseName('www.example.com'), via: '203.0.113.9' },
    becomes: 'allowed',
  },
  {
    when: 'the address it led to is refused',
    under: ruleset('block: [203.0.113.0/24]'),
    seen: { name: parseName('www.example.com'), via: '203.0.113.9', verdict: 'watched' },
    becomes: 'refused',
  },
  {
    when: 'nobody knows whose address it was',
    under: BLOCK,
    seen: { name: undefined, destination: parseAddress('198.51.100.7'), point: 'firewall' },
    becomes: 'undecided',
  },
  {
    when: 'the address itself is refused',
    under: ruleset('block: [198.51.100.0/24]'),
    seen: { name: undefined, destination: parseAddress('198.51.100.7'), point: 'firewall' },
    becomes: 'same',
  },
].map((each) => each as Case);

for (const { when, under, seen, becomes } of cases) {
  test(`replay: ${when}`, () => {
    const { name, ...rest } = attempt(seen);
    const scanned = name === undefined ? rest : { name, ...rest };
    const { attempts, same, undecided, excepted, differences } = replay([scanned], under);
    assert.equal(attempts, 3);
    const found = { same, undecided, excepted, refused: 0, allowed: 0 };
    for (const difference of differences) found[difference.fate] += difference.attempts;
    const none = { same: 0, undecided: 0, excepted: 0, refused: 0, allowed: 0 };
    assert.deepEqual(found, { ...none, [becomes]: 3 });
  });
}

test('replay: against another policy what was recorded does not count', () => {
  const { same, differences } = replay([attempt({ verdict: 'watched' })], BLOCK, BLOCK);
  assert.deepEqual([same, differences], [3, []]);
  const [difference] = replay([attempt()], BLOCK, OPEN).differences;
  assert.deepEqual(
    [difference?.fate, difference?.rule],
    ['refused', 'ngrok/session/connect.ngrok-agent.com'],
  );
});

test('replay: attempts that differ in their times are one difference', () => {
  const { differences } = replay(
    [attempt({ first: 5000, last: 9000 }), attempt({ first: 500, last: 700, count: 1 })],
    OPEN,
  );
  assert.deepEqual(
    differences.map(({ attempts, first, last }) => [attempts, first, last]),
    [[4, 500, 9000]],
  );
});

test('changesOf: sums by service and client, those with the most attempts first', () => {
  const other = parseAddress('10.9.9.9');
  const { differences } = replay(
    [
      attempt(),
      attempt({ client: other, count: 50 }),
      attempt({ client: other, name: parseName('tunnel.ngrok.com') }),
    ],
    OPEN,
  );
  const [refused, allowed] = changesOf(differences);
  assert.deepEqual(refused.sum, { attempts: 0, clients: 0, names: 0 });
  assert.deepEqual(allowed.sum, { attempts: 56, clients: 2, names: 2 });
  assert.deepEqual(allowed.services, [{ key: 'ngrok', attempts: 56, clients: 2, names: 2 }]);
  assert.deepEqual(
    allowed.clients.map(({ key, attempts }) => [key, attempts]),
    [
      [other, 53],
      ['10.1.2.3', 3],
    ],
  );
});
