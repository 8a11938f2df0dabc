import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Gain } from '../../src/attempts/fold.ts';
import { prepareSave } from '../../src/attempts/save.ts';
import { attemptsCommand } from '../../src/commands/attempts.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { type Different, database, folder, gain, HOUR, MINUTE, NOON } from '../attempts/support.ts';

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

type Run = {
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly stop: AbortController;
  readonly done: Promise<unknown>;
};

/** Starts the command an hour after noon, on a terminal of so many columns or into a pipe. */
function start(
  file: string,
  args: readonly string[],
  columns?: number,
  env: { readonly NO_COLOR?: string } = {},
  stdout = new Screen(columns),
): Run {
  const stderr = new Screen(columns);
  const stop = new AbortController();
  const command = attemptsCommand({
    stdout,
    stderr,
    env,
    now: () => NOON + HOUR,
    interruption: () => stop.signal,
    pause: 1,
  });
  command.exitOverride().configureOutput({ writeErr: () => {} });
  const done = command.parseAsync(['--database', file, ...args], { from: 'user' });
  return { stdout, stderr, stop, done };
}

async function run(
  file: string,
  args: readonly string[],
  columns?: number,
  env = {},
): Promise<Run> {
  const started = start(file, args, columns, env);
  await started.done;
  return started;
}

const rows: readonly Gain[] = [
  gain({ client: parseAddress('10.1.2.3'), time: NOON - 3 * HOUR }, 12, 5 * MINUTE),
  gain({
    client: parseAddress('10.1.9.9'),
    name: parseName('some-host.with-a-very-long-name.in-front.of-the-tunnel.example.com'),
    via: 'tunnel.us.ngrok.com',
    verdict: 'observed',
    answer: 'answered',
  }),
  gain({ client: parseAddress('2001:db8::17'), type: 'AAAA', time: NOON + MINUTE }, 3, MINUTE),
  gain({
    client: parseAddress('192.0.2.1'),
    time: NOON + 2 * MINUTE,
    name: parseName('region1.v2.argotunnel.com'),
    rule: 'cloudflared/session/argotunnel.com',
    service: 'cloudflared',
    verdict: 'watched',
  }),
  gain({
    client: parseAddress('192.0.2.77'),
    name: parseName('tunnels.example.com'),
    rule: 'ingress/tunnels.example.com',
    verdict: 'sanctioned',
    answer: 'answered',
  }),
];

const file = (t: TestContext) => database(t, rows).name;

test('a table of 80 columns in a pipe: newest first, long names cut, no colour', async (t) => {
  const { stdout, stderr } = await run(file(t), []);
  assert.deepEqual(
    stdout.lines.map((line) => line.slice('01-15 12:00  '.length)),
    [
      'CLIENT        NAME                     SERVICE      VERDICT   COUNT',
      '192.0.2.1     region1.v2.…otunnel.com  cloudflared  watched       1',
      '2001:db8::17  connect.ngrok-agent.com  ngrok        blocked       3',
      '10.1.9.9      some-host.w…s.ngrok.com  ngrok        observed      1',
      '10.1.2.3      connect.ngrok-agent.com  ngrok        blocked      12',
    ],
  );
  assert.ok(stdout.lines.every((line) => line.length <= 80));
  assert.equal(stderr.text, '');
});

/** What the other points of enforcement saw. */
const elsewhere: readonly Gain[] = [
  gain({
    ...{ point: 'gate', type: 'TLS', transport: 'tcp', rule: 'TW-SNI', role: undefined },
    ...{ name: parseName('www.example.com'), answer: 'reset', time: NOON + 2 * MINUTE },
    ...{ destination: parseAddress('203.0.113.9'), port: 443, ja4: 't13d1516h2_8daaf6152771_e56' },
  }),
  gain({
    ...{ point: 'firewall', type: 'PACKET', transport: 'udp', rule: 'TW-DENY', lead: 'unanswered' },
    ...{ name: undefined, service: undefined, role: undefined, answer: 'unreachable' },
    ...{ destination: parseAddress('2001:db8:6:7::9'), port: 443, time: NOON + MINUTE },
  }),
  gain({
    ...{ point: 'refuser', type: 'OTHER', transport: 'tcp', rule: 'TW-REFUSER', answer: 'reset' },
    ...{ name: undefined, service: undefined, role: undefined },
  }),
];

