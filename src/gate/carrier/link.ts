import { connect, type Socket } from 'node:net';
import { isTrusted } from '../../native/abstract.ts';
import { sendDescriptors } from '../../native/descriptors.ts';
import { descriptorOf, startReading, stopReading } from '../../native/socket-fd.ts';
import type { Bound } from '../decide.ts';
import { type Join, type Joined, joinByPipes, KEEPALIVE } from '../join.ts';
import { carrierAddress, createLines, encodeLine, type ToGate } from './words.ts';

export type LinkParts = {
  /** The gate's first port, which tells carriers of one machine apart. */
  readonly port: number;
  /** Starts a carrier, which ends by itself where there is one already. */
  readonly start: () => void;
  /** Hears of what an earlier gate let pass; gives what is to be called at its end. */
  readonly onCarrying: (about: Bound, joined: Joined) => () => void;
  readonly onProblem: (message: string) => void;
};

/** A gate's link to the process that carries what it lets pass. */
export type Link = {
  /** Hands over to the carrier; while there is none, octets pass through this process. */
  readonly join: Join;
  readonly close: () => void;
};

/** Milliseconds between two tries to reach a carrier, and how often that is done before it is said. */
const [PAUSE, TRIES] = [50, 60];
const LONGEST_LINE = 65_536;

/** Resolves once a carrier is there, or has not come up in time. */
export async function linkCarrier(parts: LinkParts): Promise<Link> {
  const ends = new Map<string, () => void>();
  const name = `${process.pid}-${Date.now().toString(36)}`;
  let count = 0;
  let isClosed = false;
  let socket: Socket | undefined;

  async function reach(): Promise<void> {
    for (let i = 0; i < TRIES && !isClosed; i += 1) {
      const found = await connectTo(carrierAddress(parts.port));
      if (found) return use(found);
      if (i === 0) parts.start();
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    if (!isClosed) parts.onProblem('no process to carry connections comes up');
  }

  async function use(found: Socket): Promise<void> {
    const fd = descriptorOf(found);
    if (fd === undefined || !isTrusted(fd)) {
      found.destroy();
      parts.onProblem("another user's program has the place of our carrier");
      return;
    }
    const { promise: welcomed, resolve } = Promise.withResolvers<void>();
    const lines = createLines(LONGEST_LINE);
    found.on('data', (octets) => {
      for (const line of lines(octets)) hear(JSON.parse(line), resolve);
    });
    found.on('close', () => {
      socket = undefined;
      resolve();
      // What it carried is gone with it.
      for (const end of [...ends.values()]) end();
      ends.clear();
      if (isClosed) return;
      parts.onProblem('the process that carries connections has ended, and they with it');
      void reach();
    });
    await welcomed;
    socket = found.destroyed ? undefined : found;
    // It holds nothing up: the process ends when all else has.
    found.unref();
  }

  function hear(words: ToGate, welcome: () => void): void {
    if (words.kind === 'welcomed') welcome();
    if (words.kind === 'ended') {
      ends.get(words.id)?.();
      ends.delete(words.id);
    }
    if (words.kind === 'carrying') {
      ends.set(words.id, parts.onCarrying(words.about, joinedOf(words.id)));
    }
  }

  function joinedOf(id: string): Joined {
    return {
      cut: () => socket?.write(encodeLine({ kind: 'cut', id })),
      leave: () => ends.delete(id),
    };
  }

  const join: Join = (client, server, about, onEnd) => {
    for (const each of [client, server]) each.setKeepAlive(true, KEEPALIVE);
    const left = Buffer.concat([...stopReading(client)]);
    let joined: Joined | undefined;
    let isCut = false;
    // Written out before it changes hands: what waits in this process would come too late.
    server.write(left, (error) => {
      if (error || isCut) {
        client.resetAndDestroy();
        server.resetAndDestroy();
        onEnd();
        return;
      }
      joined = handOver(client, server, about, onEnd);
      if (joined) return;
      startReading(client);
      joined = joinByPipes(client, server, about, onEnd);
    });
    return {
      cut: () => {
        isCut = true;
        joined?.cut();
      },
      leave: () => joined?.leave(),
    };
  };

  function handOver(
    client: Socket,
    server: Socket,
    about: Bound,
    onEnd: () => void,
  ): Joined | undefined {
    const link = socket && descriptorOf(socket);
    const [one, other] = [descriptorOf(client), descriptorOf(server)];
    // What still waits to be written to the link must not be overtaken.
    if (link === undefined || socket?.writableLength !== 0) return undefined;
    if (one === undefined || other === undefined) return undefined;
    count += 1;
    const id = `${name}-${count}`;
    if (!sendDescriptors(link, encodeLine({ kind: 'take', id, about }), [one, other])) {
      return undefined;
    }
    ends.set(id, onEnd);
    // The carrier's copies keep both connections open.
    client
      .removeAllListeners()
      .on('error', () => {})
      .destroy();
    server
      .removeAllListeners()
      .on('error', () => {})
      .destroy();
    return joinedOf(id);
  }

  await reach();
  return {
    join,
    close: () => {
      isClosed = true;
      socket?.destroy();
    },
  };
}

/** Undefined where nobody listens. */
function connectTo(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => resolve(socket)).on('error', () => resolve(undefined));
  });
}
