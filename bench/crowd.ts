import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { startFront } from '../src/commands/fronting.ts';
import { GATE_LIMITS } from '../src/gate/gate.ts';
import { loadPolicy } from '../src/policy/load.ts';
import { parseAddress, parseNetwork } from '../src/policy/network.ts';
import { clientHello } from '../test/firewall/support/hello.ts';

// What a crowd that says nothing costs the gate, and those who say something: memory of its process for
// each connection that waits, and how long sanctioned ones take meanwhile.
//
//     sudo node bench/crowd.ts [CONNECTIONS]
//
// Needs root, for a network namespace of its own. The crowd comes from 100 addresses.

const NAME = 'tunnels.example.com';
const SERVER = parseAddress('127.0.0.2');
const VISITS = 200;
/** Connections that a process of the crowd makes. */
const PART = 5_000;

const [mode = '20000', first = '', count = ''] = process.argv.slice(2);
if (mode === 'crowd') await wait(Number(first), Number(count));
else if (mode !== 'inside') {
  if (process.getuid?.() !== 0) throw new Error('needs root, for a network namespace');
  const args = ['--net', process.execPath, import.meta.filename, 'inside', mode];
  process.exitCode = spawnSync('unshare', args, { stdio: 'inherit' }).status ?? 1;
} else await inside(Number(first));

async function inside(size: number): Promise<void> {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  const { ruleset } = loadPolicy('rules/policy.example.yaml', Date.now());
  const server = createServer((socket) => void socket.end('k'));
  server.listen({ host: SERVER, port: 443 });
  await once(server, 'listening');
  const front = await startFront({
    endpoints: [{ address: parseAddress('127.0.0.1'), port: 9443 }],
    transparent: false,
    rules: () => ({
      ...{ ruleset, transparent: false, clients: [parseNetwork('127.0.0.0/8')] },
      refusal: 'reset',
    }),
    lookUp: async () => [SERVER],
    onEvent: () => {},
    onState: (state, reason) => console.log(state, reason),
  });
  const visits = async () => {
    const times: number[] = [];
    for (let i = 0; i < VISITS; i += 1) times.push(await visit());
    times.sort((a, b) => a - b);
    return `p50 ${times[VISITS / 2]?.toFixed(2)} ms, p99 ${times[VISITS * 0.99]?.toFixed(2)} ms`;
  };
  console.log(`nobody waits: ${await visits()}`);
  const before = memory();
  // In processes of their own: one may not open so many.
  const crowds = Array.from({ length: Math.ceil(size / PART) }, (_, i) => {
    const words = ['crowd', String(i * PART), String(Math.min(PART, size - i * PART))];
    return spawn(process.execPath, [import.meta.filename, ...words], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  });
  const told = await Promise.all(crowds.map((crowd) => once(crowd, 'message')));
  const waiting = told.reduce((sum, [number]) => sum + Number(number), 0);
  const octets = (memory() - before) / Math.max(1, Math.min(waiting, GATE_LIMITS.total));
  console.log(`${size} have come, ${waiting} wait: ${(octets / 1024).toFixed(1)} KiB each`);
  console.log(`sanctioned ones meanwhile: ${await visits()}`);
  for (const crowd of crowds) crowd.kill();
  await front.close();
  process.exit();
}

async function wait(first: number, count: number): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: count }, (_, i) => silent(first + i)));
  process.send?.(sockets.filter((socket) => !socket.destroyed).length);
}

async function silent(i: number): Promise<Socket> {
  const localAddress = `127.1.0.${1 + (i % 100)}`;
  const socket = connect({ host: '127.0.0.1', port: 9443, localAddress });
  socket.on('error', () => {});
  // Some are sent away at once, to make room.
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
  return socket;
}

async function visit(): Promise<number> {
  const began = performance.now();
  const socket = connect({ host: '127.0.0.1', port: 9443 });
  socket.write(clientHello(NAME));
  await once(socket, 'data');
  socket.destroy();
  return performance.now() - began;
}

/** Octets that the front's process holds (proc(5), VmRSS). */
function memory(): number {
  const pid = readdirSync('/proc').find((name) =>
    new RegExp(`\\) \\w ${process.pid} `).test(readable(`/proc/${name}/stat`)),
  );
  return Number(/VmRSS:\s+(\d+)/.exec(readable(`/proc/${pid}/status`))?.[1]) * 1024;
}

function readable(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // gone meanwhile
  }
}
