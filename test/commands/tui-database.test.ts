import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Gain } from '../../src/attempts/fold.ts';
import { prepareNotes } from '../../src/attempts/note.ts';
import { prepareSave } from '../../src/attempts/save.ts';
import { type Database, openForWriting } from '../../src/attempts/store.ts';
import { createDatabaseSource, type DatabaseOptions } from '../../src/commands/tui-database.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import type {
  Action,
  AnswerTo,
  KnownIncident,
  Question,
  QuestionKind,
  Source,
} from '../../src/tui/source.ts';
import { DAY, folder, gain, HOUR, MINUTE, NOON } from '../attempts/support.ts';

const ANNA = parseAddress('10.1.2.3');
const OTTO = parseAddress('10.1.2.4');
const SIX = parseAddress('2001:db8::1');

/** What strangers put where it is shown, stored and exported. */
const HOSTILE = `=cmd|'/c calc'!A1 "quoted", \x1b[31mred\u202e'; DROP TABLE attempts; --`;

const GAINS: readonly Gain[] = [
  gain({ time: NOON, client: ANNA }, 3),
  gain({ time: NOON + MINUTE, client: OTTO, service: 'zrok', name: parseName('api.zrok.io') }),
  gain({
    ...{ time: NOON + 2 * MINUTE, client: SIX, role: 'download', verdict: 'watched' },
    name: parseName('download.ngrok.com'),
  }),
  gain({ time: NOON + 3 * MINUTE, client: ANNA, verdict: 'sanctioned', role: 'endpoint' }),
  gain({ time: NOON - 2 * DAY, client: OTTO, via: HOSTILE }, 2),
];

type Surroundings = {
  readonly source: Source;
  readonly db: Database;
  readonly file: string;
  readonly options: DatabaseOptions;
};

function start(t: TestContext, different: Partial<DatabaseOptions> = {}): Surroundings {
  const file = join(folder(), 'attempts.db');
  const db = openForWriting(file);
  prepareSave(db)(GAINS);
  const fact = (client: typeof ANNA, kind: 'person' | 'team' | 'host', value: string) => ({
    ...({ client, kind, value, source: 'inventory', time: NOON } as const),
  });
  prepareNotes(db)([
    {
      kind: 'facts',
      facts: [
        ...[fact(ANNA, 'person', 'Anna'), fact(ANNA, 'team', 'sales')],
        fact(OTTO, 'host', HOSTILE),
      ],
    },
    { kind: 'event', event: { program: 'serve', time: NOON, level: 'info', text: 'ready' } },
  ]);
  const options = {
    ...{ file, readOnly: false, author: 'anna', folder: folder() },
    now: () => NOON + HOUR,
    ...different,
  };
  const source = createDatabaseSource(options);
  t.after(() => {
    source.close();
    db.close();
  });
  return { source, db, file, options };
}

const ask = <K extends QuestionKind>(
  source: Source,
  question: Question & { kind: K },
): Promise<AnswerTo<K>> => source.ask(question) as Promise<AnswerTo<K>>;

const incidents = (source: Source, search = ''): Promise<AnswerTo<'incidents'>> =>
  ask(source, { kind: 'incidents', search, order: 'newest', limit: 10 });

const first = async (source: Source, search: string): Promise<KnownIncident> =>
  (await incidents(source, search)).rows[0] as KnownIncident;

const searches: readonly { search: string; found: readonly (string | undefined)[] }[] = [
  {
    search: '',
    found: [
      'download.ngrok.com',
      'api.zrok.io',
      'connect.ngrok-agent.com',
      'connect.ngrok-agent.com',
    ],
  },
  { search: 'client:anna', found: ['connect.ngrok-agent.com'] },
  { search: 'team:SALES verdict:sanctioned', found: ['connect.ngrok-agent.com'] },
  { search: 'zrok', found: ['api.zrok.io'] },
  { search: '-ngrok', found: ['api.zrok.io'] },
  { search: '"drop table"', found: ['api.zrok.io', 'connect.ngrok-agent.com'] },
  {
    search: `"${HOSTILE.replaceAll('"', '""')}"`,
    found: ['api.zrok.io', 'connect.ngrok-agent.com'],
  },
  { search: 'watched', found: ['download.ngrok.com'] },
  { search: '2001:db8::/32', found: ['download.ngrok.com'] },
  { search: 'since:3h -name:ngrok.com', found: ['api.zrok.io', 'connect.ngrok-agent.com'] },
  { search: 'team:nobody', found: [] },
  { search: 'id:2', found: ['api.zrok.io'] },
];
test('attempts: what a search means', async (t) => {
  const { source } = start(t);
  for (const { search, found } of searches) {
    const { rows, isAll } = await ask(source, { kind: 'attempts', search, limit: 10 });
    assert.deepEqual(
      rows.map(({ name }) => name),
      found,
      search,
    );
    assert.ok(isAll);
  }
});

