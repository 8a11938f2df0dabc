import { createSocket, type Socket } from 'node:dgram';
import type { Endpoint } from '../../policy/endpoint.ts';
import type { Random } from './random.ts';

/** Called with each datagram that has the query's id, or once with what broke the socket. */
export type Hear = (event: { readonly message: Buffer } | { readonly error: Error }) => void;

/** A way to one upstream. */
export type Channel = {
  /** Sends a query and hears what comes back until the returned function forgets it. */
  readonly send: (message: Buffer, hear: Hear) => () => void;
  readonly close: () => void;
};

/** Sockets, and so source ports, in use at a time: 8 bits a forger has to guess beside the rest. */
const SOCKETS = 256;
/** Questions a socket carries, and milliseconds it lives, before it makes way for a fresh port. */
const USES = 200;
const AGE = 60_000;

type Slot = {
  readonly socket: Socket;
  readonly pending: Map<number, Hear>;
  readonly bornAt: number;
  /** Queries that wait for the socket to be connected; undefined once it is. */
  waiting: Buffer[] | undefined;
  uses: number;
  retired: boolean;
};

/**
 * Queries over UDP, each from a port drawn at random out of a pool that renews itself. The kernel
 * picks a free port for each socket (it leaves reserved ones alone), and since sockets are connected
 * it drops what comes from any other address and reports a closed port at once.
 */
export function createUdpChannel(upstream: Endpoint, random: Random, now: () => number): Channel {
  const slots: (Slot | undefined)[] = new Array(SOCKETS);
  const open = new Set<Slot>();

  function openSlot(): Slot {
    const socket = createSocket(upstream.address.includes(':') ? 'udp6' : 'udp4');
    const slot: Slot = {
      socket,
      pending: new Map(),
      bornAt: now(),
      waiting: [],
      uses: 0,
      retired: false,
    };
    open.add(slot);
    socket.on('message', (message) => {
      if (message.length >= 2) slot.pending.get(message.readUInt16BE(0))?.({ message });
    });
    socket.on('error', (error) => {
      // One refused datagram is one error: everything under way on this port is told.
      for (const hear of [...slot.pending.values()]) hear({ error });
      if (slot.waiting) retire(slot);
    });
    // Without a callback, so that a connect that fails (no route, say) is an error event like any other.
    socket.once('connect', () => {
      if (!open.has(slot)) return;
      for (const message of slot.waiting ?? []) socket.send(message);
      slot.waiting = undefined;
    });
    socket.connect(upstream.port, upstream.address);
    return slot;
  }
  function retire(slot: Slot): void {
    slot.retired = true;
    if (slot.pending.size === 0 && open.delete(slot)) slot.socket.close();
  }
  function slotAt(index: number): Slot {
    const current = slots[index];
    if (current && !current.retired && current.uses < USES && now() - current.bornAt < AGE)
      return current;
    if (current) retire(current);
    const fresh = openSlot();
    slots[index] = fresh;
    return fresh;
  }
  return {
    send: (message, hear) => {
      const slot = slotAt(random.below(SOCKETS));
      slot.uses += 1;
      let id = random.u16();
      while (slot.pending.has(id)) id = random.u16();
      message.writeUInt16BE(id, 0);
      slot.pending.set(id, hear);
      if (slot.waiting) slot.waiting.push(message);
      else {
        slot.socket.send(message, (error) => {
          if (error) slot.pending.get(id)?.({ error });
        });
      }
      return () => {
        slot.pending.delete(id);
        if (slot.retired) retire(slot);
      };
    },
    close: () => {
      for (const slot of open) slot.socket.close();
      open.clear();
      slots.fill(undefined);
    },
  };
}