test('a table of 80 columns: an address stands where there is no name', async (t) => {
  const { stdout } = await run(database(t, elsewhere).name, []);
  assert.deepEqual(
    stdout.lines.map((line) => line.slice('01-15 12:00  '.length)),
    [
      'CLIENT      NAME                            SERVICE  VERDICT  COUNT',
      '192.0.2.17  www.example.com…03.0.113.9:443  ngrok    blocked      1',
      '192.0.2.17  [2001:db8:6:7::9]:443           -        blocked      1',
      '192.0.2.17  -                               -        blocked      1',
    ],
  );
});

test('what the other points saw is in JSON, and found by point, destination and fingerprint', async (t) => {
  const { name } = database(t, elsewhere);
  const idsOf = async (...args: readonly string[]) =>
    (await run(name, [...args, '--json'])).stdout.lines.map((line) => JSON.parse(line).id);
  assert.deepEqual(await idsOf('--point', 'firewall'), [2]);
  assert.deepEqual(await idsOf('--destination', '203.0.113.0/24'), [1]);
  assert.deepEqual(await idsOf('--destination', '::/0'), [2]);
  assert.deepEqual(await idsOf('--ja4', 't13d1516h2_8daaf6152771_e56'), [1]);
  const { stdout } = await run(name, ['--point', 'firewall', '--json']);
  const { point, destination, port, lead, ...rest } = JSON.parse(stdout.text);
  assert.deepEqual(
    [point, destination, port, lead],
    ['firewall', '2001:db8:6:7::9', 443, 'unanswered'],
  );
  assert.ok(!('name' in rest) && !('ja4' in rest));
});

const step = (seconds: number, different: Different = {}, count = 1) =>
  gain({ time: NOON + seconds * 1000, ...different }, count);
const story: readonly Gain[] = [
  step(0, {}, 2),
  step(0.1, { type: 'AAAA' }, 2),
  step(1, {
    name: parseName('dns.google.com'),
    rule: 'bypass/google/dns.google.com',
    role: 'bypass',
    service: undefined,
  }),
  step(2, {
    name: parseName('s3.amazonaws.com'),
    rule: 'ngrok/bypass/=s3.amazonaws.com',
    role: 'bypass',
    verdict: 'watched',
  }),
  step(
    3,
    {
      point: 'gate',
      type: 'TLS',
      name: parseName(`${'very-long-'.repeat(5)}name.example.net`),
      rule: 'TW-SNI',
      role: undefined,
    },
    3,
  ),
  gain({
    time: NOON - HOUR,
    client: parseAddress('2001:db8::17'),
    service: 'zrok',
    name: parseName('api.zrok.io'),
  }),
];

test('--stories: a block a story, the newest first', async (t) => {
  const { stdout, stderr } = await run(database(t, story).name, ['--stories']);
  assert.deepEqual(
    stdout.text
      .replaceAll(/\d{4}-\d\d-\d\d /g, '')
      .replaceAll(/\d\d:(\d\d:\d\d)/g, 'HH:$1')
      .split('\n'),
    [
      'ngrok on 192.0.2.17, HH:00:00 to HH:00:03',
      '  HH:00:00  system-dns  connect.ngrok-agent.com                      refused  ×4',
      '  HH:00:01  doh         dns.google.com                               refused  ×1',
      '  HH:00:02  file        s3.amazonaws.com                             open     ×1',
      '  HH:00:03  sni         very-long-very-long-v…long-name.example.net  refused  ×3',
      '',
      'zrok on 2001:db8::17, HH:00:00',
      '  HH:00:00  system-dns  api.zrok.io                                  refused  ×1',
      '',
    ],
  );
  assert.ok(stdout.lines.every((line) => line.length <= 80));
  assert.equal(stderr.text, '');
});

