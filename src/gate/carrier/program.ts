import { listenAbstract, type Visitor } from '../../native/abstract.ts';
import { createEpoll } from '../../native/epoll.ts';
import { type Libc, libc } from '../../native/libc.ts';
import type { Bound } from '../decide.ts';
import { closeRelay, createPipes, createRelay, move, type Relay } from './relay.ts';
import { carrierAddress, createLines, encodeLine, type ToCarrier } from './words.ts';

// This file is a program: it carries connections that a gate has let pass, and outlives the gate, so that a
// restart cuts none of them. Octets go from socket to socket inside the kernel. It ends by itself
// once it carries nothing and no gate is there.

type Session = { readonly id: string; readonly about: Bound; readonly relay: Relay };
type Gate = {
  readonly visitor: Visitor;
  readonly lines: (octets: Uint8Array) => readonly string[];
};

const LONGEST_LINE = 65_536;
/** Milliseconds that the first gate has to come: the one that started this program. */
const PATIENCE = 10_000;

const c = libc() as Libc;
const address = carrierAddress(Number(process.argv[2]));
const pipes = createPipes(c);
const epoll = createEpoll();
/** By the token that epoll knows each descriptor by. */
const sessionsByToken = new Map<number, { readonly session: Session; readonly side: 0 | 1 }>();
const sessions = new Map<string, Session>();
const gates = new Map<number, Gate>();
const hot = new Set<Session>();
let tokens = 1;

const listener = listenAbstract(address);
// Another carrier was quicker: the gate finds that one.
if (!listener) process.exit(0);
epoll.watch(listener.fd, 0);
let wasVisited = false;
while (gates.size + sessions.size > 0 || !wasVisited) {
  const ready = epoll.wait(hot.size > 0 ? 0 : wasVisited ? -1 : PATIENCE);
  if (ready.length === 0 && !wasVisited) break;
  for (const { token, readable, writable } of ready) {
    if (token === 0) welcome();
    const gate = gates.get(token);
    if (gate && writable) gate.visitor.flush();
    if (gate && readable) listenTo(gate, token);
    const found = sessionsByToken.get(token);
    if (!found) continue;
    const socket = found.session.relay.sockets[found.side];
    socket.readable ||= readable;
    socket.writable ||= writable;
    hot.add(found.session);
  }
  // A copy: one that stays hot has its next turn after the others, and after what has come meanwhile.
  for (const session of [...hot]) {
    hot.delete(session);
    carry(session);
  }
}

function welcome(): void {
  for (const visitor of listener?.accept() ?? []) {
    wasVisited = true;
    const token = tokens++;
    gates.set(token, { visitor, lines: createLines(LONGEST_LINE) });
    for (const { id, about } of sessions.values()) {
      visitor.say(encodeLine({ kind: 'carrying', id, about }));
    }
    visitor.say(encodeLine({ kind: 'welcomed' }));
    epoll.watch(visitor.fd, token);
  }
}

function listenTo({ visitor, lines }: Gate, token: number): void {
  for (;;) {
    const heard = visitor.hear();
    if (heard === 'blocked') return;
    if (heard === 'closed') {
      gates.delete(token);
      visitor.close();
      return;
    }
    const descriptors = [...heard.descriptors];
    for (const line of lines(heard.octets)) obey(JSON.parse(line), descriptors);
    for (const fd of descriptors) c.close(fd);
  }
}

/** Takes descriptors off the list that are its own now. */
function obey(words: ToCarrier, descriptors: number[]): void {
  if (words.kind === 'cut') {
    const session = sessions.get(words.id);
    if (session) end(session, 'broken');
    return;
  }
  const [client, server] = descriptors.splice(0, 2);
  if (client === undefined || server === undefined) return;
  const session = { ...words, relay: createRelay(client, server) };
  sessions.set(session.id, session);
  for (const side of [0, 1] as const) {
    const token = tokens++;
    sessionsByToken.set(token, { session, side });
    session.relay.sockets[side].token = token;
    epoll.watch(session.relay.sockets[side].fd, token);
  }
  hot.add(session);
}

function carry(session: Session): void {
  const state = move(c, pipes, session.relay);
  if (state === 'hot') hot.add(session);
  else if (state !== 'idle') end(session, state);
}

function end(session: Session, how: 'over' | 'broken'): void {
  sessions.delete(session.id);
  hot.delete(session);
  for (const { token } of session.relay.sockets) sessionsByToken.delete(token);
  closeRelay(c, pipes, session.relay, how);
  const words = encodeLine({ kind: 'ended', id: session.id });
  for (const { visitor } of gates.values()) visitor.say(words);
}