test('attempts: pages follow each other, with what clients are called', async (t) => {
  const { source } = start(t);
  const top = await ask(source, { kind: 'attempts', search: 'client:10.0.0.0/8', limit: 2 });
  assert.deepEqual(
    top.rows.map(({ client, label, team }) => [client, label, team]),
    [
      [OTTO, HOSTILE, undefined],
      [ANNA, 'Anna', 'sales'],
    ],
  );
  assert.equal(top.isAll, false);
  const { first = 0, id = 0 } = top.rows.at(-1) ?? {};
  const next = await ask(source, {
    ...{ kind: 'attempts', search: 'client:10.0.0.0/8', limit: 2 },
    behind: { first, id },
  });
  assert.deepEqual(
    next.rows.map((row) => row.first),
    [NOON - 2 * DAY],
  );
  assert.equal(next.isAll, true);
});

const refused: readonly { when: string; question: Question; message: RegExp }[] = [
  {
    when: 'attempts have no state',
    question: { kind: 'attempts', search: '-acked', limit: 1 },
    message: /state is asked of incidents/,
  },
  {
    when: 'incidents have no verdict',
    question: { kind: 'incidents', search: 'watched', order: 'newest', limit: 1 },
    message: /verdict is asked of attempts/,
  },
  {
    when: 'a search cannot be read',
    question: { kind: 'clients', search: 'state:done', limit: 1 },
    message: /^word 1, state:done: "done" is none of/,
  },
  { when: 'it is of the policy', question: { kind: 'policy' }, message: /knows nothing of policy/ },
];
for (const { when, question, message } of refused) {
  test(`ask: says why not, where ${when}`, async (t) => {
    await assert.rejects(start(t).source.ask(question), { message });
  });
}

test('incidents: are found, and told in full', async (t) => {
  const { source } = start(t);
  const all = await incidents(source);
  assert.deepEqual(
    all.rows.map(({ client, service, state }) => [client, service, state]),
    [
      [SIX, 'ngrok', 'new'],
      [OTTO, 'zrok', 'new'],
      [ANNA, 'ngrok', 'new'],
      [OTTO, 'ngrok', 'new'],
    ],
  );
  const found = async (search: string) => (await incidents(source, search)).rows.length;
  assert.equal(await found('client:anna'), 1);
  assert.equal(await found('open client:10.0.0.0/8 -service:zrok'), 2);
  assert.equal(await found('way:download,doh'), 1);
  assert.equal(await found('severity:high'), 0);
  assert.equal(await found('acked'), 0);
  assert.equal(await found('since:2h until:10d'), 0);
  const { id } = await first(source, 'client:anna');
  assert.equal(await found(`id:${id}`), 1);

  const detail = await ask(source, { kind: 'incident', id });
  assert.ok(detail);
  assert.equal(detail.incident.label, 'Anna');
  assert.deepEqual(
    detail.facts.map(({ value }) => value),
    ['Anna', 'sales'],
  );
  assert.deepEqual(
    detail.attempts.map(({ count }) => count),
    [3],
  );
  assert.deepEqual(
    detail.steps.map(({ via }) => via),
    ['system-dns'],
  );
  assert.ok(detail.reasons.length > 0);
  assert.equal(await ask(source, { kind: 'incident', id: 999 }), undefined);
});

