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
import { database, folder, gain, HOUR, MINUTE, NOON } from '../attempts/support.ts';

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
      },
    ],
  );
});

test('--csv: titles, then rows', async (t) => {
  const { stdout } = await run(file(t), ['--client', '10.1.2.3', '--csv']);
  assert.equal(
    stdout.text,
    'id,first,last,count,client,transport,name,type,via,rule,service,role,verdict,answer\r\n' +
      '1,2026-01-15T09:00:00.000Z,2026-01-15T09:05:00.000Z,12,10.1.2.3,udp,' +
      'connect.ngrok-agent.com,A,,ngrok/session/connect.ngrok-agent.com,ngrok,session,blocked,' +
      'nxdomain\r\n',
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
  { args: ['--verdict', 'allowed'], message: /blocked, observed, watched, sanctioned/ },
  { args: ['--by', 'type'], message: /client, name, service, rule/ },
  { args: ['--json', '--csv'], message: /cannot be used with/ },
  { args: ['--count', '--by', 'client'], message: /cannot be used with/ },
  { args: ['--follow', '--limit', '3'], message: /cannot be used with/ },
];

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
