import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { RecordType } from 'dns-packet';
import { fits, has, linesOf } from '../support/e2e/output.ts';
import { eventually } from '../support/e2e/patience.ts';
import { run, start } from '../support/e2e/process.ts';
import { udpClient } from '../support/e2e/question.ts';
import { missing } from '../support/e2e/requirements.ts';
import { CLI, folder, serve, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';
import { startUpstream } from '../support/e2e/upstream.ts';

// What `tunnelwarden attempts` shows of what `tunnelwarden serve` has recorded, while it runs.

/** Names that a hostile client may ask for, and what must never reach an output bare. */
const hostile = [
  '\u001b[31mred\u001b[0m', // colours a terminal
  '\u001b]0;title\u0007', // renames its window
  'two\r\nlines',
  'nul\u0000here',
  '\u202egnp.exe', // shown backwards
  "=cmd|'!A0", // a formula, for a spreadsheet
  '+1+1',
  '-2-2',
  '@SUM(1)',
  'comma,and"quote',
  '<script>alert(1)<',
];

/** Rows recorded below: three of ngrok's, the hostile ones, and many. */
const ALL = 3 + hostile.length + 2000;

const filters = [
  { filter: '--client 127.0.0.0/8', rows: ALL },
  { filter: '--client 192.0.2.1', rows: 0 },
  { filter: '--name ngrok-agent.com', rows: 2 },
  { filter: '--name =ngrok-agent.com', rows: 0 },
  { filter: '--name =connect.ngrok-agent.com', rows: 2 },
  { filter: '--service ngrok', rows: 3 },
  { filter: '--role endpoint', rows: 1 },
  { filter: '--verdict watched', rows: 1 },
  { filter: '--rule block/evil.example.net', rows: hostile.length },
  { filter: '--type aaaa', rows: 1 },
  { filter: '--point resolver', rows: ALL },
  { filter: '--destination 0.0.0.0/0', rows: 0 },
  { filter: '--since 1h', rows: ALL },
  { filter: '--until 2020-01-01', rows: 0 },
  { filter: '--service ngrok --verdict blocked --type A', rows: 1 },
];

test('attempts', async (t) => {
  const cwd = folder(t);
  const database = `${cwd}/tunnelwarden.db`;
  const server = await recording(t, cwd);
  const ask = await udpClient(t, server.port);
  await ask('connect.ngrok-agent.com');
  await ask('connect.ngrok-agent.com');
  await ask('connect.ngrok-agent.com', 'AAAA');
  await ask('abc.ngrok.app');
  for (const label of hostile) await ask(`${label}.evil.example.net`);
  for (let i = 0; i < 2000; i += 1) await ask(`h${i}.many.example.net`);
  const total = ALL + 1; // one of them was asked twice
  await eventually('all attempts', async () => {
    const { stdout } = await tunnelwarden(['attempts', '--count', '--json'], { cwd });
    return stdout !== '' && JSON.parse(stdout).attempts === total;
  });
  const attempts = async (...words: string[]) => {
    const { code, stdout, stderr } = await tunnelwarden(['attempts', ...words], { cwd });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const json = async (...words: string[]) =>
    linesOf(await attempts('--json', ...words)).map((line) => JSON.parse(line));

  await t.test('are listed for people', async () => {
    const text = await attempts('--service', 'ngrok');
    has(text, /^LAST SEEN +CLIENT +NAME +SERVICE +VERDICT +COUNT$/m);
    has(text, /127\.0\.0\.1 +connect\.ngrok-agent\.com +ngrok +blocked +2$/m);
    has(text, /127\.0\.0\.1 +abc\.ngrok\.app +ngrok +watched +1$/m);
    assert.doesNotMatch(text, /\u001b/, 'no colours in a pipe');
    fits(text);
  });

  await t.test('say who, what, when, under which rule', async () => {
    const [attempt] = await json('--type', 'AAAA');
    const { id: _, first, last, ...rest } = attempt;
    assert.equal(first, last);
    assert.ok(Math.abs(Date.parse(first) - Date.now()) < 120_000, first);
    assert.deepEqual(rest, {
      count: 1,
      client: '127.0.0.1',
      transport: 'udp',
      name: 'connect.ngrok-agent.com',
      type: 'AAAA',
      rule: 'ngrok/session/connect.ngrok-agent.com',
      service: 'ngrok',
      role: 'session',
      verdict: 'blocked',
      answer: 'nxdomain',
      point: 'resolver',
    });
  });

  for (const { filter, rows } of filters) {
    await t.test(`are filtered: ${filter}`, async () => {
      const words = filter.split(' ');
      assert.equal((await json('--limit', 'all', ...words)).length, rows);
      assert.equal((await json('--count', ...words))[0].rows, rows);
    });
  }

  await t.test('are counted and summed', async () => {
    has(await attempts('--count', '--service', 'ngrok'), /^ATTEMPTS +ROWS\n +4 +3$/m);
    const services = await json('--by', 'service');
    assert.deepEqual(
      services.map(({ service, attempts }) => [service, attempts]),
      [
        [undefined, hostile.length + 2000],
        ['ngrok', 4],
      ],
    );
    has(await attempts('--by', 'client'), new RegExp(`^127\\.0\\.0\\.1 +${total} `, 'm'));
    has(await attempts('--by', 'rule'), /^block\/many\.example\.net +2000 /m);
  });

  await t.test('are cut short with a word about it', async () => {
    const { code, stdout, stderr } = await tunnelwarden(['attempts'], { cwd });
    assert.equal(code, 0);
    assert.equal(linesOf(stdout).length, 51);
    has(stderr, /These are the first 50; --limit all shows every one/);
  });

  await t.test('none found is no error', async () => {
    const { code, stdout, stderr } = await tunnelwarden(['attempts', '--client', '192.0.2.1'], {
      cwd,
    });
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '' });
    has(stderr, /No attempt matches; leave out a filter/);
  });

  await t.test('hostile names act on no terminal', async () => {
    const text = await attempts('--name', 'evil.example.net');
    assert.doesNotMatch(text, /[^\n\x20-\x7e…]/, 'nothing but printable text and line ends');
    assert.equal(linesOf(text).length, 1 + hostile.length, 'one line each');
    fits(text);
  });

  await t.test('hostile names break no JSON', async () => {
    const text = await attempts('--name', 'evil.example.net', '--json');
    assert.doesNotMatch(text, /[^\n\x20-\x7e]/);
    assert.equal(linesOf(text).map((line) => JSON.parse(line)).length, hostile.length);
  });

  await t.test('hostile names are neither formulas nor cells of their own in CSV', async () => {
    const [titles = [], ...rows] = parseCsv(await attempts('--name', 'evil.example.net', '--csv'));
    for (const title of ['first', 'last', 'count', 'client', 'name', 'rule', 'verdict']) {
      assert.ok(titles.includes(title), title);
    }
    assert.equal(rows.length, hostile.length);
    for (const row of rows) {
      assert.equal(row.length, titles.length);
      for (const cell of row)
        assert.doesNotMatch(cell, /^[=+\-@\t\r]|[\u0000-\u001f\u007f-\uffff]/);
    }
  });

  await t.test('a reader that has seen enough is no error', { skip: missing('bash') }, async () => {
    const { code, stdout, stderr } = await run(
      'bash',
      [
        '-c',
        `set -o pipefail; "${process.execPath}" "${CLI}" attempts --json --limit all | head -n 1`,
      ],
      { cwd },
    );
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.equal(linesOf(stdout).length, 1);
  });

  const onTerminal = (env: Record<string, string>) =>
    run(
      'script',
      [
        '-qec',
        `"${process.execPath}" "${CLI}" attempts -d "${database}" --service ngrok`,
        '/dev/null',
      ],
      { cwd, env: { TERM: 'xterm', ...env } },
    );
  await t.test('are coloured on a terminal', { skip: missing('script') }, async () => {
    has((await onTerminal({ NO_COLOR: '' })).stdout, /\u001b\[31mblocked/);
  });
  await t.test('are not coloured where NO_COLOR is set', { skip: missing('script') }, async () => {
    const { stdout } = await onTerminal({ NO_COLOR: '1' });
    has(stdout, /connect\.ngrok-agent\.com/);
    assert.doesNotMatch(stdout, /\u001b\[/);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    await t.test(`are followed until ${signal}`, async (t) => {
      const following = start(
        t,
        process.execPath,
        [CLI, 'attempts', '--follow', '--json', '--name', 'new.many.example.net'],
        { cwd },
      );
      let text = '';
      following.stdout?.on('data', (chunk) => {
        text += chunk;
      });
      // It begins with what comes after it has looked for the first time, and says nothing in a pipe.
      const types: RecordType[] = [
        'A',
        'AAAA',
        'TXT',
        'MX',
        'NS',
        'SRV',
        'PTR',
        'CAA',
        'DS',
        'SOA',
      ];
      await eventually('a line', async () => {
        const type = types.shift();
        if (type) await ask(`${signal.toLowerCase()}.new.many.example.net`, type);
        await delay(400);
        return text.includes('\n');
      });
      const [line = ''] = linesOf(text);
      assert.equal(JSON.parse(line).name, `${signal.toLowerCase()}.new.many.example.net`);
      following.kill(signal);
      assert.deepEqual(await once(following, 'exit'), [0, null]);
    });
  }

  await t.test('are still read once the server has ended', async () => {
    assert.equal(await server.stop(), 0);
    assert.equal((await json('--service', 'ngrok')).length, 3);
  });
});

/** A server that records into the folder's default database, with an upstream that knows no name. */
async function recording(t: TestContext, cwd: string) {
  const { endpoints } = await startUpstream(t, { zone: {} });
  write(
    cwd,
    'policy.yaml',
    `
organisation: { name: Example Corp }
services: { ngrok: { session: block, endpoint: watch } }
block: [evil.example.net, many.example.net]
resolver: { listen: ['127.0.0.1:0'], upstreams: ['${endpoints[0]}'] }
`,
  );
  return serve(t, [], { cwd });
}

function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}