test('act: what is done to incidents is told, counted and taken back', async (t) => {
  const { source } = start(t);
  const { id } = await first(source, 'client:anna');
  const before = source.version();
  const done = await source.act({ kind: 'acknowledge', incidents: [id], note: ` ${HOSTILE} ` });
  assert.equal(done.message, 'Acknowledged 1 incident.');
  assert.ok(source.version() > before);
  assert.equal((await first(source, 'acked')).id, id);
  const { acts } = (await ask(source, { kind: 'incident', id })) ?? { acts: [] };
  assert.deepEqual(
    acts.map(({ kind, author, note }) => [kind, author, note]),
    [['acknowledge', 'anna', HOSTILE]],
  );
  assert.ok(done.undo);
  const undone = await source.act({ kind: 'undo', done: done.undo });
  assert.equal(undone.message, 'Took it back for 1 incident.');
  assert.equal((await first(source, 'client:anna')).state, 'new');
  await assert.rejects(source.act({ kind: 'undo', done: done.undo }), /taken back already/);
  await assert.rejects(source.act({ kind: 'close', incidents: [999] }), /not there any more/);
  await assert.rejects(source.act({ kind: 'note', incidents: [id] }), /write what to note/);
});

test('act: a revoking is taken back as long as the exception has not ended by itself', async (t) => {
  const { source } = start(t);
  const wanted = { kind: 'except', subject: 'ngrok', clients: '10.1.2.3' } as const;
  await source.act({ ...wanted, duration: '1h', reason: 'a demo' });
  const [made] = await ask(source, { kind: 'exceptions' });
  const revoked = await source.act({ kind: 'revoke', exception: made?.id ?? 0 });
  assert.equal((await ask(source, { kind: 'overview' })).exceptions, 0);
  assert.ok(revoked.undo);
  await source.act({ kind: 'undo', done: revoked.undo });
  assert.equal((await ask(source, { kind: 'overview' })).exceptions, 1);
  await assert.rejects(source.act({ kind: 'undo', done: revoked.undo }), /make a new one/);
});

test('act: an exception is made, shown with its incident, and taken back with it', async (t) => {
  const { source } = start(t);
  const { id } = await first(source, 'client:anna');
  const wanted = {
    ...({ kind: 'except', subject: 'ngrok', clients: '10.1.2.3', duration: '1h' } as const),
    ...{ reason: HOSTILE, incident: id },
  };
  const done = await source.act(wanted);
  assert.match(done.message, /^Excepted ngrok for 10\.1\.2\.3; /);
  assert.equal((await first(source, 'client:anna')).state, 'excepted');
  const detail = await ask(source, { kind: 'incident', id });
  assert.deepEqual(
    detail?.exceptions.map(({ reason, author }) => [reason, author]),
    [[HOSTILE, 'anna']],
  );
  assert.equal((await ask(source, { kind: 'overview' })).exceptions, 1);
  assert.ok(done.undo);
  await source.act({ kind: 'undo', done: done.undo });
  assert.equal((await first(source, 'client:anna')).state, 'new');
  assert.equal((await ask(source, { kind: 'overview' })).exceptions, 0);

  const [exception] = await ask(source, { kind: 'exceptions' });
  assert.equal(exception?.revoked?.by, 'anna');
  const again: Action = { kind: 'revoke', exception: exception?.id ?? 0 };
  await assert.rejects(source.act(again), /is over already/);
  await assert.rejects(source.act({ kind: 'revoke', exception: 99 }), /there is no exception 99/);
  await assert.rejects(source.act({ ...wanted, duration: 'long' }), /is not a duration/);
  await assert.rejects(source.act({ ...wanted, clients: '' }), /is not a network/);
  await assert.rejects(source.act({ ...wanted, incident: 99 }), /no incident 99/);
});

test('act: nothing is changed where one only looks', async (t) => {
  const { source } = start(t, { readOnly: true });
  const { id } = await first(source, 'client:anna');
  await assert.rejects(source.act({ kind: 'close', incidents: [id] }), {
    name: 'CommandFailure',
    message: /only for looking; start it without --read-only/,
  });
  assert.equal((await first(source, 'client:anna')).state, 'new');
});

