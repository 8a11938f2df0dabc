// Opens TLS connections at once and tells what became of each: `passed`, or what ended it.
import { connect as connectTcp } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';

/** A connection of a TLS client's. */
export type TlsProbe = {
  readonly to: string;
  readonly port: number;
  /** The server name of its hello; none where undefined. */
  readonly name?: string | undefined;
  /** Octets of the first segment, where the hello is to be cut in two. */
  readonly cut?: number;
};

const PATIENCE = 2500;
/** Longer than any kernel waits to put two writes into one segment. */
const PAUSE = 60;

process.once('message', async (probes: readonly TlsProbe[]) => {
  const outcomes = await Promise.all(
    probes.map((probe) => Promise.race([outcome(probe), delay(PATIENCE, 'silence')])),
  );
  process.send?.(outcomes, () => process.exit(0));
});

function outcome({ to, port, name, cut }: TlsProbe): Promise<string> {
  return new Promise((resolve) => {
    const failed = ({ code, message }: NodeJS.ErrnoException) =>
      resolve(code === 'ECONNRESET' || code === 'ECONNREFUSED' ? 'reset' : (code ?? message));
    const tcp = connectTcp({ host: to, port }).setNoDelay(true).on('error', failed);
    tcp.once('connect', () => {
      const socket = connect({
        socket: cut === undefined ? tcp : cutting(tcp, cut),
        rejectUnauthorized: false,
        ...(name === undefined ? {} : { servername: name }),
      });
      socket.on('error', failed);
      // The server ends when we do: an end without an error shows that all went there and back.
      socket.once('secureConnect', () => socket.resume().end('a word inside'));
      socket.once('end', () => resolve('passed'));
      socket.once('close', () => resolve('closed'));
    });
  });
}

/** A stream whose first octets go out on their own. */
function cutting(tcp: ReturnType<typeof connectTcp>, first: number): Duplex {
  let left = first;
  const duplex = new Duplex({
    read: () => tcp.resume(),
    write: async (chunk: Buffer, _encoding, done) => {
      if (left > 0) {
        tcp.write(chunk.subarray(0, left));
        await delay(PAUSE);
        tcp.write(chunk.subarray(left), done);
        left = 0;
      } else tcp.write(chunk, done);
    },
    final: (done) => {
      tcp.end(done);
    },
  });
  tcp.on('data', (data) => duplex.push(data));
  tcp.on('end', () => duplex.push(null));
  tcp.on('error', (error) => duplex.destroy(error));
  return duplex;
}
