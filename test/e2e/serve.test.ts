import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import SQLite from 'better-sqlite3';
import { ADDRESSES, createLab } from '../support/e2e/lab.ts';
import { eventually } from '../support/e2e/patience.ts';
import { run } from '../support/e2e/process.ts';
import { tcpClient, udpClient } from '../support/e2e/question.ts';
import { missing } from '../support/e2e/requirements.ts';
import { attempts, CLI, folder, serve, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';
import { a, startUpstream, type Upstream } from '../support/e2e/upstream.ts';

// `tunnelwarden serve` from its start to its end: signals, policies that go bad, ports and databases
// that cannot be had.

const BLOCKED = 'connect.ngrok-agent.com';

const zone = {
  'www.example.com': [a('198.51.100.80')],
  'other.example.com': [a('198.51.100.81')],
  'slow.example.com': [a('198.51.100.82')],
  'vendor.example.com': [a('198.51.100.83')],
  ...Object.fromEntries(
    Array.from({ length: 5000 }, (_, i) => [`h${i}.example.net`, [a('198.51.100.84')]]),
  ),
};

function policyWith({ endpoints: [upstream] }: Upstream, more = ''): string {
  return `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block }
resolver: { listen: ['127.0.0.1:0'], upstreams: ['${upstream}'] }
${more}
`;
}

/** A running server in a folder of its own, with a client. */
async function setUp(t: TestContext, more = '', delays: Record<string, number> = {}) {
  const path = folder(t);
  const upstream = await startUpstream(t, { zone, delays });
  const policy = write(path, 'policy.yaml', policyWith(upstream, more));
  const database = `${path}/tunnelwarden.db`;
  const server = await serve(t, ['--policy', policy]);
  return {
    ...{ path, upstream, policy, database, server },
    ask: await udpClient(t, server.port),
    rewrite: (more: string) => write(path, 'policy.yaml', policyWith(upstream, more)),
  };
}

test('SIGHUP brings the new policy into force and loses no question', async (t) => {
  const { server, ask, rewrite, database } = await setUp(t);
  const askTcp = await tcpClient(t, server.port);
  assert.equal((await ask(BLOCKED)).rcode, 'NXDOMAIN');

  // Names in the cache, names that have to be asked for, and blocked ones, over UDP and TCP.
  let asking = true;
  let asked = 0;
  const stream = (async () => {
    const answers: Promise<unknown>[] = [];
    for (; asking; asked += 4) {
      answers.push(ask('www.example.com'), ask(`h${asked % 5000}.example.net`), ask(BLOCKED));
      answers.push(askTcp(`h${(asked + 1) % 5000}.example.net`));
      await delay(5);
    }
    return Promise.allSettled(answers);
  })();

  for (let round = 0; round < 5; round += 1) {
    rewrite(round % 2 === 0 ? 'block: [other.example.com]' : '');
    await server.reload();
    const { rcode } = await ask('other.example.com');
    assert.equal(rcode, round % 2 === 0 ? 'NXDOMAIN' : 'NOERROR', `after reload ${round + 1}`);
  }
  asking = false;
  const lost = (await stream).filter(({ status }) => status === 'rejected');
  assert.deepEqual(lost, [], `of ${asked} questions`);
  assert.ok(asked > 100, `only ${asked} questions were asked meanwhile`);

  assert.equal(await server.stop(), 0);
  const lines = await attempts(database);
  const sum = (rule: string) =>
    lines.filter((line) => line.rule === rule).reduce((sum, { count }) => sum + Number(count), 0);
  assert.equal(sum('block/other.example.com'), 3);
  assert.equal(sum(`ngrok/session/${BLOCKED}`), asked / 4 + 1);
});

const badPolicies = [
  {
    when: 'it has faults',
    text: 'organisation: {}\nservices: { ngrokk: block }\nmood: bad\n',
    says: [
      /policy\.yaml:1:\d+: organisation\.name: is missing/,
      /policy\.yaml:2:\d+: services\.ngrokk: .*did you mean ngrok\?/,
      /policy\.yaml:3:1: mood: is not a known key/,
    ],
  },
  { when: 'it is no YAML', text: 'services: [', says: [/policy\.yaml:\d+:\d+: is not valid YAML/] },
  {
    when: 'it contradicts itself',
    text: 'organisation: { name: x }\nblock: [a.example.com]\nallow: [a.example.com]\n',
    says: [/policy\.yaml:\d+:\d+: .*a\.example\.com.*policy\.yaml:\d+/],
  },
  {
    when: 'a list is missing',
    text: 'organisation: { name: x }\nlists: [{ file: gone.txt }]\n',
    says: [/policy\.yaml:2:\d+: lists\.0\.file: .*gone\.txt does not exist; correct the path/],
  },
  {
    when: 'it is not there',
    says: [/policy\.yaml does not exist; name your policy with --policy FILE/],
  },
];

for (const { when, text, says } of badPolicies) {
  test(`a policy that cannot be used does not start: ${when}`, async (t) => {
    const path = folder(t);
    if (text !== undefined) write(path, 'policy.yaml', text);
    const { code, stdout, stderr } = await tunnelwarden(['serve', '--policy', 'policy.yaml'], {
      cwd: path,
    });
    assert.equal(code, 2);
    for (const pattern of says) assert.match(stderr, pattern);
    assert.doesNotMatch(stderr, /^\s+at /m);
    assert.equal(stdout, '');
  });
}

test('a policy that cannot be used is refused at reload, and the old one stays', async (t) => {
  const { server, ask, path, rewrite } = await setUp(t, 'block: [other.example.com]');
  const refusal = async (text: string) => {
    const from = server.log().length;
    write(path, 'policy.yaml', text);
    server.child.kill('SIGHUP');
    const { level, faults } = await server.told(
      'reload refused, the old policy stays in force',
      from,
    );
    assert.equal(level, 'error');
    return faults as string[];
  };
  for (const { text = '', says } of badPolicies.slice(0, 3)) {
    const faults = await refusal(text);
    for (const pattern of says)
      assert.ok(
        faults.some((fault) => pattern.test(fault)),
        String(faults),
      );
    assert.equal((await ask('other.example.com')).rcode, 'NXDOMAIN');
    assert.equal((await ask(BLOCKED)).rcode, 'NXDOMAIN');
    assert.equal((await ask('www.example.com')).rcode, 'NOERROR');
  }
  rewrite('');
  await server.reload();
  assert.equal((await ask('other.example.com')).rcode, 'NOERROR');
});

test('what a reload cannot change is told', async (t) => {
  const { server, rewrite } = await setUp(t);
  rewrite('attempts: { keep: 1d }');
  await server.reload();
  const { message } = await server.told('restart needed');
  assert.match(String(message), /resolver\.listen.*attempts take effect at the next start/);
});

test('a timed exception ends by itself, on time', async (t) => {
  const until = Math.ceil(Date.now() / 1000 + 3) * 1000;
  const { ask, server } = await setUp(
    t,
    `block: [vendor.example.com]\nallow: [{ name: vendor.example.com, clients: [127.0.0.1], until: '${new Date(until).toISOString().replace('.000', '')}' }]`,
  );
  let answeredLast = 0;
  const refused = await eventually('an answer that refuses', async () => {
    const before = Date.now();
    const { rcode } = await ask('vendor.example.com');
    if (rcode === 'NXDOMAIN') return Date.now();
    answeredLast = before;
    return undefined;
  });
  assert.ok(answeredLast > 0, 'was answered at first');
  assert.ok(refused >= until, `refused ${until - refused} ms too early`);
  assert.ok(answeredLast <= until + 2000, `answered ${answeredLast - until} ms too long`);
  await server.told('timed rules looked at');
});

test('port 0 takes a free port, the same for UDP and TCP, on every address named', async (t) => {
  const path = folder(t);
  const upstream = await startUpstream(t, { zone });
  const policy = write(path, 'policy.yaml', policyWith(upstream));
  const server = await serve(t, [
    ...['--policy', policy, '--listen', '127.0.0.1:0', '--listen', '[::1]:0'],
    ...['--upstream', upstream.endpoints[0] as string, '--database', `${path}/other.db`],
  ]);
  assert.equal(server.endpoints.length, 2);
  for (const endpoint of server.endpoints) {
    const [, address = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(endpoint) ?? [];
    assert.notEqual(port, '0');
    for (const client of [udpClient, tcpClient]) {
      const ask = await client(t, Number(port), address);
      assert.deepEqual((await ask('www.example.com')).answers, ['www.example.com A 198.51.100.80']);
    }
  }
  await eventually('the database', () => existsSync(`${path}/other.db`));
});

test('a port in use is told with advice', async (t) => {
  const taken = createSocket('udp4');
  await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
  t.after(() => taken.close());
  const path = folder(t);
  const policy = write(path, 'policy.yaml', policyWith(await startUpstream(t, { zone })));
  const listen = `127.0.0.1:${taken.address().port}`;
  const { code, stderr } = await tunnelwarden(['serve', '--policy', policy, '--listen', listen]);
  assert.equal(code, 1);
  assert.match(stderr, /cannot listen: .*EADDRINUSE.*; another program has the port .*--listen/);
  assert.doesNotMatch(stderr, /^\s+at /m);
});

test('an address of another machine is told', async (t) => {
  const path = folder(t);
  const policy = write(path, 'policy.yaml', policyWith(await startUpstream(t, { zone })));
  const { code, stderr } = await tunnelwarden([
    'serve',
    '--policy',
    policy,
    '--listen',
    '192.0.2.77:0',
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /cannot listen: .*this machine does not have that address/);
});

test('in a network of its own', { skip: missing('root', 'ip', 'dig', 'setpriv') }, async (t) => {
  const lab = createLab(t);
  const { within } = lab.client;
  const upstream = await startUpstream(
    t,
    { zone, listen: [{ address: ADDRESSES.gateway[0], port: 53 }] },
    { within: lab.gateway.within },
  );
  const path = folder(t);
  const policy = write(
    path,
    'policy.yaml',
    'organisation: { name: Example Corp }\nresolver: { listen: ["0.0.0.0:53"] }\n',
  );

  await t.test('a port that needs a right is told with advice', async () => {
    const unprivileged = [
      'setpriv',
      '--bounding-set=-net_bind_service',
      '--inh-caps=-net_bind_service',
    ];
    const { code, stderr } = await tunnelwarden(
      ['serve', '--policy', policy, '--listen', '127.0.0.1:53', '--upstream', '192.0.2.1'],
      { within: [...within, ...unprivileged] },
    );
    assert.equal(code, 1);
    assert.match(
      stderr,
      /cannot listen: .*EACCES.*; ports below 1024 need root or CAP_NET_BIND_SERVICE.*--listen/,
    );
  });

  await t.test('the resolver that resolv.conf names is asked', async (t) => {
    lab.resolveBy('search example.com', `nameserver ${ADDRESSES.gateway[0]}`);
    const server = await serve(t, ['--policy', policy], { within });
    const { stdout } = await run('dig', ['@127.0.0.1', '+short', 'www.example.com'], { within });
    assert.equal(stdout, '198.51.100.80\n');
    assert.deepEqual(await upstream.asked(), ['www.example.com A']);
    assert.equal(await server.stop(), 0);
  });

  for (const [when, line] of [
    ['names none but this one', `nameserver ${ADDRESSES.client[0]}`],
    ['names none', 'search example.com'],
  ] as const) {
    await t.test(`a resolv.conf that ${when} is told with advice`, async () => {
      lab.resolveBy(line);
      const { code, stderr } = await tunnelwarden(['serve', '--policy', policy], { within });
      assert.equal(code, 1);
      assert.match(
        stderr,
        /there is no resolver to ask: .*set resolver\.upstreams .* or give --upstream/,
      );
    });
  }
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} lets questions under way have their answers and stores attempts`, async (t) => {
    const { server, ask, upstream, database } = await setUp(t, '', { 'slow.example.com': 1500 });
    const askTcp = await tcpClient(t, server.port);
    const slow = [ask('slow.example.com'), askTcp('slow.example.com', 'A')];
    await eventually('the question upstream', async () =>
      (await upstream.asked()).includes('slow.example.com A'),
    );
    assert.equal((await ask(BLOCKED)).rcode, 'NXDOMAIN');
    server.child.kill(signal);
    await server.told('stopping');
    // A signal that comes twice, or a reload at the wrong moment, does not cut it short.
    server.child.kill(signal);
    server.child.kill('SIGHUP');
    for (const { answers } of await Promise.all(slow)) {
      assert.deepEqual(answers, ['slow.example.com A 198.51.100.82']);
    }
    const { recorded, stored, dropped } = await server.told('stopped');
    assert.deepEqual({ recorded, stored, dropped }, { recorded: 1, stored: 1, dropped: 0 });
    if (server.child.exitCode === null) await once(server.child, 'exit');
    assert.equal(server.child.exitCode, 0);
    assert.equal((await attempts(database)).length, 1);
  });
}

test('it ends at once after a reload, too', async (t) => {
  const { server, ask } = await setUp(t);
  await ask('www.example.com');
  await server.reload();
  const before = Date.now();
  assert.equal(await server.stop(), 0);
  assert.ok(Date.now() - before < 3000, `took ${Date.now() - before} ms`);
});

test('kill -9 loses no more than the last second, and the database stays sound', async (t) => {
  const { server, ask, policy, database } = await setUp(t, 'block: [example.net]');
  // A different name every few milliseconds, so that there is always something being written.
  const times = new Map<string, number>();
  const until = Date.now() + 3000;
  for (let i = 0; Date.now() < until; i += 1) {
    const name = `h${i}.example.net`;
    assert.equal((await ask(name)).rcode, 'NXDOMAIN');
    times.set(name, Date.now());
    await delay(2);
  }
  const killed = Date.now();
  server.child.kill('SIGKILL');
  await once(server.child, 'exit');

  const restarted = await serve(t, ['--policy', policy]);
  const askAgain = await udpClient(t, restarted.port);
  assert.equal((await askAgain('after.example.net')).rcode, 'NXDOMAIN');
  assert.equal(await restarted.stop(), 0);

  const stored = new Set((await attempts(database)).map(({ name }) => name));
  const lost = [...times].filter(([name, time]) => !stored.has(name) && time < killed - 1000);
  assert.deepEqual(lost, []);
  assert.ok(stored.has('after.example.net'));
  const db = new SQLite(database, { readonly: true });
  assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
  db.close();
});

/** Ways in which a database cannot be had, what is told of them, and how each is mended. */
const databases: readonly {
  when: string;
  event: RegExp;
  says: RegExp;
  /** Spoils the database; returns what puts it right. */
  spoil: (file: string) => () => void;
}[] = [
  {
    when: 'its folder does not exist',
    event: /^attempts unusable$/,
    says: /the folder of .* does not exist; create it/,
    spoil: (file) => () => mkdirSync(file.replace(/\/[^/]*$/, '')),
  },
  {
    when: 'it is something else',
    event: /^attempts unusable$/,
    says: /is not a database; name another file/,
    spoil: (file) => {
      mkdirSync(file.replace(/\/[^/]*$/, ''));
      write('', file, 'a letter to the editor');
      return () => execFileSync('rm', [file]);
    },
  },
  {
    when: 'it is locked by another program',
    event: /^attempts locked$/,
    says: /is locked by another program; end that program, or wait/,
    spoil: (file) => {
      mkdirSync(file.replace(/\/[^/]*$/, ''));
      const db = new SQLite(file);
      db.pragma('journal_mode = WAL');
      db.exec('BEGIN EXCLUSIVE');
      return () => {
        db.exec('ROLLBACK');
        db.close();
      };
    },
  },
];

for (const { when, event, says, spoil } of databases) {
  test(`without its database it answers on, says so, and catches up: ${when}`, async (t) => {
    const path = folder(t);
    const upstream = await startUpstream(t, { zone });
    const database = `${path}/data/attempts.db`;
    const mend = spoil(database);
    const policy = write(path, 'policy.yaml', policyWith(upstream));
    const server = await serve(t, ['--policy', policy, '--database', database]);
    const ask = await udpClient(t, server.port);

    const before = Date.now();
    assert.equal((await ask(BLOCKED)).rcode, 'NXDOMAIN');
    assert.equal((await ask('www.example.com')).rcode, 'NOERROR');
    assert.ok(Date.now() - before < 2000, `answers took ${Date.now() - before} ms`);
    const trouble = await eventually('a word about it', () =>
      server.log().find((entry) => event.test(entry.event)),
    );
    assert.equal(trouble.level, 'error');
    assert.match(String(trouble.message), says);
    assert.ok(String(trouble.message).includes(database), 'names the file');

    mend();
    await server.told('attempts recovered');
    assert.equal((await ask(BLOCKED, 'AAAA')).rcode, 'NXDOMAIN');
    assert.equal(await server.stop(), 0);
    const types = (await attempts(database)).map(({ type }) => type);
    assert.deepEqual(new Set(types), new Set(['A', 'AAAA']), 'also what came while it was away');
  });
}

test('a database that gets locked at work is waited for', async (t) => {
  const { server, ask, database } = await setUp(t);
  await ask(BLOCKED);
  await eventually('the first attempt', () => rowsIn(database) === 1);
  const other = new SQLite(database);
  other.exec('BEGIN EXCLUSIVE');
  await ask(BLOCKED, 'AAAA');
  await server.told('attempts locked');
  assert.equal((await ask('www.example.com')).rcode, 'NOERROR');
  other.exec('ROLLBACK');
  other.close();
  const { level, message } = await server.told('attempts recovered');
  assert.deepEqual(
    { level, message },
    { level: 'info', message: 'attempts are stored again; 0 were dropped meanwhile' },
  );
  assert.equal(rowsIn(database), 2);
});

/** How many attempts are stored; undefined before there is a database. */
function rowsIn(database: string): number | undefined {
  if (!existsSync(database)) return undefined;
  const db = new SQLite(database, { readonly: true });
  try {
    return db.prepare('SELECT count(*) FROM attempts').pluck().get() as number;
  } catch {
    return undefined; // its tables are just being made
  } finally {
    db.close();
  }
}

test('the log is one JSON object a line, and nothing goes to standard output', async (t) => {
  const { server, ask, policy } = await setUp(t);
  let printed = '';
  server.child.stdout?.on('data', (text) => {
    printed += text;
  });
  await ask('www.example.com');
  assert.equal(await server.stop(), 0);
  assert.equal(printed, '');
  assert.deepEqual(
    server.log().map(({ event }) => event),
    ['listening', 'ready', 'stopping', 'stopped'],
  );
  const ready = await server.told('ready');
  assert.match(String(ready.time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.equal(ready.policy, policy);
  assert.equal(ready.mode, 'enforce');
  assert.match(String(ready.digest), /^[0-9a-f]{12}$/);
});

test('it answers on when nobody reads its log any more', async (t) => {
  const { server, ask, rewrite } = await setUp(t);
  server.child.stderr?.destroy();
  rewrite('block: [other.example.com]');
  server.child.kill('SIGHUP');
  await eventually(
    'the new policy',
    async () => (await ask('other.example.com')).rcode === 'NXDOMAIN',
  );
  assert.equal((await ask('www.example.com')).rcode, 'NOERROR');
  assert.equal(await server.stop(), 0);
});

/** A Node on this machine that is too old for the program. */
const oldNode = ['/usr/local/bin/node', '/usr/bin/node', '/usr/bin/nodejs'].find((file) => {
  if (!existsSync(file)) return false;
  const [major = 0, minor = 0] = execFileSync(file, ['-p', 'process.versions.node'], {
    encoding: 'utf8',
  })
    .split('.')
    .map(Number);
  return major < 22 || (major === 22 && minor < 12);
});

test('on a Node that is too old it says so in one sentence', {
  skip: oldNode ? false : 'there is no older Node on this machine',
}, async () => {
  const { code, stdout, stderr } = await run(oldNode as string, [CLI, '--help']);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^tunnelwarden needs Node 22\.14 or newer \(23\.6, if it is a 23\), and this is Node [\d.]+; install .*\.\n$/,
  );
});