test('clients: sums of their incidents, the last seen first, page by page', async (t) => {
  const { source } = start(t);
  const page = await ask(source, { kind: 'clients', search: '', limit: 2 });
  assert.deepEqual(
    page.rows.map(({ client, incidents, open, attempts, services, label }) => ({
      ...{ client, incidents, open, attempts, services, label },
    })),
    [
      { client: SIX, incidents: 1, open: 1, attempts: 1, services: ['ngrok'], label: undefined },
      {
        ...{ client: OTTO, incidents: 2, open: 2, attempts: 3 },
        ...{ services: ['ngrok', 'zrok'], label: HOSTILE },
      },
    ],
  );
  assert.equal(page.isAll, false);
  const behind = page.rows[1];
  assert.ok(behind);
  const rest = await ask(source, { kind: 'clients', search: '', limit: 2, behind });
  assert.deepEqual(
    rest.rows.map(({ client, label }) => [client, label]),
    [[ANNA, 'Anna']],
  );
  assert.equal(rest.isAll, true);
  const some = await ask(source, { kind: 'clients', search: 'service:zrok', limit: 2 });
  assert.deepEqual(
    some.rows.map(({ client, incidents }) => [client, incidents]),
    [[OTTO, 1]],
  );

  const detail = await ask(source, { kind: 'client', address: OTTO });
  assert.deepEqual(
    detail.names.map(({ key, attempts }) => [key, attempts]),
    [
      ['connect.ngrok-agent.com', 2],
      ['api.zrok.io', 1],
    ],
  );
  assert.equal(detail.incidents.length, 2);
  assert.deepEqual(
    detail.facts.map(({ value }) => value),
    [HOSTILE],
  );
});

test('overview: the day, what is open and what changed', async (t) => {
  const { source } = start(t);
  const overview = await ask(source, { kind: 'overview' });
  assert.deepEqual(
    overview.topClients.map(({ key, attempts, label }) => [key, attempts, label]),
    [
      [ANNA, 3, 'Anna'],
      [SIX, 1, undefined],
      [OTTO, 1, HOSTILE],
    ],
  );
  assert.deepEqual(
    overview.topServices.map(({ key, attempts }) => [key, attempts]),
    [
      ['ngrok', 4],
      ['zrok', 1],
    ],
  );
  assert.equal(
    Object.values(overview.open).reduce((sum, count) => sum + count, 0),
    4,
  );
  assert.equal(overview.worst.length, 4);
  assert.deepEqual(overview.changes, [{ time: NOON, text: 'serve: ready', tone: 'info' }]);
});

const values: readonly { field: string; prefix: string; found: readonly string[] }[] = [
  { field: 'service', prefix: '', found: ['ngrok', 'zrok'] },
  { field: 'service', prefix: 'Z', found: ['zrok'] },
  { field: 'name', prefix: 'conn', found: ['connect.ngrok-agent.com'] },
  { field: 'name', prefix: '=down', found: ['=download.ngrok.com'] },
  { field: 'client', prefix: '10.1.', found: ['10.1.2.3', '10.1.2.4'] },
  { field: 'client', prefix: '2001', found: ['2001:db8::1'] },
  { field: 'client', prefix: 'AN', found: ['Anna'] },
  { field: 'client', prefix: 'drop', found: [`"${HOSTILE.replaceAll('"', '""')}"`] },
  { field: 'team', prefix: '', found: ['sales'] },
  { field: 'person', prefix: "' OR 1=1 --", found: [] },
  { field: 'rule', prefix: 'ngrok/', found: ['ngrok/session/connect.ngrok-agent.com'] },
  { field: 'ja4', prefix: '', found: [] },
  { field: 'nosuch', prefix: '', found: [] },
];
test('values: what a field has, as it is written in a search', async (t) => {
  const { source } = start(t);
  for (const { field, prefix, found } of values) {
    assert.deepEqual(
      await ask(source, { kind: 'values', field, prefix }),
      found,
      `${field}:${prefix}`,
    );
  }
});