test('--stories --json: one story a line', async (t) => {
  const { stdout } = await run(database(t, story).name, [
    '--stories',
    '--json',
    '--service',
    'zrok',
  ]);
  assert.deepEqual(
    stdout.lines.map((line) => JSON.parse(line)),
    [
      {
        client: '2001:db8::17',
        service: 'zrok',
        first: '2026-01-15T11:00:00.000Z',
        last: '2026-01-15T11:00:00.000Z',
        steps: [
          {
            via: 'system-dns',
            what: 'api.zrok.io',
            first: '2026-01-15T11:00:00.000Z',
            last: '2026-01-15T11:00:00.000Z',
            count: 1,
            closed: true,
          },
        ],
      },
    ],
  );
});

test('--stories: filters that leave whole stories, a limit, and colours on a terminal', async (t) => {
  const { name } = database(t, story);
  const clients = async (...args: readonly string[]) =>
    (await run(name, ['--stories', '--json', ...args])).stdout.lines.map(
      (line) => JSON.parse(line).client,
    );
  assert.deepEqual(await clients('--client', '2001:db8::/32'), ['2001:db8::17']);
  assert.deepEqual(await clients('--since', '61m'), ['192.0.2.17']);
  assert.deepEqual(await clients('--limit', '1'), ['192.0.2.17']);
  assert.deepEqual(await clients('--limit', 'all'), ['192.0.2.17', '2001:db8::17']);
  const { stdout, stderr } = await run(name, ['--stories', '--limit', '1'], 80);
  assert.match(stdout.text, /\x1b\[1mngrok on 192\.0\.2\.17, .*\x1b\[31mopen/s);
  assert.match(stderr.text, /first 1; --limit all shows every one/);
  const none = await run(name, ['--stories', '--service', 'bore']);
  assert.match(none.stderr.text, /No attempt matches/);
});

test('--stories: hostile text from a tampered database is shown, not obeyed', async (t) => {
  const db = database(t, [gain({ service: 'x\x1b[2J' })]);
  const { stdout } = await run(db.name, ['--stories']);
  assert.match(stdout.text, /^x\\x1b\[2J on/);
  assert.doesNotMatch(stdout.text, /\x1b/);
});

test('a wide terminal: nothing is cut, verdicts are coloured', async (t) => {
  const { stdout } = await run(file(t), [], 300);
  assert.match(stdout.text, /of-the-tunnel\.example\.com → tunnel\.us\.ngrok\.com/);
  assert.match(stdout.text, /\x1b\[31mblocked/);
  assert.match(stdout.text, /TYPE.*RULE/);
});

test('NO_COLOR is heeded', async (t) => {
  const { stdout } = await run(file(t), [], 80, { NO_COLOR: '1' });
  assert.doesNotMatch(stdout.text, /\x1b/);
});

const listings: readonly {
  readonly when: string;
  readonly args: readonly string[];
  /** The clients shown, in order. */
  readonly clients: readonly string[];
}[] = [
  { when: 'a client', args: ['--client', '10.1.2.3'], clients: ['10.1.2.3'] },
  { when: 'words', args: ['client:10.0.0.0/8', 'blocked'], clients: ['10.1.2.3'] },
  { when: 'words as one', args: ['10.0.0.0/8 -observed'], clients: ['10.1.2.3'] },
  { when: 'a verdict as a word', args: ['sanctioned'], clients: ['192.0.2.77'] },
  {
    when: 'words and options, of which all apply',
    args: ['--service', 'ngrok', '--since', '1h', 'since:59m'],
    clients: ['2001:db8::17'],
  },
  { when: 'a network', args: ['--client', '10.1.0.0/16'], clients: ['10.1.9.9', '10.1.2.3'] },
  {
    when: 'a name and below',
    args: ['--name', 'Argotunnel.com.'],
    clients: ['192.0.2.1'],
  },
  { when: 'only that name', args: ['--name', '=argotunnel.com'], clients: [] },
  { when: 'a service', args: ['--service', 'cloudflared'], clients: ['192.0.2.1'] },
  {
    when: 'a rule',
    args: ['--rule', 'cloudflared/session/argotunnel.com'],
    clients: ['192.0.2.1'],
  },
  { when: 'a role', args: ['--role', 'endpoint'], clients: [] },
  { when: 'a verdict', args: ['--verdict', 'observed'], clients: ['10.1.9.9'] },
  { when: 'the sanctioned way', args: ['--verdict', 'sanctioned'], clients: ['192.0.2.77'] },
  { when: 'a type in small letters', args: ['--type', 'aaaa'], clients: ['2001:db8::17'] },
  {
    when: 'since an hour ago',
    args: ['--since', '1h', '--until', '58m'],
    clients: ['2001:db8::17', '10.1.9.9'],
  },
  { when: 'until a time', args: ['--until', '2026-01-15T11:00Z'], clients: ['10.1.2.3'] },
  { when: 'a limit', args: ['--limit', '2'], clients: ['192.0.2.1', '2001:db8::17'] },
];

for (const { when, args, clients } of listings) {
  test(`filters: ${when}`, async (t) => {
    const { stdout } = await run(file(t), [...args, '--json']);
    assert.deepEqual(
      stdout.lines.map((line) => JSON.parse(line).client),
      clients,
    );
  });
}

test('--json: one object a line, what is absent left out', async (t) => {
  const { stdout } = await run(file(t), ['--client', '10.1.2.3', '--json']);
  assert.deepEqual(
    stdout.lines.map((line) => JSON.parse(line)),
    [
      {
        id: 1,
        first: '2026-01-15T09:00:00.000Z',
        last: '2026-01-15T09:05:00.000Z',
        count: 12,
        client: '10.1.2.3',
        transport: 'udp',
        name: 'connect.ngrok-agent.com',
        type: 'A',
        rule: 'ngrok/session/connect.ngrok-agent.com',
        service: 'ngrok',
        role: 'session',
        verdict: 'blocked',
        answer: 'nxdomain',
        point: 'resolver',
      },
    ],
  );
});

test('--csv: titles, then rows', async (t) => {
  const { stdout } = await run(file(t), ['--client', '10.1.2.3', '--csv']);
  assert.equal(
    stdout.text,
    'id,first,last,count,client,transport,name,type,via,rule,service,role,verdict,answer,' +
      'point,destination,port,ja4,lead\r\n' +
      '1,2026-01-15T09:00:00.000Z,2026-01-15T09:05:00.000Z,12,10.1.2.3,udp,' +
      'connect.ngrok-agent.com,A,,ngrok/session/connect.ngrok-agent.com,ngrok,session,blocked,' +
      'nxdomain,resolver,,,,\r\n',
  );
});

const groupings: readonly { readonly by: string; readonly lines: readonly string[] }[] = [
  {
    by: 'client',
    lines: ['10.1.2.3,12', '2001:db8::17,3', '10.1.9.9,1', '192.0.2.1,1'],
  },
  {
    by: 'name',
    lines: [
      'connect.ngrok-agent.com,15',
      'region1.v2.argotunnel.com,1',
      'some-host.with-a-very-long-name.in-front.of-the-tunnel.example.com,1',
    ],
  },
  { by: 'service', lines: ['ngrok,16', 'cloudflared,1'] },
  {
    by: 'rule',
    lines: ['ngrok/session/connect.ngrok-agent.com,16', 'cloudflared/session/argotunnel.com,1'],
  },
];

for (const { by, lines } of groupings) {
  test(`--by ${by}: the most attempts first`, async (t) => {
    const { stdout } = await run(file(t), ['--by', by, '--csv']);
    const [titles, ...rest] = stdout.lines;
    assert.equal(titles, `${by},attempts,first,last`);
    assert.deepEqual(
      rest.map((line) => line.split(',').slice(0, 2).join(',')),
      lines,
    );
  });
}

test('--by: a table', async (t) => {
  const { stdout, stderr } = await run(file(t), ['--by', 'service', '--limit', '1']);
  assert.match(
    stdout.text,
    /^SERVICE +ATTEMPTS +FIRST SEEN +LAST SEEN\nngrok +16 +\S+ \S+ +\S+ \S+\n$/,
  );
  assert.match(stderr.text, /first 1; --limit all shows every one/);
});

test('--count: attempts, and the rows they were folded into', async (t) => {
  const { stdout } = await run(file(t), ['--count', '--service', 'ngrok']);
  assert.deepEqual(stdout.lines, ['ATTEMPTS  ROWS', '      16     3']);
  const { stdout: json } = await run(file(t), ['--count', '--json']);
  assert.equal(json.text, '{"attempts":17,"rows":4}\n');
});

test('--limit all: more than a page, and no hint that there is more', async (t) => {
  const many = Array.from({ length: 1234 }, (_, i) => gain({ time: NOON + i }));
  const db = database(t, many);
  const all = await run(db.name, ['--limit', 'all', '--json']);
  assert.deepEqual(
    all.stdout.lines.map((line) => JSON.parse(line).id),
    many.map((_, i) => many.length - i),
  );
  assert.equal(all.stderr.text, '');
  const exact = await run(db.name, ['--limit', '1234', '--json']);
  assert.equal(exact.stderr.text, '');
  const fewer = await run(db.name, ['--limit', '1233', '--json']);
  assert.equal(fewer.stderr.text, 'These are the first 1233; --limit all shows every one.\n');
});

const nothings: readonly {
  readonly when: string;
  readonly rows: readonly Gain[];
  readonly sentence: RegExp;
}[] = [
  {
    when: 'nothing is recorded',
    rows: [],
    sentence: /^No attempt is recorded yet; let clients use/,
  },
  { when: 'nothing matches', rows, sentence: /^No attempt matches; leave out a filter/ },
];

for (const { when, rows, sentence } of nothings) {
  for (const args of [[], ['--by', 'client']]) {
    test(`${['attempts', ...args].join(' ')}: ${when}, which is said with the next step`, async (t) => {
      const { stdout, stderr } = await run(database(t, rows).name, [...args, '--service', 'none']);
      assert.equal(stdout.text, '');
      assert.match(stderr.text, sentence);
    });
  }
}

test('hostile text from a tampered database is shown, not obeyed', async (t) => {
  const db = database(t, [
    gain({ service: '=cmd|calc\x1b[2J', client: parseAddress('192.0.2.1') }),
  ]);
  const table = await run(db.name, [], 80);
  assert.match(table.stdout.text, /=cmd\|calc\\x1b\[2J/);
  assert.doesNotMatch(table.stdout.text.replace(/\x1b\[\d+m/g, ''), /\x1b/);
  const csv = await run(db.name, ['--csv']);
  assert.match(csv.stdout.text, /,'=cmd\|calc/);
});

const refusals: readonly { readonly args: readonly string[]; readonly message: RegExp }[] = [
  { args: ['--limit', '0'], message: /"0" is not a number of rows/ },
  { args: ['--limit', 'many'], message: /write one such as 50, or all/ },
  { args: ['--since', 'monday'], message: /"monday" is not a time/ },
  { args: ['--client', '10.1.0.1/16'], message: /did you mean 10\.1\.0\.0\/16/ },
  { args: ['--name', 'a..b'], message: /empty label/ },
  { args: ['--type', 'A;B'], message: /"A;B" is not a type/ },
  { args: ['--verdict', 'allowed'], message: /blocked, observed, watched, excepted, sanctioned/ },
  { args: ['--by', 'type'], message: /client, name, service, rule/ },
  { args: ['--json', '--csv'], message: /cannot be used with/ },
  { args: ['--count', '--by', 'client'], message: /cannot be used with/ },
  { args: ['--follow', '--limit', '3'], message: /cannot be used with/ },
  { args: ['--stories', '--csv'], message: /cannot be used with/ },
  { args: ['--stories', '--point', 'gate'], message: /cannot be used with/ },
  { args: ['--point', 'dns'], message: /resolver, gate, refuser, firewall/ },
  { args: ['--destination', '10.0.0.1/8'], message: /did you mean 10\.0\.0\.0\/8/ },
];

test('words that begin with a - stand behind --', async (t) => {
  const { stdout } = await run(file(t), ['--json', '--', '-ngrok', '-client:10.0.0.0/8']);
  assert.match(stdout.text, /^\{.*"client":"192\.0\.2\.1".*\}\n$/);
});

const wordRefusals: readonly { readonly args: readonly string[]; readonly message: RegExp }[] = [
  { args: ['ngrok', 'service:'], message: /^word 2, service:: has no value; write one/ },
  { args: ['acked'], message: /^state is asked of incidents/ },
  { args: ['--stories', 'ngrok'], message: /^--stories takes no words/ },
];
for (const { args, message } of wordRefusals) {
  test(`${args.join(' ')} is refused`, async () => {
    await assert.rejects(run('unread.db', args), { name: 'UsageFailure', message });
  });
}

for (const { args, message } of refusals) {
  test(`${args.join(' ')} is refused`, async () => {
    await assert.rejects(run('unread.db', args), { name: 'CommanderError', message });
  });
}

test('a database that is not there is a failure that names it', async () => {
  const missing = join(folder(), 'missing.db');
  await assert.rejects(run(missing, []), { name: 'CommandFailure', message: /missing\.db/ });
});

test('a reader who has seen enough ends the command quietly', async (t) => {
  const closed = new Screen();
  closed._write = (_chunk, _encoding, done: (error?: Error) => void) =>
    done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  await start(file(t), [], undefined, {}, closed).done;
});

test('an output that cannot be written is a failure', async (t) => {
  const full = new Screen();
  full._write = (_chunk, _encoding, done: (error?: Error) => void) =>
    done(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
  await assert.rejects(start(file(t), [], undefined, {}, full).done, {
    name: 'CommandFailure',
    message: 'cannot print: no space left',
  });
});

test('--follow: prints what is new and what has grown, until it is interrupted', async (t) => {
  const db = database(t, rows);
  const save = prepareSave(db);
  const args = ['--follow', '--service', 'ngrok', '--json'];
  const { stdout, stderr, stop, done } = start(db.name, args, 80);
  t.after(() => stop.abort());
  const shown = async (lines: number) => {
    while (stdout.lines.length < lines) await setImmediate();
    return stdout.lines.map((line) => JSON.parse(line)).map(({ id, count }) => [id, count]);
  };
  while (!stderr.text.includes('Waiting for attempts; Ctrl-C ends.')) await setImmediate();
  save([gain({ type: 'HTTPS' }), gain({ service: 'zrok' })]);
  assert.deepEqual(await shown(1), [[6, 1]]);
  save([{ ...gain({ type: 'HTTPS' }, 2, MINUTE), row: { id: 6 } }]);
  assert.deepEqual(await shown(2), [
    [6, 1],
    [6, 3],
  ]);
  stop.abort();
  await done;
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`--follow: ${signal} ends the process with exit code 0`, async (t) => {
    const db = database(t, rows);
    const save = prepareSave(db);
    const program = `
      import { attemptsCommand } from ${JSON.stringify(new URL('../../src/commands/attempts.ts', import.meta.url).href)};
      await attemptsCommand().parseAsync(${JSON.stringify(['-d', db.name, '--follow'])}, { from: 'user' });`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let time = NOON;
    const writing = setInterval(() => save([gain({ time: time++ })]), 20);
    await once(child.stdout, 'data');
    clearInterval(writing);
    child.kill(signal);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
}
