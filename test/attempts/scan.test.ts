import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanAttempts } from '../../src/attempts/scan.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { database, gain, HOUR, MINUTE, NOON } from './support.ts';

test('scanAttempts: every row, as it was stored, the oldest first', (t) => {
  const db = database(t, [
    gain({ time: NOON + HOUR, client: parseAddress('2001:db8::7') }, 2, MINUTE),
    gain({
      ...{ point: 'firewall', name: undefined, service: undefined, role: undefined },
      ...{ destination: parseAddress('198.51.100.7'), port: 443, type: 'PACKET' },
    }),
    gain({ time: NOON + 2 * HOUR, via: 'cdn.example.net', verdict: 'watched' }),
  ]);
  const common = { client: '192.0.2.17', count: 1, first: NOON, last: NOON };
  const door = { name: 'connect.ngrok-agent.com', point: 'resolver', service: 'ngrok' };
  const [blocked, later] = [{ verdict: 'blocked' }, NOON + 2 * HOUR];
  assert.deepEqual(
    [...scanAttempts(db, { since: 0 })],
    [
      { ...common, ...blocked, point: 'firewall', destination: '198.51.100.7' },
      {
        ...{ ...common, ...door, ...blocked, client: '2001:db8::7', count: 2 },
        ...{ first: NOON + HOUR, last: NOON + HOUR + MINUTE },
      },
      {
        ...{ ...common, ...door, verdict: 'watched', via: 'cdn.example.net' },
        ...{ first: later, last: later },
      },
    ],
  );
});

test('scanAttempts: what reaches into the stretch is in it, and what ends or begins outside is not', (t) => {
  const name = (text: string) => parseName(`${text}.example.com`);
  const db = database(t, [
    gain({ name: name('before'), time: NOON - HOUR + 1 }, 2, HOUR - 2),
    gain({ name: name('reaches'), time: NOON - HOUR + 1 }, 2, HOUR - 1),
    gain({ name: name('inside'), time: NOON + 1 }),
    gain({ name: name('behind'), time: NOON + HOUR }),
  ]);
  const found = [...scanAttempts(db, { since: NOON, until: NOON + HOUR })];
  assert.deepEqual(
    found.map(({ name }) => name),
    ['reaches.example.com', 'inside.example.com'],
  );
});

test('scanAttempts: more rows than a page, many of one time', (t) => {
  const gains = Array.from({ length: 12_000 }, (_, i) =>
    gain({ time: NOON + Math.floor(i / 7000), client: parseAddress(`10.1.${i >> 8}.${i % 256}`) }),
  );
  const db = database(t, gains);
  const clients = [...scanAttempts(db, { since: 0 })].map(({ client }) => client);
  assert.equal(clients.length, 12_000);
  assert.equal(new Set(clients).size, 12_000);
});
