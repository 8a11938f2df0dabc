/**
 * The machines of a packet test, as a program of its own: `serve NAME PORT… ` says NAME to whoever
 * comes, over TCP and UDP, each on every address; `probe JSON` tries and tells what came of it.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Probe } from './packets.ts';

const PATIENCE = 2500;
/** Enough to be past every count of packets that a rule could wait for. */
const TURNS = 12;

const [, , role, ...words] = process.argv;
if (role === 'serve') serve(words[0] as string, words.slice(1).map(Number));
else {
  const probes: readonly Probe[] = JSON.parse(words[0] as string);
  process.stdout.write(JSON.stringify(await Promise.all(probes.map(outcome))));
  process.exit(0);
}

function serve(name: string, ports: readonly number[]): void {
  let left = ports.length;
  for (const port of ports) {
    createServer((stream) => {
      stream.on('error', () => {});
      stream.on('data', () => stream.write(name));
    }).listen(port, '::', () => {
      left -= 1;
      if (left === 0) process.send?.('ready');
    });
    // One socket an address: another would answer from whichever address the machine has first.
    for (const address of addresses()) {
      const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
      socket.on('message', (_, { port, address }) => socket.send(name, port, address));
      socket.bind(port, address);
    }
  }
}

function addresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((link) => link ?? []);
  return all.map(({ address }) => address).filter((address) => !address.startsWith('fe80:'));
}

function outcome(probe: Probe): Promise<string> {
  const late = delay(PATIENCE, 'silence');
  return Promise.race([probe.over === 'tcp' ? stream(probe) : datagram(probe), late]);
}

/** Speaks many times, as a refusal may come late; gives who answered each time, or what ended it. */
function stream({ to, port, from, says }: Probe): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({
      host: to,
      port,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    let turn = 0;
    socket.setNoDelay(true);
    socket.once('connect', () => socket.write(Buffer.from(says, 'latin1')));
    socket.on('data', (said) => {
      turn += 1;
      if (turn === TURNS) resolve(said.toString());
      else socket.write('x');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(said(error)));
    socket.once('close', () => resolve('closed'));
  });
}

function datagram({ to, port, from }: Probe): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(to.includes(':') ? 'udp6' : 'udp4');
    socket.once('message', (said) => resolve(said.toString()));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(said(error)));
    socket.bind(0, from, () => socket.connect(port, to, () => socket.send('x')));
  });
}

/** A reset where nothing listens and one in the middle are two words for the same deed. */
function said({ code }: NodeJS.ErrnoException): string {
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'reset';
  return code === 'EHOSTUNREACH' || code === 'EACCES' ? 'prohibited' : `${code}`;
}
