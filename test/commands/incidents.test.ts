import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import test, { type TestContext } from 'node:test';
import { actOn } from '../../src/attempts/incident/act.ts';
import { actsOf, readIncident } from '../../src/attempts/incident/query.ts';
import { prepareSave } from '../../src/attempts/save.ts';
import type { Database } from '../../src/attempts/store.ts';
import { incidentsCommand } from '../../src/commands/incidents.ts';
import { octetsOfAddress, parseAddress } from '../../src/policy/network.ts';
import { seen } from '../attempts/incident/support.ts';
import { DAY, database, HOUR, NOON } from '../attempts/support.ts';

class Screen extends Writable {
  text = '';
  isTTY?: boolean;
  columns?: number;

  constructor(columns?: number) {
    super({ decodeStrings: false });
    if (columns !== undefined) Object.assign(this, { isTTY: true, columns });
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }

  get lines(): readonly string[] {
    return this.text.split(/\r?\n/).slice(0, -1);
  }
}

type Run = { readonly stdout: Screen; readonly stderr: Screen; readonly code: number };

/** Runs the command an hour after noon, on a terminal of so many columns or into a pipe. */
async function run(db: Database, args: readonly string[], columns?: number): Promise<Run> {
  const [stdout, stderr] = [new Screen(columns), new Screen(columns)];
  const command = incidentsCommand({
    stdout,
    stderr,
    env: {},
    now: () => NOON + HOUR,
    author: 'ada',
  });
  for (const part of [command, ...command.commands]) {
    part.exitOverride().configureOutput({ writeErr: () => {} });
  }
  try {
    await command.parseAsync([...args, '--database', db.name], { from: 'user' });
    return { stdout, stderr, code: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = undefined;
  }
}

const OTHER = parseAddress('2001:db8:1234:5678:9abc:def0:1234:5678');

/** 1 low, 2 high, 3 medium and acknowledged, 4 of no service. */
function review(t: TestContext): Database {
  const db = database(t);
  const gains = [
    seen('system-dns', NOON, { count: 3, lasting: 5000 }),
    seen('system-dns, observed', NOON - DAY, { client: OTHER, service: 'cloudflare-tunnel' }),
    seen('sni', NOON + HOUR / 2, { client: OTHER }),
    seen('of no service', NOON),
  ];
  for (const gain of gains) prepareSave(db)([gain]);
  actOn(db, [3], { kind: 'acknowledge', author: 'bob', note: 'a demo' }, NOON + HOUR);
  return db;
}

function label(db: Database, kind: string, value: string): void {
  db.prepare("INSERT INTO client_facts VALUES (?, ?, 'inventory', ?, ?)").run(
    octetsOfAddress(parseAddress('192.0.2.17')),
    ...[kind, value, NOON],
  );
}

const idsIn = ({ lines }: Screen) =>
  lines.slice(1).map((line) => Number(/^ *(\d+)/.exec(line)?.[1]));

const lists: readonly { when: string; args: string; ids: readonly number[] }[] = [
  { when: 'what nobody has looked at, the worst first', args: '', ids: [2, 1] },
  { when: 'the same by its name', args: 'list', ids: [2, 1] },
  { when: 'all, those that wait first', args: '--all', ids: [2, 1, 3] },
  {
    when: 'all and those of no service',
    args: 'list --all --loose --order newest',
    ids: [3, 4, 1, 2],
  },
  { when: 'a client', args: '--all --client 2001:db8::/32', ids: [2, 3] },
  { when: 'a service', args: '--all --service ngrok', ids: [1, 3] },
  { when: 'states', args: '--state acknowledged --state closed', ids: [3] },
  { when: 'a severity', args: '--all --severity medium', ids: [2, 3] },
  { when: 'since', args: '--all --since 2h', ids: [1, 3] },
  { when: 'until', args: '--all --until 2h', ids: [2] },
  { when: 'the latest first', args: '--all --order latest', ids: [3, 1, 2] },
];
for (const { when, args, ids } of lists) {
  test(`incidents list: ${when}`, async (t) => {
    const { stdout, stderr, code } = await run(review(t), args.split(' ').filter(Boolean));
    assert.deepEqual(idsIn(stdout), ids);
    assert.equal(stderr.text, '');
    assert.equal(code, 0);
  });
}

test('incidents list: a table of 80 columns, with what clients are called', async (t) => {
  const db = review(t);
  label(db, 'person', 'Ada L.\u001b[2J');
  const { stdout } = await run(db, ['--all'], 80);
  const plain = stdout.lines.map((line) => line.replace(/\u001b\[\d+m/g, ''));
  assert.ok(plain.every((line) => line.length <= 80));
  assert.match(plain[0] as string, /^ID {2}SEVERITY {2}STATE +LAST SEEN +CLIENT +SERVICE +COUNT$/);
  assert.match(
    plain[2] as string,
    /^ 1 {2}low +new +\d\d-\d\d \d\d:\d\d {2}Ada L\.\\x1b\[2J +ngrok +3$/,
  );
  const wide = await run(db, ['--all'], 140);
  assert.match(wide.stdout.text, /Ada L\.\\x1b\[2J \(192\.0\.2\.17\) .*ngrok .*system-dns$/m);
  assert.ok(!stdout.text.includes('\u001b[2J'));
});

test('incidents list: JSON and CSV for programs', async (t) => {
  const db = review(t);
  label(db, 'device', '=cmd()');
  const { stdout } = await run(db, ['--json']);
  assert.deepEqual(JSON.parse(stdout.lines[1] as string), {
    ...{ id: 1, severity: 'low', state: 'new', client: '192.0.2.17', label: '=cmd()' },
    ...{ service: 'ngrok', first: '2026-01-15T12:00:00.000Z', last: '2026-01-15T12:00:05.000Z' },
    ...{ count: 3, passed: 0, ways: 'system-dns' },
  });
  const csv = await run(db, ['--csv', '--limit', '1', '--service', 'ngrok']);
  assert.deepEqual(csv.stdout.text.split('\r\n'), [
    'id,severity,state,client,label,team,service,first,last,count,passed,ways',
    "1,low,new,192.0.2.17,'=cmd(),,ngrok,2026-01-15T12:00:00.000Z,2026-01-15T12:00:05.000Z,3,0,system-dns",
    '',
  ]);
});

test('incidents list: says where there are more, and reads on past a page', async (t) => {
  const db = database(
    t,
    Array.from({ length: 1203 }, (_, i) =>
      seen('system-dns', NOON, { client: parseAddress(`10.0.${i >> 8}.${i & 255}`) }),
    ),
  );
  const some = await run(db, ['--limit', '1000']);
  assert.equal(some.stdout.lines.length, 1001);
  assert.match(some.stderr.text, /^These are the first 1000; --limit all shows every one\.\n$/);
  const all = await run(db, ['--limit', 'all']);
  assert.equal(new Set(idsIn(all.stdout)).size, 1203);
  const exact = await run(db, ['--limit', '1203']);
  assert.equal(exact.stderr.text, '');
});

test('incidents list: where there is nothing, what to do next', async (t) => {
  const empty = await run(database(t), []);
  assert.match(empty.stderr.text, /^No attempt is recorded yet; let clients use/);
  const quiet = await run(database(t, [seen('sanctioned', NOON)]), []);
  assert.match(quiet.stderr.text, /^There is no incident yet; `tunnelwarden attempts` lists/);
  const db = review(t);
  await run(db, ['close', '1', '2']);
  const done = await run(db, []);
  assert.match(done.stderr.text, /^Nothing waits for review; --all also lists/);
  const other = await run(db, ['--all', '--service', 'frp']);
  assert.match(other.stderr.text, /^No incident matches; leave out a filter/);
  assert.equal(other.code, 0);
});

test('incidents show: why, what was tried, who it is and what people did', async (t) => {
  const db = review(t);
  prepareSave(db)([seen('sni', NOON + 1000, { name: undefined, count: 2 })]);
  label(db, 'person', 'Ada');
  label(db, 'team', 'Sales');
  await run(db, ['note', '1', 'asked her']);
  const { stdout } = await run(db, ['show', '1'], 80);
  const plain = stdout.text.replace(/\u001b\[\d+m/g, '');
  assert.ok(
    plain.split('\n').every((line) => line.length <= 80),
    plain,
  );
  for (const part of [
    /^Incident 1: medium, new$/m,
    /^ {2}client {3}Ada \(192\.0\.2\.17\), Sales$/m,
    /^ {2}seen .*, 5 attempts$/m,
    /^Why\n {2}medium {2}Tried to connect to one of the service's addresses \(2 times, all\n +refused\)\.$/m,
    /^ {2}low {5}Asked for the name that agents dial, and was refused \(3 times\)\.$/m,
    /^What its agent tried\n(.*\n)?.* system-dns {2}connect\.ngrok-agent\.com {2}refused {2}×3\n.* address /m,
    /^Known of the client\n {2}person {2}Ada +inventory/m,
    /^What people did\n.* {2}ada noted: asked her$/m,
    /^Its last attempts\n {2}LAST SEEN/m,
    /^ {2}tunnelwarden incidents ack 1 /m,
  ]) {
    assert.match(plain, part);
  }
});

test('incidents show: hostile notes and names do nothing, several at once, one that is not there', async (t) => {
  const db = review(t);
  await run(db, ['ack', '2', '--note', 'x\u001b]0;owned\u0007\u202e']);
  const { stdout, stderr, code } = await run(db, ['show', '2', '99', '3']);
  assert.ok(!/[\u001b\u0007\u202e]/.test(stdout.text));
  assert.match(stdout.text, /^Incident 2: high, acknowledged$/m);
  assert.match(stdout.text, /^Incident 3: medium, acknowledged$/m);
  assert.match(stdout.text, /bob acknowledged it: a demo/);
  assert.match(
    stderr.text,
    /^There is no incident 99; `tunnelwarden incidents list --all` lists them\.\n$/,
  );
  assert.equal(code, 1);
});

test('incidents show: JSON holds all of it', async (t) => {
  const { stdout } = await run(review(t), ['show', '3', '--json']);
  const [line] = stdout.lines;
  const { reasons, acts, attempts, steps, facts, ...incident } = JSON.parse(line as string);
  assert.deepEqual([incident.id, incident.state, incident.ways], [3, 'acknowledged', 'sni']);
  assert.deepEqual(reasons[0].severity, 'medium');
  assert.deepEqual(acts, [
    {
      ...{ id: 1, time: '2026-01-15T13:00:00.000Z', author: 'bob', kind: 'acknowledge' },
      ...{ note: 'a demo', severity: 'medium' },
    },
  ]);
  assert.deepEqual([attempts.length, steps.length, facts], [1, 1, []]);
});

const acts = [
  {
    args: ['ack', '1', '2', '--note', 'mine'],
    state: 'acknowledged',
    said: 'Acknowledged',
    note: 'mine',
  },
  { args: ['close', '1', '2'], state: 'closed', said: 'Closed', note: undefined },
  { args: ['reopen', '1', '2'], state: 'reopened', said: 'Reopened', note: undefined },
] as const;
for (const { args, state, said, note } of acts) {
  test(`incidents ${args[0]}: of each incident, by whom it was`, async (t) => {
    const db = review(t);
    const { stdout, code } = await run(db, args);
    assert.equal(code, 0);
    assert.deepEqual(stdout.lines, [
      `${said} incident 1: ngrok on 192.0.2.17.`,
      `${said} incident 2: cloudflare-tunnel on ${OTHER}.`,
    ]);
    for (const id of [1, 2]) {
      assert.equal(readIncident(db, id)?.state, state);
      const [act] = actsOf(db, id);
      assert.deepEqual([act?.author, act?.time, act?.note], ['ada', NOON + HOUR, note]);
    }
  });
}

test('incidents ack: one that is not there is told, the others are done', async (t) => {
  const db = review(t);
  const { stdout, stderr, code } = await run(db, ['ack', '99', '1', '1']);
  assert.equal(stdout.lines.length, 1);
  assert.match(stderr.text, /^There is no incident 99;/);
  assert.equal(code, 1);
  assert.equal(actsOf(db, 1).length, 1);
});

const refusals = [
  { when: 'no number', args: ['ack', 'x'], message: /"x" is not the number of an incident/ },
  {
    when: 'an empty note',
    args: ['note', '1', '  '],
    message: /is empty; write what there is to say/,
  },
  {
    when: 'a state that is none',
    args: ['--state', 'open'],
    message: /"open" is not a state; write one of new/,
  },
  { when: 'a limit that is none', args: ['--limit', '0'], message: /"0" is not a number of rows/ },
  { when: 'JSON and CSV at once', args: ['--json', '--csv'], message: /cannot be used with/ },
];
for (const { when, args, message } of refusals) {
  test(`incidents: ${when}`, async (t) => {
    const db = review(t);
    await assert.rejects(run(db, args), { message });
    assert.equal(actsOf(db, 1).length, 0);
  });
}

test('incidents: there is no database', async (t) => {
  const db = { name: `${database(t).name}.gone` } as Database;
  for (const args of [[], ['show', '1'], ['ack', '1']]) {
    await assert.rejects(run(db, args), {
      name: 'CommandFailure',
      message: /there is no database .*--database/,
    });
  }
});