test('act: exports into a new file for its owner, harmless to a spreadsheet', async (t) => {
  const { source, options } = start(t, { readOnly: true });
  const files: string[] = [];
  for (const what of ['attempts', 'attempts', 'incidents', 'clients'] as const) {
    const { message } = await source.act({ kind: 'export', what, search: 'client:10.0.0.0/8' });
    const file = / to (.*)\.$/.exec(message)?.[1] ?? '';
    assert.equal(statSync(file).mode & 0o777, 0o600);
    files.push(file);
  }
  const day = '2026-01-15';
  assert.deepEqual(
    files,
    [`attempts-${day}`, `attempts-${day}-2`, `incidents-${day}`, `clients-${day}`].map((name) =>
      join(options.folder, `tunnelwarden-${name}.csv`),
    ),
  );
  const [attempts = '', , incidents = '', clients = ''] = files.map((file) =>
    readFileSync(file, 'utf8'),
  );
  const cell = `"'${HOSTILE.replaceAll('"', '""')}"`;
  assert.ok(attempts.startsWith('id,first,last,count,client,'));
  assert.equal(attempts.split('\r\n').length, 1 + 3 + 1);
  assert.ok(attempts.includes(cell));
  assert.equal(incidents.split('\r\n').length, 1 + 3 + 1);
  assert.ok(incidents.includes(cell));
  assert.equal(clients.split('\r\n').length, 1 + 2 + 1);
  assert.ok(clients.includes(cell));
  const wrong = source.act({ kind: 'export', what: 'attempts', search: 'acked' });
  await assert.rejects(wrong, /asked of incidents/);
});

test('act: says where an export cannot be written', async (t) => {
  const { source } = start(t, { folder: '/nonexistent' });
  await assert.rejects(source.act({ kind: 'export', what: 'attempts', search: '' }), {
    name: 'CommandFailure',
    message: /^cannot write \/nonexistent\/.*; start in another folder$/,
  });
});

test('version: grows by what others write, and by nothing else', async (t) => {
  const { source, db } = start(t);
  const before = source.version();
  await ask(source, { kind: 'attempts', search: '', limit: 1 });
  assert.equal(source.version(), before);
  prepareSave(db)([gain({ time: NOON + 5 * MINUTE })]);
  assert.ok(source.version() > before);
  assert.equal((await ask(source, { kind: 'attempts', search: '', limit: 9 })).rows.length, 5);
});

test('createDatabaseSource: says what to do where there is nothing to read', () => {
  const options = { readOnly: true, author: 'anna', now: Date.now, folder: '.' };
  assert.throws(() => createDatabaseSource({ ...options, file: '/nonexistent/x.db' }), {
    name: 'CommandFailure',
    message: /there is no database/,
  });
});

const isRoot = process.getuid?.() === 0;
test('createDatabaseSource: reads a copy where nothing can be written', {
  skip: !isRoot,
}, async (t) => {
  const { file, db, options } = start(t);
  db.pragma('wal_checkpoint(TRUNCATE)');
  const place = folder();
  const copy = join(place, 'copy.db');
  copyFileSync(file, copy);
  chmodSync(copy, 0o444);
  for (const path of [join(place, '..'), place]) chmodSync(path, 0o555);
  let source: Source;
  // As somebody who may only read: root may do anything anywhere.
  process.seteuid?.(65534);
  try {
    source = createDatabaseSource({ ...options, file: copy });
  } finally {
    process.seteuid?.(0);
    for (const path of [join(place, '..'), place]) chmodSync(path, 0o700);
  }
  t.after(source.close);
  assert.equal((await incidents(source)).rows.length, 4);
  assert.deepEqual(readdirSync(place), ['copy.db']);
});

test('ask: goes on with the file that takes the place of the first', async (t) => {
  const { source, file } = start(t);
  const other = join(folder(), 'other.db');
  const next = openForWriting(other);
  t.after(() => next.close());
  prepareSave(next)([gain()]);
  next.pragma('wal_checkpoint(TRUNCATE)');
  t.mock.method(performance, 'now', () => 1e9);
  const before = source.version();
  renameSync(other, file);
  const { rows } = await ask(source, { kind: 'exceptions' }).then(() =>
    ask(source, { kind: 'attempts', search: '', limit: 9 }),
  );
  assert.equal(rows.length, 1);
  assert.ok(source.version() > before);
});
