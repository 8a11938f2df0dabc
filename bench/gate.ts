import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packet from 'dns-packet';
import { clientHello } from '../test/firewall/support/hello.ts';

// What the gate costs beside HAProxy and nginx, which read TLS server names as well: octets and
// connections per second of processor time (user and system, of all its processes), and the time that it
// adds to a connection.
//
//     npm run build && sudo node bench/gate.ts [ROUNDS]
//
// Needs root, unshare, nft, haproxy and nginx with its stream module. All of it happens in a network
// namespace of its own. Connections to 198.51.100.N are redirected to gate N, as on a gateway.

const CLI = join(import.meta.dirname, '..', 'dist', 'cli.js');
const NAME = 'tunnels.example.com';
const SERVER = '198.51.100.1';
/** Octets moved in each direction in a turn, over so many connections at once. */
const [OCTETS, ABREAST] = [1_600 << 20, 4];
const CONNECTIONS = 20_000;
const TICK = 100; // USER_HZ

type Gate = { readonly id: string; readonly at: string; readonly pids: () => readonly number[] };
type Figures = {
  readonly gate: string;
  readonly down: number;
  readonly up: number;
  readonly connections: number;
  readonly p50: number;
  readonly p99: number;
};

function enter(rounds: string): void {
  if (process.getuid?.() !== 0) fail('needs root, for a network namespace and nftables');
  if (!existsSync(CLI)) fail('run `npm run build` first');
  const args = [
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    process.execPath,
    import.meta.filename,
  ];
  const { status } = spawnSync('unshare', [...args, 'inside', rounds], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

async function inside(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-gate-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  for (const last of [1, 2, 3, 4]) {
    execFileSync('ip', ['addr', 'add', `198.51.100.${last}/32`, 'dev', 'lo']);
  }
  execFileSync('nft', ['-f', '-'], {
    input: `table ip bench { chain out { type nat hook output priority -100;
      ip daddr 198.51.100.2 tcp dport 443 redirect to :9443
      ip daddr 198.51.100.3 tcp dport 443 redirect to :9445
      ip daddr 198.51.100.4 tcp dport 443 redirect to :9447
    }
}\n`,
  });
  const server = child(['server']);
  await once(server, 'message');
  const dns = await answerNames();
  const gates = [
    await startOurs(folder),
    await startPeer('haproxy', '198.51.100.3', ['-db', '-f', haproxyFile(folder)], 9445),
    await startPeer('nginx', '198.51.100.4', ['-c', nginxFile(folder)], 9447),
  ];
  const all: Figures[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const gate of gates) {
      console.error(`round ${round} of ${rounds}: ${gate.id}`);
      all.push(await measure(gate));
    }
  }
  const direct = await load({ at: SERVER, kind: 'connections' });
  console.log(tableOf(all, gates, direct.times));
  dns.close();
  process.exit();
}

/** Says where the sanctioned name is, as an upstream resolver would. */
async function answerNames() {
  const socket = createSocket('udp4');
  socket.on('message', (message, { port, address }) => {
    const { id, questions = [] } = packet.decode(message);
    const answers =
      questions[0]?.type === 'A' ? [{ type: 'A', name: NAME, ttl: 60, data: SERVER } as const] : [];
    const flags = packet.RECURSION_AVAILABLE;
    socket.send(
      packet.encode({ type: 'response', id: id ?? 0, flags, questions, answers }),
      port,
      address,
    );
  });
  socket.bind(5301, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

async function startOurs(folder: string): Promise<Gate> {
  const policy = join(folder, 'policy.yaml');
  writeFileSync(
    policy,
    `organisation: { name: Bench }
ingress: [{ domain: ${NAME} }]
services: { ngrok: block }
resolver: { upstreams: ['127.0.0.1:5301'], clients: [127.0.0.0/8, 198.51.100.0/24] }
`,
  );
  const args = ['gate', '-p', policy, '-l', '0.0.0.0:9443', '-d', join(folder, 'a.db')];
  const gate = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  await reachable(9443);
  const carriers = () =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => commandOf(pid).includes('front/program'));
  return {
    id: 'tunnelwarden',
    at: '198.51.100.2',
    pids: () => [gate.pid as number, ...carriers()],
  };
}

async function startPeer(id: string, at: string, args: string[], port: number): Promise<Gate> {
  const peer = spawn(id, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await reachable(port);
  const workers = () =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => commandOf(pid).startsWith(id));
  return { id, at, pids: () => [...new Set([peer.pid as number, ...workers()])] };
}

function haproxyFile(folder: string): string {
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  option splice-auto
frontend f
  bind 0.0.0.0:9445
  tcp-request inspect-delay 3s
  tcp-request content reject if !{ req.ssl_hello_type 1 }
  tcp-request content accept if { req.ssl_sni -i ${NAME} }
  tcp-request content reject
  default_backend b
backend b
  server s ${SERVER}:443
`,
  );
  return file;
}

function nginxFile(folder: string): string {
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; daemon off; worker_processes 1;
events { worker_connections 9000; }
stream {
  map $ssl_preread_server_name $target { ${NAME} ${SERVER}:443; default ""; }
  server { listen 0.0.0.0:9447; ssl_preread on; proxy_pass $target; proxy_timeout 1h; }
}
`,
  );
  return file;
}

async function measure(gate: Gate): Promise<Figures> {
  const spent = async (kind: Order['kind']) => {
    const before = ticksOf(gate.pids());
    const { amount, times } = await load({ at: gate.at, kind });
    const seconds = (ticksOf(gate.pids()) - before) / TICK;
    return { rate: amount / seconds, times };
  };
  const down = await spent('down');
  const up = await spent('up');
  const { rate: connections, times } = await spent('connections');
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
  return { gate: gate.id, down: down.rate, up: up.rate, connections, p50, p99 };
}

/** Clock ticks that processes have used so far, in user and system mode (proc(5)). */
function ticksOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // gone meanwhile
  }
}

