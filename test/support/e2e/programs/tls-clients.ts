// Opens TLS connections at once and tells what became of each: `passed`, or what ended it.
import { once } from 'node:events';
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

async function outcome({ to, port, name, cut }: TlsProbe): Promise<string> {
  const tcp = connectTcp({ host: to, port });
  tcp.setNoDelay(true);
  try {
    await once(tcp, 'connect');
    const servername = name === undefined ? {} : { servername: name };
    const socket = connect({
      socket: cut === undefined ? tcp : cutting(tcp, cut),
      rejectUnauthorized: false,
      ...servername,
    });
    await once(socket, 'secureConnect');
    // The server ends when we do: an end without an error shows that all went there and back.
    const closed = once(socket, 'close');
    socket.resume().end('a word inside');
    await closed;
    return 'passed';
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ECONNRESET' || code === 'ECONNREFUSED' ? 'reset' : (code ?? message);
  } finally {
    tcp.destroy();
  }
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
