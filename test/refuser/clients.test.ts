import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../support/e2e/process.ts';
import { missing, type Tool } from '../support/e2e/requirements.ts';
import { CONTACT, ENDPOINT, SANCTIONED, SESSION, startRefuser } from './support.ts';

// What real clients say when they are refused: each must end at once and with a cause.

const SDK = fileURLToPath(new URL('../support/e2e/programs/ngrok-session.ts', import.meta.url));

const PYTHON = (port: number) => `
import socket, ssl
tcp = socket.create_connection(('127.0.0.1', ${port}))
try:
    ssl.create_default_context().wrap_socket(tcp, server_hostname='${SESSION}')
except ssl.SSLError as error:
    print(error.reason)
`;
const NODE = (port: number) =>
  `require('node:tls').connect({ host: '127.0.0.1', port: ${port}, servername: '${SESSION}' })
     .on('error', ({ message }) => console.log(message))`;

type Client = {
  readonly when: string;
  readonly tool: Tool | undefined;
  readonly command: (port: number) => readonly [string, ...string[]];
  readonly prints: RegExp;
  readonly told: string;
};

const sClient = (port: number, ...more: string[]): readonly [string, ...string[]] => [
  ...(['openssl', 's_client', '-connect', `127.0.0.1:${port}`, '-servername', SESSION] as const),
  ...more,
];
const clients: readonly Client[] = [
  {
    when: 'openssl',
    tool: 'openssl',
    command: sClient,
    prints: /alert access denied/,
    told: `tls ${SESSION} alert`,
  },
  {
    when: 'openssl with TLS 1.2 alone',
    tool: 'openssl',
    command: (port) => sClient(port, '-tls1_2'),
    prints: /alert access denied/,
    told: `tls ${SESSION} alert`,
  },
  {
    when: 'openssl with a hello of many segments',
    tool: 'openssl',
    command: (port) => sClient(port, '-alpn', Array(200).fill('protocol-name').join(',')),
    prints: /alert access denied/,
    told: `tls ${SESSION} alert`,
  },
  {
    when: 'curl over TLS',
    tool: 'curl',
    command: (port) => [
      'curl',
      '-sS',
      '--connect-to',
      `::127.0.0.1:${port}`,
      `https://${SESSION}/`,
    ],
    prints: /alert access denied/,
    told: `tls ${SESSION} alert`,
  },
  {
    when: 'curl in clear, uploading',
    tool: 'curl',
    command: (port) => [
      ...([
        'curl',
        '-sS',
        '--connect-to',
        `::127.0.0.1:${port}`,
        '-d',
        'x'.repeat(50_000),
      ] as const),
      `http://${ENDPOINT}/`,
    ],
    prints: new RegExp(`^The network of Example Corp does not allow .*${ENDPOINT}`),
    told: `http ${ENDPOINT} page`,
  },
  {
    when: 'Python',
    tool: 'python3',
    command: (port) => ['python3', '-c', PYTHON(port)],
    prints: /ALERT_ACCESS_DENIED/,
    told: `tls ${SESSION} alert`,
  },
  {
    when: 'Node',
    tool: undefined,
    command: (port) => [process.execPath, '-e', NODE(port)],
    prints: /alert access denied/,
    told: `tls ${SESSION} alert`,
  },
  {
    // It says no more than this of whatever goes wrong in TLS, but it says it at once.
    when: 'the ngrok SDK',
    tool: undefined,
    command: (port) => [process.execPath, SDK, `127.0.0.1:${port}`],
    prints: /tls handshake error/,
    told: 'tls alert',
  },
  {
    when: 'OpenSSH',
    tool: 'ssh',
    command: (port) => [
      'ssh',
      '-F',
      'none',
      '-o',
      'BatchMode=yes',
      '-p',
      `${port}`,
      'v2@127.0.0.1',
    ],
    prints: new RegExp(`:11: The network of Example Corp .*${SANCTIONED}.*${CONTACT}`),
    told: 'ssh disconnect',
  },
  {
    when: 'OpenSSH with a tunnel',
    tool: 'ssh',
    command: (port) => [
      ...(['ssh', '-F', 'none', '-o', 'BatchMode=yes', '-R', '80:localhost:80'] as const),
      ...['-p', `${port}`, 'v2@127.0.0.1', 'http'],
    ],
    prints: /Received disconnect from 127\.0\.0\.1 port \d+:11: The network of Example Corp/,
    told: 'ssh disconnect',
  },
];

for (const { when, tool, command, prints, told } of clients) {
  test(`refuser: ${when}`, { skip: tool !== undefined && missing(tool) }, async (t) => {
    const { port, toldOf, events } = await startRefuser(t);
    const [program, ...words] = command(port);
    const { stdout, stderr } = await run(program, words, { patience: 5_000 });
    assert.match(`${stdout}${stderr}`, prints);
    assert.deepEqual(await toldOf(1), [told]);
    assert.equal(events.length, 1);
  });
}

test('refuser: refused clients hear of it in a moment', { skip: missing('openssl') }, async (t) => {
  const { port } = await startRefuser(t);
  const times: number[] = [];
  // The quickest of a few: a busy machine may be slow to start a program.
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    const [program, ...words] = sClient(port);
    await run(program, words);
    times.push(performance.now() - start);
  }
  assert(Math.min(...times) < 500, `${times} ms`);
});