function quantile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * share)] ?? Number.NaN;
}

function tableOf(
  all: readonly Figures[],
  gates: readonly Gate[],
  direct: readonly number[],
): string {
  const of = (id: string, key: keyof Omit<Figures, 'gate'>) =>
    quantile(
      all.filter(({ gate }) => gate === id).map((figures) => figures[key]),
      0.5,
    );
  const base = { p50: quantile(direct, 0.5), p99: quantile(direct, 0.99) };
  const ratio = (id: string, key: 'down' | 'up' | 'connections') =>
    (of(id, key) / of('haproxy', key)).toFixed(2);
  return [
    'medians; ratios to haproxy in brackets; per second of processor time',
    ...gates.map(({ id }) =>
      [
        id.padEnd(12),
        `${(of(id, 'down') / 1e9).toFixed(2)} GB down (${ratio(id, 'down')})`,
        `${(of(id, 'up') / 1e9).toFixed(2)} GB up (${ratio(id, 'up')})`,
        `${of(id, 'connections').toFixed(0)} connections (${ratio(id, 'connections')})`,
        `added p50 ${(of(id, 'p50') - base.p50).toFixed(2)} ms`,
        `p99 ${(of(id, 'p99') - base.p99).toFixed(2)} ms`,
      ].join('  '),
    ),
  ].join('\n');
}

// The processes that make the load: their time is nobody's.

type Order = { readonly at: string; readonly kind: 'down' | 'up' | 'connections' };
type Done = { readonly amount: number; readonly times: readonly number[] };

function child(args: readonly string[]): ChildProcess {
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  return spawn(process.execPath, [import.meta.filename, ...args], { stdio: [...stdio] });
}

async function load(order: Order): Promise<Done> {
  const loader = child(['load']);
  loader.send(order);
  const [done] = await once(loader, 'message');
  return done as Done;
}

/** Octets behind the hello tell the server what to do. */
const WISHES = { down: 'd', up: 'u', connections: 'c' } as const;

function serve(): void {
  const block = Buffer.alloc(1 << 20);
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    let heard = 0;
    socket.on('error', () => {});
    socket.once('data', (octets) => {
      const wish = String.fromCharCode(octets.at(-1) as number);
      if (wish === WISHES.connections) socket.end('k');
      if (wish === WISHES.down) send(socket, block, OCTETS / ABREAST);
      if (wish === WISHES.up) {
        socket.on('data', (more) => {
          heard += more.length;
          if (heard >= OCTETS / ABREAST && socket.writable) socket.end('k');
        });
      }
    });
  });
  server.listen({ host: SERVER, port: 443, backlog: 4096 }, () => process.send?.('ready'));
}

function send(socket: Socket, block: Uint8Array, octets: number): void {
  let left = octets;
  const more = () => {
    while (left > 0) {
      left -= block.length;
      if (!socket.write(block)) return void socket.once('drain', more);
    }
    socket.end();
  };
  more();
}

async function loading({ at, kind }: Order): Promise<Done> {
  const hello = Buffer.concat([clientHello(NAME), Buffer.from(WISHES[kind])]);
  const times: number[] = [];
  const visit = async () => {
    const began = performance.now();
    const socket = connect({ host: at, port: 443, noDelay: true, allowHalfOpen: true });
    socket.write(hello);
    if (kind === 'up') {
      // The wish has to come by itself.
      await once(socket, 'connect');
      setTimeout(() => send(socket, Buffer.alloc(1 << 20), OCTETS / ABREAST), 100);
    }
    await new Promise<void>((resolve, reject) => {
      socket.once('data', () => times.push(performance.now() - began));
      socket
        .on('data', () => {})
        .once('end', () => {
          socket.end();
          resolve();
        });
      socket.once('error', (error) => reject(error));
    });
  };
  if (kind !== 'connections') {
    await Promise.all(Array.from({ length: ABREAST }, visit));
    return { amount: OCTETS, times };
  }
  let left = CONNECTIONS;
  const visits = async () => {
    while (left-- > 0) await visit();
  };
  await Promise.all(Array.from({ length: 8 }, visits));
  return { amount: CONNECTIONS, times };
}

async function reachable(port: number): Promise<void> {
  for (let i = 0; i < 200; i += 1) {
    const socket = connect({ port, host: '127.0.0.1' });
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  fail(`nobody listens on port ${port}`);
}

const [mode = '3', rounds = '3'] = process.argv.slice(2);
if (mode === 'inside') await inside(Number(rounds));
else if (mode === 'server') serve();
else if (mode === 'load') {
  process.once('message', async (order: Order) => {
    process.send?.(await loading(order), () => process.exit());
  });
} else enter(mode);
