import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { isTrusted } from '../../native/abstract.ts';
import { sendDescriptors } from '../../native/descriptors.ts';
import { descriptorOf } from '../../native/socket-fd.ts';
import type { Lane } from '../../policy/firewall.ts';
import type { Name } from '../../policy/name.ts';
import type { Address } from '../../policy/network.ts';
import type { GateEvent } from '../event.ts';
import { createFrames, encodeFrame } from './frames.ts';
import type { FrontRules, ToFront, ToMain } from './words.ts';

export type LinkParts = {
  /** Where the front is found; see `frontAddress`. */
  readonly address: string;
  /** Descriptors of listening sockets, which stay ours as well. */
  readonly listeners: readonly {
    readonly fd: number;
    readonly lane: Lane;
    readonly port: number;
  }[];
  /** What is to be judged by, as it is now. */
  readonly rules: () => FrontRules;
  readonly lookUp: (name: Name) => Promise<readonly Address[]>;
  /** Starts a front, which ends by itself where there is one already. */
  readonly start: () => void;
  readonly onEvent: (event: GateEvent) => void;
  /** Hears when the front is there and when it is not, with the reason. */
  readonly onState: (state: 'up' | 'down', reason: string) => void;
};

/** The main process's link to the front. */
export type Link = {
  /** Tells the rules as they are now. */
  readonly renew: () => void;
  /** Nobody new is taken; resolves once all that happened has been told. */
  readonly close: () => Promise<void>;
};

/** Milliseconds between two tries to reach a front, and between two starts of one that does not stay. */
const [PAUSE, REST] = [50, 1_000];
/** Milliseconds after which it is said that none comes up. */
const PATIENCE = 5_000;
/** Milliseconds that it has for what it has not told yet. */
const FAREWELL = 1_000;

/** Resolves once a front has taken the listeners, or it has been said that none comes up; it is tried again for ever. */
export async function linkFront(parts: LinkParts): Promise<Link> {
  let isClosed = false;
  let socket: Socket | undefined;
  let started = Number.NEGATIVE_INFINITY;
  let onLeft = () => {};

  /** Rejects never; `onLate` hears that it takes long. */
  async function reach(onLate: () => void): Promise<void> {
    const began = performance.now();
    let isLate = false;
    while (!isClosed) {
      const found = await connectTo(parts.address);
      if (found && (await use(found))) return;
      const now = performance.now();
      if (now - started >= REST) {
        started = now;
        parts.start();
      }
      if (!isLate && now - began > PATIENCE) {
        isLate = true;
        parts.onState('down', 'its process does not come up');
        onLate();
      }
      await pause();
    }
  }

  async function use(found: Socket): Promise<boolean> {
    const fd = descriptorOf(found);
    if (fd === undefined || !isTrusted(fd)) {
      found.destroy();
      parts.onState('down', "another user's program has the place of its process");
      return false;
    }
    const frames = createFrames();
    const { promise: ready, resolve } = Promise.withResolvers<boolean>();
    found.on('data', (octets) => {
      for (const words of frames(octets)) hear(found, words as ToMain, () => resolve(true));
    });
    found.on('close', () => {
      resolve(false);
      if (socket !== found) return;
      socket = undefined;
      if (isClosed) return;
      parts.onState('down', 'its process has ended, and what passed through it');
      void reach(() => {});
    });
    if (!(await ready)) return false;
    say(found, { kind: 'rules', rules: parts.rules() });
    // Descriptors go past what Node still holds back, so that has to be gone first.
    while (found.writableLength > 0 && !found.destroyed) {
      await Promise.race([once(found, 'drain'), pause()]);
    }
    for (const { fd: listener, lane, port } of parts.listeners) {
      const words: ToFront = { kind: 'listen', lane, port };
      if (sendDescriptors(fd, encodeFrame(words), [listener])) continue;
      found.destroy();
      return false;
    }
    socket = found;
    parts.onState('up', '');
    return true;
  }

  function hear(from: Socket, words: ToMain, onReady: () => void): void {
    switch (words.kind) {
      case 'ready':
        onReady();
        return;
      case 'events':
        for (const event of words.events) parts.onEvent(event);
        return;
      case 'left':
        onLeft();
        return;
      case 'find':
        void parts.lookUp(words.name).then(
          (addresses) => say(from, { kind: 'found', name: words.name, addresses }),
          () => say(from, { kind: 'found', name: words.name, addresses: [] }),
        );
        return;
    }
  }

  const { promise: late, resolve: onLate } = Promise.withResolvers<void>();
  await Promise.race([reach(onLate), late]);
  return {
    renew: () => {
      if (socket) say(socket, { kind: 'rules', rules: parts.rules() });
    },
    close: async () => {
      isClosed = true;
      if (!socket) return;
      const { promise: left, resolve } = Promise.withResolvers<void>();
      onLeft = resolve;
      socket.once('close', resolve);
      const late = setTimeout(resolve, FAREWELL);
      say(socket, { kind: 'leave' });
      await left;
      clearTimeout(late);
      socket?.destroy();
    },
  };
}

function say(to: Socket, words: ToFront): void {
  if (!to.destroyed) to.write(encodeFrame(words));
}

/** Keeps the process alive: it is for a start, or a new one. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE));
}

/** Undefined where nobody listens. */
function connectTo(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => resolve(socket)).on('error', () => resolve(undefined));
  });
}
