import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { event } from '../attempts/account/support.ts';
import { fits, has, linesOf } from '../support/e2e/output.ts';
import { eventually } from '../support/e2e/patience.ts';
import { run } from '../support/e2e/process.ts';
import { udpClient } from '../support/e2e/question.ts';
import { missing } from '../support/e2e/requirements.ts';
import { CLI, folder, serve, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';
import { startUpstream } from '../support/e2e/upstream.ts';

// The account's stream is imported beside a running `tunnelwarden serve` and held against what it has recorded.

const policy = (upstream = '192.0.2.53:53') => `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com, service: ngrok }]
services: { ngrok: block }
resolver: { listen: ['127.0.0.1:0'], upstreams: ['${upstream}'] }
`;

const iso = (time: number) => new Date(time).toISOString();

/** The two events of a session. */
function eventsOf(
  id: string,
  from: number,
  to: number,
  object: Readonly<Record<string, unknown>> = {},
) {
  const all = { session: { id: `ts_${id}` }, started_at: iso(from), ...object };
  return [
    event({ event_id: `ev_a${id}`, event_timestamp: iso(from) }, all),
    event(
      { event_id: `ev_z${id}`, event_type: 'agent_session_stop.v0', event_timestamp: iso(to) },
      { ...all, stopped_at: iso(to) },
    ),
  ];
}

const lines = (values: readonly unknown[]) =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** A folder with a policy and no server. */
function office(t: TestContext): string {
  const cwd = folder(t);
  write(cwd, 'policy.yaml', policy());
  return cwd;
}

const NOON = Date.UTC(2026, 0, 15, 12);

test('events: a refused try is personal until the account tells of a session that came of it', async (t) => {
  const cwd = folder(t);
  const { endpoints } = await startUpstream(t, { zone: {} });
  write(cwd, 'policy.yaml', policy(endpoints[0]));
  const server = await serve(t, [], { cwd });
  const ask = await udpClient(t, server.port);
  const tried = Date.now();
  assert.equal((await ask('connect.ngrok-agent.com')).rcode, 'NXDOMAIN');
  await eventually('the attempt', async () => {
    const { stdout } = await tunnelwarden(['attempts', '--count', '--json'], { cwd });
    return stdout !== '' && JSON.parse(stdout).attempts === 1;
  });
  const events = (...words: string[]) => tunnelwarden(['events', ...words], { cwd });
  const list = async () => {
    const { code, stdout, stderr } = await events('list', '--json', '--public', '203.0.113.0/29');
    assert.equal(code, 0, stderr);
    return { stderr, found: linesOf(stdout).map((line) => JSON.parse(line)) };
  };

  const before = await list();
  assert.deepEqual(before.found, []);
  has(before.stderr, /1 times clients tried when no event tells/);

  const sanctioned = eventsOf('1', tried - 600_000, tried + 600_000);
  write(cwd, 'stream.json', lines(sanctioned));
  const first = await events('import', 'stream.json', '--public', '203.0.113.0/29');
  assert.equal(first.code, 0, first.stderr);
  has(first.stdout, /^1 sessions began and 1 ended; 2 of these events are new$/m);
  has(first.stdout, /^ {2}personal +1$/m);
  const { found: told } = await list();
  assert.deepEqual(
    told.map((one) => [one.class, one.client, one.name]),
    [
      ['personal', '127.0.0.1', 'connect.ngrok-agent.com'],
      ['sanctioned', undefined, 'tunnels.example.com'],
    ],
  );

  const own = eventsOf('2', tried + 3000, tried + 60_000, {
    ingress_hostname: 'connect.ngrok-agent.com',
  });
  const record = {
    messageType: 'DATA_MESSAGE',
    logEvents: own.map((one) => ({ message: JSON.stringify(one) })),
  };
  writeFileSync(join(cwd, 'firehose.gz'), gzipSync(JSON.stringify(record).repeat(2)));
  const second = await events(
    'import',
    'firehose.gz',
    'stream.json',
    '--json',
    '--public',
    '203.0.113.0/29',
  );
  assert.equal(second.code, 0, second.stderr);
  const { starts, stops, stored, classes } = JSON.parse(second.stdout);
  assert.deepEqual({ starts, stops, stored }, { starts: 3, stops: 3, stored: 2 });
  assert.deepEqual(classes, {
    sanctioned: 1,
    misconfigured: 1,
    vendor: 0,
    unknown: 0,
    personal: 0,
    evaded: 0,
  });
  const { found: now } = await list();
  assert.deepEqual(
    now.map((one) => [one.class, one.client, one.candidates, one.credential]),
    [
      ['misconfigured', '127.0.0.1', 1, 'cr_2One'],
      ['sanctioned', undefined, 0, 'cr_2One'],
    ],
  );
  await ask('connect.ngrok-agent.com', 'AAAA');
  await eventually('that the server still records', async () => {
    const { stdout } = await tunnelwarden(['attempts', '--count', '--json'], { cwd });
    return JSON.parse(stdout).attempts === 2;
  });
  assert.deepEqual(
    server.log().filter(({ level }) => level === 'error'),
    [],
  );
});

test('events import: what cannot be read is told with its line, the rest is stored', async (t) => {
  const cwd = office(t);
  const [start, stop] = eventsOf('1', NOON, NOON + 60_000).map((one) => JSON.stringify(one)) as [
    string,
    string,
  ];
  const other = JSON.stringify(event({ event_id: 'ev_3', event_type: 'ip_policy_created.v0' }));
  const bad = JSON.stringify(event({ event_id: 'ev_4' }, { agent_ip: '\u001b[31mred' }));
  write(cwd, 'stream.json', [start, stop.slice(0, 300), bad, other, 'words', stop].join('\n'));
  const { code, stdout, stderr } = await tunnelwarden(['events', 'import', 'stream.json'], { cwd });
  assert.equal(code, 1);
  assert.deepEqual(linesOf(stderr), [
    'stream.json:2: ends within a string',
    'stream.json:3: object.agent_ip: is no IP address',
    'stream.json:5: is no JSON object',
  ]);
  has(
    stdout,
    /^1 sessions began and 1 ended; 2 of these events are new\n1 events are of other types\n3 could not be read\n/,
  );
});

test('events import: many faults are counted, not all told', async (t) => {
  const cwd = office(t);
  write(cwd, 'stream.json', 'words\n'.repeat(1000));
  const { code, stderr } = await tunnelwarden(['events', 'import', 'stream.json'], { cwd });
  assert.equal(code, 1);
  assert.equal(linesOf(stderr).length, 21);
  has(stderr, /^and 980 more that cannot be read$/m);
});

test('events import: standard input, compressed twice, and cut off', {
  skip: missing('bash'),
}, async (t) => {
  const cwd = office(t);
  const text = lines(eventsOf('1', NOON, NOON + 60_000));
  writeFileSync(join(cwd, 'twice.gz'), gzipSync(gzipSync(text)));
  const piped = await run(
    'bash',
    ['-c', `"${process.execPath}" "${CLI}" events import --json < twice.gz`],
    { cwd },
  );
  assert.deepEqual([piped.code, piped.stderr], [0, '']);
  assert.equal(JSON.parse(piped.stdout).stored, 2);

  const whole = gzipSync(text);
  writeFileSync(join(cwd, 'cut.gz'), whole.subarray(0, whole.length - 40));
  const cut = await tunnelwarden(['events', 'import', 'cut.gz'], { cwd });
  assert.equal(cut.code, 1);
  has(cut.stderr, /^cut\.gz:\d+: is compressed and damaged or cut off \(Z_BUF_ERROR\)/m);
});

test('events: exit codes tell whose fault it is', async (t) => {
  const cwd = office(t);
  const exits = async (...words: string[]) => {
    const { code, stderr } = await tunnelwarden(['events', ...words], { cwd });
    return { code, stderr };
  };
  const lost = await exits('import', 'lost.json');
  assert.equal(lost.code, 2);
  has(
    lost.stderr,
    /^lost\.json:1:1: does not exist; name files of events, or - for standard input$/m,
  );
  assert.equal((await exits('import', '--policy', 'lost.yaml')).code, 2);
  assert.equal((await exits('list', '--class', 'evil')).code, 2);
  assert.equal((await exits('list', '--public', '203.0.113.1/29')).code, 2);
  const none = await exits('list', '--database', 'lost.db');
  assert.equal(none.code, 1);
  has(none.stderr, /there is no database lost\.db/);
});

test('events list: what strangers say of themselves harms neither terminal, JSON nor spreadsheet', async (t) => {
  const cwd = office(t);
  const hostile = { user_agent: '=cmd|\u001b[31m\u202egnp', region: '+1', os: 'a,"b"\r\nc' };
  write(cwd, 'stream.json', lines(eventsOf('1', NOON, NOON + 60_000, hostile)));
  assert.equal((await tunnelwarden(['events', 'import', 'stream.json'], { cwd })).code, 0);
  const list = async (...words: string[]) => {
    const { code, stdout, stderr } = await tunnelwarden(['events', 'list', ...words], { cwd });
    assert.equal(code, 0, stderr);
    fits(stderr);
    return stdout;
  };
  const table = await list();
  fits(table);
  has(table, /^SINCE +CLASS +CLIENT +NAME +CREDENTIAL$/m);
  has(table, /sanctioned +\(203\.0\.113\.5\) +tunnels\.example\.com +cr_2One$/m);
  const json = await list('--json');
  assert.doesNotMatch(json, /[^\n\x20-\x7e]/);
  assert.equal(JSON.parse(json).userAgent, hostile.user_agent);
  const csv = await list('--csv');
  has(csv, /,'=cmd\|/);
  has(csv, /,'\+1,/);
  has(csv, '"a,""b""\r\nc"');
  assert.equal(await list('--class', 'evaded'), '');
  assert.equal(await list('--since', '1h'), '');
});

test('events import: a hundred thousand lines take seconds, and little memory', async (t) => {
  const cwd = office(t);
  const file = openSync(join(cwd, 'stream.json'), 'w');
  for (let i = 0; i < 50_000; i += 1000) {
    const some = Array.from({ length: 1000 }, (_, j) => {
      const from = NOON + (i + j) * 1000;
      return eventsOf(`${i + j}`, from, from + 600_000);
    });
    writeSync(file, lines(some.flat()));
  }
  closeSync(file);
  const begin = performance.now();
  const weigh = `
    import { writeFileSync } from 'node:fs';
    process.on('exit', () => writeFileSync('memory', String(process.resourceUsage().maxRSS)));`;
  const { code, stdout, stderr } = await run(
    process.execPath,
    [`--import=data:text/javascript,${encodeURIComponent(weigh)}`, CLI].concat([
      'events',
      'import',
      'stream.json',
      '--json',
    ]),
    { cwd },
  );
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).stored, 100_000);
  const seconds = (performance.now() - begin) / 1000;
  const mebibytes = Number(readFileSync(join(cwd, 'memory'), 'utf8')) / 1024;
  t.diagnostic(`${seconds.toFixed(1)} s, ${mebibytes.toFixed(0)} MiB`);
  assert.ok(seconds < 30, `${seconds} s`);
  assert.ok(mebibytes < 500, `${mebibytes} MiB`);
});
