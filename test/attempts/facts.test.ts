import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  clientsKnownAs,
  factsOf,
  labelsOf,
  OUTDATED_AFTER,
  teamsOf,
} from '../../src/attempts/facts.ts';
import { knownClientJson, knownClientView, listClients } from '../../src/attempts/known-clients.ts';
import { prepareNotes } from '../../src/attempts/note.ts';
import { createPrinter } from '../../src/attempts/print.ts';
import type { Fact, FactKind, FactSource } from '../../src/identity/fact.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { jsonLine } from '../../src/text.ts';
import { database, gain, NOON } from './support.ts';

type Said = readonly [kind: FactKind, source: FactSource, value: string, age?: number];

const ADA = parseAddress('192.0.2.17');
const V6 = parseAddress('2001:db8::17');

function knowing(
  t: TestContext,
  facts: readonly Fact[],
  gains: Parameters<typeof database>[1] = [],
) {
  const db = database(t, gains);
  prepareNotes(db)([{ kind: 'facts', facts }]);
  return db;
}

const fact = ([kind, source, value, age = 0]: Said, client = ADA): Fact => ({
  ...{ client, kind, source, value },
  time: NOON - age,
});

const labels: readonly {
  readonly when: string;
  readonly said: readonly Said[];
  readonly is: { readonly label?: string; readonly team?: string } | undefined;
}[] = [
  { when: 'nothing is known', said: [], is: undefined },
  {
    when: 'only a MAC address is known',
    said: [['mac', 'neighbour', '00:00:5e:00:53:17']],
    is: undefined,
  },
  {
    when: 'a person comes before a device, that before a host',
    said: [
      ['host', 'lease', 'h'],
      ['device', 'inventory', 'd'],
      ['person', 'inventory', 'p'],
    ],
    is: { label: 'p' },
  },
  {
    when: 'a device comes before a host',
    said: [
      ['host', 'lease', 'h'],
      ['device', 'inventory', 'd'],
    ],
    is: { label: 'd' },
  },
  {
    when: 'of hosts, the better source',
    said: [
      ['host', 'reverse-dns', 'r'],
      ['host', 'hosts', 'h'],
      ['host', 'lease', 'l'],
    ],
    is: { label: 'l' },
  },
  { when: 'a team alone', said: [['team', 'inventory', 'Research']], is: { team: 'Research' } },
  {
    when: 'a person who had the address before somebody else',
    said: [
      ['person', 'inventory', 'Ada', OUTDATED_AFTER + 1],
      ['team', 'inventory', 'Research', OUTDATED_AFTER + 1],
      ['host', 'lease', 'bobs-phone'],
    ],
    is: { label: 'bobs-phone', team: 'Research' },
  },
  {
    when: 'a person of a while ago, and a host of now',
    said: [
      ['person', 'inventory', 'Ada', OUTDATED_AFTER],
      ['host', 'lease', 'adas-phone'],
    ],
    is: { label: 'Ada' },
  },
  {
    when: 'all of it is long ago',
    said: [['person', 'inventory', 'Ada', 9 * OUTDATED_AFTER]],
    is: { label: 'Ada' },
  },
];
for (const { when, said, is } of labels) {
  test(`labelsOf: ${when}`, (t) => {
    const db = knowing(
      t,
      said.map((one) => fact(one)),
    );
    assert.deepEqual(labelsOf(db, [ADA, ADA, V6]), new Map(is ? [[ADA, is]] : []));
  });
}

test('factsOf: what a source says takes the place of what it said, in order of worth', (t) => {
  const db = knowing(t, [
    fact(['host', 'lease', 'old', 5]),
    fact(['mac', 'neighbour', 'm']),
    fact(['host', 'reverse-dns', 'r']),
  ]);
  prepareNotes(db)([
    { kind: 'facts', facts: [fact(['host', 'lease', 'new']), fact(['person', 'inventory', 'p'])] },
  ]);
  assert.deepEqual(factsOf(db, ADA), [
    fact(['person', 'inventory', 'p']),
    fact(['host', 'lease', 'new']),
    fact(['host', 'reverse-dns', 'r']),
    fact(['mac', 'neighbour', 'm']),
  ]);
  assert.deepEqual(factsOf(db, V6), []);
});

test('clientsKnownAs: part of any value, upper and lower case alike, also beyond ASCII; teamsOf: each once', (t) => {
  const db = knowing(t, [
    fact(['person', 'inventory', 'Ådä'], V6),
    fact(['person', 'inventory', 'ada 100%']),
    fact(['team', 'inventory', 'Research']),
    fact(['team', 'inventory', 'Research'], V6),
  ]);
  assert.deepEqual(clientsKnownAs(db, 'ådÄ'), [V6]);
  assert.deepEqual(clientsKnownAs(db, 'RESEARCH'), [ADA, V6]);
  assert.deepEqual(clientsKnownAs(db, '%'), [ADA]);
  assert.deepEqual(clientsKnownAs(db, 'nobody'), []);
  assert.deepEqual(clientsKnownAs(db, ''), [ADA, V6]);
  assert.deepEqual(teamsOf(db), ['Research']);
});

const HOSTILE = [
  '\u001b]0;owned\u0007',
  'a\r\nb\u0000',
  '\u202egnp.exe',
  '=cmd|x!A1',
  '"quoted", and',
  'x'.repeat(5000),
];
for (const value of HOSTILE) {
  test(`clients: a host called ${JSON.stringify(value.slice(0, 20))} is kept as it is and acts on nothing`, (t) => {
    const db = knowing(t, [fact(['host', 'lease', value])]);
    const [client] = listClients(db);
    assert.equal(client?.facts[0]?.value, value);
    const screen = { width: 160, colour: false };
    const table = createPrinter(knownClientView, 'table', screen)(listClients(db));
    assert.doesNotMatch(table.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}]/u);
    assert.equal(table.split('\n').length, 3);
    assert.ok(table.split('\n').every((line) => line.length <= 160));
    const json = jsonLine(knownClientJson(client));
    assert.doesNotMatch(json, /[\p{C}\p{Zl}\p{Zp}]/u);
    assert.equal(JSON.parse(json).facts[0].value, value);
    const csv = createPrinter(knownClientView, 'csv', screen)(listClients(db));
    assert.doesNotMatch(csv, /(?:^|,)"?[=+@]/m);
  });
}

test('listClients: those of incidents and those that are known, the most incidents first, and by a text', (t) => {
  const other = parseAddress('192.0.2.9');
  const db = knowing(
    t,
    [
      fact(['person', 'inventory', 'Ada']),
      fact(['team', 'inventory', 'Research']),
      fact(['host', 'hosts', 'v6'], V6),
    ],
    [
      gain(),
      gain({ client: other }),
      gain({ client: other, service: 'tailscale', time: NOON + 1 }),
    ],
  );
  const list = (text?: string) =>
    listClients(db, text).map(({ client, label, incidents, last }) => ({
      client,
      label,
      incidents,
      last,
    }));
  assert.deepEqual(list(), [
    { client: other, label: undefined, incidents: 2, last: NOON + 1 },
    { client: ADA, label: 'Ada', incidents: 1, last: NOON },
    { client: V6, label: 'v6', incidents: 0, last: undefined },
  ]);
  assert.deepEqual(
    list('RESEARCH').map(({ client }) => client),
    [ADA],
  );
  assert.deepEqual(
    list('192.0.2').map(({ client }) => client),
    [other, ADA],
  );
  assert.deepEqual(list('nobody'), []);
});
