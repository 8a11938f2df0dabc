// Tries each flow of its first message and tells what became of it: a server's word, `refused` or `silent`.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Packet } from '../../../../src/firewall/interpret.ts';

const PATIENCE = 2500;

function tryTcp({ from, to, port }: Packet): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: to, port, localAddress: from });
    const end = (fate: string) => {
      clearTimeout(late);
      socket.destroy();
      resolve(fate);
    };
    const late = setTimeout(end, PATIENCE, 'silent');
    socket.on('data', (data) => end(data.toString()));
    socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      end(code === 'ECONNREFUSED' || code === 'ECONNRESET' ? 'refused' : String(code)),
    );
    socket.on('end', () => end('ended'));
  });
}

function tryUdp({ from, to, port }: Packet): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(to.includes(':') ? 'udp6' : 'udp4');
    const end = (fate: string) => {
      clearTimeout(late);
      socket.close();
      resolve(fate);
    };
    const late = setTimeout(end, PATIENCE, 'silent');
    // RFC 1812 5.2.7.1 and RFC 4443 3.1: prohibited by an administrator, as Linux tells programs.
    socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      end(code === 'EHOSTUNREACH' || code === 'EACCES' ? 'refused' : String(code)),
    );
    socket.on('message', (data) => end(data.toString()));
    socket.bind({ address: from }, () => socket.connect(port, to, () => socket.send('hello')));
  });
}

process.once('message', async (flows: readonly Packet[]) => {
  const fates: string[] = [];
  let next = 0;
  const work = async () => {
    while (next < flows.length) {
      const i = next++;
      const flow = flows[i] as Packet;
      fates[i] = await (flow.transport === 'tcp' ? tryTcp(flow) : tryUdp(flow));
    }
  };
  await Promise.all(Array.from({ length: 24 }, work));
  process.send?.(fates, () => process.exit(0));
});
