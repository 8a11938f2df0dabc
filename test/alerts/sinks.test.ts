import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { createCommand } from '../../src/alerts/command.ts';
import { payloadOf } from '../../src/alerts/payload.ts';
import { createSendmail, mailOf } from '../../src/alerts/sendmail.ts';
import { type Sink, SinkError } from '../../src/alerts/sink.ts';
import { createSyslog, linesOf, syslogLine } from '../../src/alerts/syslog.ts';
import { createWebhook } from '../../src/alerts/webhook.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { eventually } from '../support/e2e/patience.ts';
import { start } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { folder, write } from '../support/e2e/tunnelwarden.ts';
import { alert, message, NOON } from './support.ts';

/** A name that does its worst in each place it may come to. */
const HOSTILE =
  '\u001b]0;x\u0007\r\nBcc: all@example.com\r\n\r\n<!channel> @all *b* [l](http://e.example) \u202e=?utf-8?B?eA==?= $(id) `id`';
const hostile = message({ alerts: [alert({ label: HOSTILE, team: HOSTILE })], heldBack: 2 });
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/u;

const never = new AbortController().signal;
const send = (sink: Sink, signal = never) => sink.send(hostile, signal);

async function httpServer(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<string> {
  const server = createServer(async (request, response) =>
    answer(request, response, await text(request)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function script(t: TestContext, body: string): { readonly path: string; readonly program: string } {
  const path = folder(t);
  const program = write(path, 'program', `#!/bin/sh\ncd ${path}\n${body}\n`);
  chmodSync(program, 0o755);
  return { path, program };
}

test('payloadOf: the keys of the reference, one line, and chat programs are told nothing they act on', () => {
  const line = payloadOf(hostile);
  assert.doesNotMatch(line, UNSAFE);
  const { text, alerts, ...rest } = JSON.parse(line);
  assert.deepEqual(rest, {
    program: 'tunnelwarden',
    organisation: 'Example Corp',
    test: false,
    heldBack: 2,
  });
  assert.deepEqual(alerts, [
    {
      ...{ incident: 12, why: 'new', severity: 'high', service: 'ngrok', count: 3 },
      ...{ client: '192.0.2.17', label: HOSTILE, team: HOSTILE },
      ...{ first: '2026-11-27T11:59:00.000Z', last: '2026-11-27T12:00:00.000Z' },
      reasons: ['Tried to connect by SSH, 3 times'],
      look: 'tunnelwarden incidents show 12',
    },
  ]);
  assert.equal(text.split('\n').length, 2);
  assert.doesNotMatch(text.split('\n')[0], /[<>@*[\]`$\\]|:\/\//);
  assert.match(
    text,
    /tried ngrok 3 times \(incident 12\): tunnelwarden incidents show 12\n2 more alerts were held back/,
  );
});

test('webhook: posts JSON, and says what came of it', async (t) => {
  const got: (readonly [string, string | undefined, string])[] = [];
  const url = await httpServer(t, ({ method = '', url = '', headers }, response, body) => {
    got.push([`${method} ${url}`, headers['content-type'], body]);
    response.writeHead(204).end();
  });
  const sink = createWebhook(`${url}/hooks/secret?x=1`);
  assert.equal(await send(sink), 'answered 204');
  assert.deepEqual(got, [['POST /hooks/secret?x=1', 'application/json', payloadOf(hostile)]]);
  assert.equal(sink.name, `webhook ${url}`);
});

for (const [status, says] of [
  [404, 'answered 404'],
  [500, 'answered 500'],
  [302, 'answered 302, which is not followed; write where it leads'],
] as const) {
  test(`webhook: a status of ${status} is a failure, and leads nowhere`, async (t) => {
    let requests = 0;
    const url = await httpServer(t, (_, response) => {
      requests += 1;
      response.writeHead(status, { location: '/elsewhere' }).end('x'.repeat(100_000));
    });
    await assert.rejects(send(createWebhook(url)), new SinkError(says));
    assert.equal(requests, 1);
  });
}

test('webhook: one that hangs, before or after it began to answer, ends when its time is over', async (t) => {
  const silent = await httpServer(t, () => {});
  const soon = AbortSignal.timeout(200);
  await assert.rejects(send(createWebhook(silent), soon), new SinkError('did not answer in time'));
  const endless = await httpServer(t, (_, response) => response.writeHead(200).write('x'));
  assert.equal(await send(createWebhook(endless)), 'answered 200');
});

test('webhook: one that is not there', async (t) => {
  const url = await httpServer(t, () => {});
  const gone = url.replace(/\d+$/, '1');
  await assert.rejects(send(createWebhook(`${gone}/secret`)), ({ message }: Error) => {
    assert.match(message, /^cannot be reached \(/);
    assert.doesNotMatch(message, /secret/);
    return true;
  });
});

/** Header and text of a mail, as a mail program reads them. */
function readMail(mail: string) {
  const [head = '', body = ''] = mail.split(/\n\n([\s\S]*)/);
  const header = new Map(
    head
      .replace(/\n /g, ' ')
      .split('\n')
      .map((line) => line.split(/: (.*)/, 2) as [string, string]),
  );
  const subject = (header.get('Subject') ?? '')
    .replace(/\?= =\?/g, '?==?')
    .replace(/=\?utf-8\?B\?(.*?)\?=/g, (_, word: string) => Buffer.from(word, 'base64').toString());
  return { head, header, subject, text: Buffer.from(body, 'base64').toString() };
}

test('sendmail: the program gets a mail, and nothing of a name becomes a header', async (t) => {
  const { path, program } = script(t, 'printf "%s\\n" "$@" > words\ncat > mail');
  const sink = createSendmail({
    to: ['a@example.com', 'b@example.com'],
    from: 'tw@example.com',
    program,
  });
  assert.equal(await send(sink), 'taken by the mail system');
  assert.equal(readFileSync(`${path}/words`, 'utf8'), '-t\n-i\n');
  const mail = readFileSync(`${path}/mail`, 'utf8');
  assert.doesNotMatch(mail, /[^\n\x20-\x7e]/);
  assert.ok(
    mail.split('\n').every((line) => line.length <= 78),
    mail,
  );
  const { header, subject, text } = readMail(mail);
  assert.deepEqual(
    [...header.keys()],
    [
      'From',
      'To',
      'Subject',
      'Date',
      'Auto-Submitted',
      'MIME-Version',
      'Content-Type',
      'Content-Transfer-Encoding',
    ],
  );
  assert.equal(header.get('To'), 'a@example.com, b@example.com');
  assert.doesNotMatch(subject, UNSAFE);
  assert.match(
    subject,
    /^\[tunnelwarden\] high: \\x1b\]0;x\\x07\\x0d\\x0aBcc: all@example\.com.*\(192\.0\.2\.17\).* tried ngrok 3 times \(incident 12\), and 2 more$/,
  );
  assert.doesNotMatch(text.replaceAll('\n', ''), UNSAFE);
  assert.match(
    text,
    / {2}Tried to connect by SSH, 3 times\n {2}first 2026-11-27T11:59:00\.000Z, last .*\n {2}tunnelwarden incidents show 12\n/,
  );
  assert.match(text, /2 more alerts were held back/);
});

test('mailOf: names of all scripts, and a plain subject stays readable', () => {
  const to = { to: ['a@example.com'] };
  const now = new Date(NOON);
  const plain = mailOf(message({ alerts: [alert({ label: 'Ada' })] }), to, now);
  assert.match(
    plain,
    /^Subject: \[tunnelwarden\] high: Ada \(192\.0\.2\.17\) tried ngrok 3 times \(incident 12\)$/m,
  );
  assert.match(plain, /^Date: Fri, 27 Nov 2026 12:00:00 \+0000$/m);
  assert.doesNotMatch(plain, /^From:/m);
  const label = 'Åda Грейс 龍🐉'.repeat(6);
  const { head, subject } = readMail(mailOf(message({ alerts: [alert({ label })] }), to, now));
  assert.ok(
    head.split('\n').every((line) => line.length <= 78),
    head,
  );
  assert.ok(subject.includes(label.slice(0, 78)));
});

test('sendmail: what a mail system complains of is told', async (t) => {
  const { program } = script(t, 'echo "no such user" >&2\nexit 67');
  await assert.rejects(
    send(createSendmail({ to: ['a@example.com'], program })),
    new SinkError('ended with 67: no such user'),
  );
});

test('command: the program gets one line of JSON, whatever it reads of it', async (t) => {
  const { path, program } = script(t, 'printf "%s\\n" "$@" > words; cat > input');
  assert.equal(await send(createCommand([program, 'a b', '$(id)'])), 'ended well');
  assert.equal(readFileSync(`${path}/words`, 'utf8'), 'a b\n$(id)\n');
  assert.equal(readFileSync(`${path}/input`, 'utf8'), `${payloadOf(hostile)}\n`);
  assert.equal(await send(createCommand(['true'])), 'ended well');
  await assert.rejects(
    send(createCommand(['/gone'])),
    new SinkError('cannot be started: /gone does not exist'),
  );
});

test('command: one that does not end is killed, with all it has started', async (t) => {
  const { path, program } = script(t, 'sh -c "echo \\$\\$ > child; exec sleep 600" &\nwait');
  const controller = new AbortController();
  const sent = assert.rejects(
    send(createCommand([program]), controller.signal),
    new SinkError('is not done in time and was ended'),
  );
  const pid = await eventually(
    'the child has begun',
    () => existsSync(`${path}/child`) && Number(readFileSync(`${path}/child`, 'utf8')),
  );
  controller.abort();
  await sent;
  await eventually('the child has ended', () => !isAlive(pid));
});

test('command: one that leaves something running does not wait for that', async (t) => {
  const { path, program } = script(t, 'sleep 600 & echo $! > child');
  const begun = performance.now();
  await send(createCommand([program]));
  assert.ok(performance.now() - begun < 5000);
  process.kill(Number(readFileSync(`${path}/child`, 'utf8')));
});

/** A zombie that nobody waits for has ended too. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('syslog: a datagram for each line, as RFC 5424 has it', async (t) => {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const got: string[] = [];
  socket.on('message', (datagram) => got.push(datagram.toString()));
  const to = { address: parseAddress('127.0.0.1'), port: socket.address().port };
  await send(createSyslog(to, 'local0'));
  await eventually('both are here', () => got.length === 2);
  const header = new RegExp(
    `^<131>1 \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z \\S+ tunnelwarden ${process.pid} alert - \ufeff`,
  );
  for (const line of got) {
    assert.match(line, header);
    assert.doesNotMatch(line.replace('\ufeff', ''), UNSAFE);
  }
  assert.match(
    got[0] ?? '',
    /tried ngrok 3 times \(incident 12\): Tried to connect by SSH, 3 times; tunnelwarden incidents show 12$/,
  );
  assert.match(got[1] ?? '', /2 more alerts were held back/);
});

test('syslogLine: severities, odd hosts, and a long text that is cut between two characters', () => {
  const origin = { facility: 'daemon', host: 'gw', pid: 7, now: new Date(NOON) } as const;
  const line = (severity: 'high' | 'info', text: string, host = 'gw') =>
    syslogLine({ severity, text }, { ...origin, host });
  assert.equal(
    line('high', 'x').toString(),
    '<27>1 2026-11-27T12:00:00.000Z gw tunnelwarden 7 alert - \ufeffx',
  );
  assert.match(line('info', 'x', 'g w\n').toString(), /^<30>1 \S+ gw tunnelwarden/);
  assert.match(line('info', 'x', ' ').toString(), /Z - tunnelwarden/);
  for (const begin of ['', 'x', 'xx', 'xxx']) {
    const long = line('high', begin + '🐉'.repeat(1000));
    assert.ok(long.length <= 2048 && long.length > 2040);
    assert.ok(!long.toString().includes('\ufffd'));
  }
});

test('linesOf: a message of nothing but what was held back', () => {
  assert.deepEqual(linesOf(message({ alerts: [], heldBack: 1, test: true })), [
    {
      severity: 'high',
      text: 'test, nothing happened: 1 more alert was held back; `tunnelwarden incidents` lists them',
    },
  ]);
});

test('syslog: the socket of this machine gets what `logger` makes of it', {
  skip: missing('logger', 'python3'),
}, async (t) => {
  const path = `${folder(t)}/log`;
  const listener =
    'import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\ns.bind(sys.argv[1])\nfor _ in range(2): print(s.recv(9999).decode(),flush=True)';
  const child = start(t, 'python3', ['-c', listener, path]);
  await eventually('the socket is there', () => existsSync(path));
  assert.equal(await send(createSyslog(path, 'auth')), 'taken by logger');
  const [first = '', second = ''] = (await text(child.stdout as NodeJS.ReadableStream)).split('\n');
  assert.match(first, /^<35>.*tunnelwarden: high: .*tried ngrok 3 times \(incident 12\)/);
  assert.match(second, /^<35>.*tunnelwarden: 2 more alerts were held back/);
  assert.doesNotMatch(first + second, UNSAFE);
});

test('syslog: a socket that is not there', async (t) => {
  await assert.rejects(
    send(createSyslog(`${folder(t)}/log`, 'daemon')),
    new SinkError('does not exist; is a syslog running here?'),
  );
});
