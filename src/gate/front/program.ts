import { type AbstractVisitor, listenAbstract } from '../../native/abstract.ts';
import { type Libc, libc } from '../../native/libc.ts';
import { createClients } from '../../policy/clients.ts';
import type { Name } from '../../policy/name.ts';
import type { Address } from '../../policy/network.ts';
import type { GateEvent } from '../event.ts';
import { createGate, GATE_LIMITS, type Gate } from '../gate.ts';
import { createFinder } from './finder.ts';
import { createFrames, encodeFrame } from './frames.ts';
import { createLoop } from './loop.ts';
import { createPipes } from './relay.ts';
import { takeVisitors, type VisitorsParts } from './visitors.ts';
import { type FrontRules, frontAddress, type ToFront, type ToMain } from './words.ts';

// This file is a program: the gate itself, on bare sockets. It is told what to judge by, and outlives whoever
// tells it, so that a restart cuts nothing that has passed. Octets go from socket to socket inside
// the kernel. It ends by itself once nothing passes and nobody is there to tell it anything.

/** Milliseconds that the first one has to come: the process that started this program. */
const PATIENCE = 10_000;
/** Milliseconds that what happened waits for more of its kind, to a tenth of a second. */
const TELLING = 50;

const c = libc() as Libc;
const loop = createLoop();
const pipes = createPipes(c);
/** Who tells: the latest to come. */
let main: AbstractVisitor | undefined;
let forgetMain = () => {};
let listeners: { readonly fd: number; readonly forget: () => void }[] = [];
let rules: FrontRules | undefined;
let gate: Gate | undefined;
let visitors: VisitorsParts | undefined;
let clientOf = createClients([]);
let isAwaited = true;
let events: GateEvent[] = [];
const finder = createFinder({
  ask: (name) => say({ kind: 'find', name }),
  after: loop.after,
});

const door = listenAbstract(frontAddress(process.argv[2] as string, Number(process.argv[3])));
// Another was quicker: whoever started this one finds that one.
if (!door) process.exit(0);
loop.watch(door.fd, () => {
  for (const come of door.accept()) welcome(come);
});
loop.after(PATIENCE, () => {
  isAwaited = false;
});
await loop.run(() => !isAwaited && !main && (gate?.stats().passing ?? 0) === 0);
process.exit(0);

function welcome(come: AbstractVisitor): void {
  isAwaited = false;
  if (main) close(main);
  main = come;
  const frames = createFrames();
  forgetMain = loop.watch(come.fd, ({ readable, writable }) => {
    if (writable) come.flush();
    while (readable && main === come) {
      const heard = come.hear();
      if (heard === 'blocked') return;
      if (heard === 'closed') return close(come);
      const descriptors = [...heard.descriptors];
      for (const words of frames(heard.octets)) obey(words as ToFront, descriptors);
      for (const fd of descriptors) c.close(fd);
    }
  });
  say({ kind: 'ready' });
}

/** Nobody new is taken without somebody who tells what for; what passes goes on. */
function close(come: AbstractVisitor): void {
  closeDoors();
  forgetMain();
  come.close();
  main = undefined;
  finder.forget();
}

function closeDoors(): void {
  for (const { fd, forget } of listeners) {
    forget();
    c.close(fd);
  }
  listeners = [];
}

/** Takes the descriptors that are its own now off the list. */
function obey(words: ToFront, descriptors: number[]): void {
  switch (words.kind) {
    case 'found':
      finder.found(words.name, words.addresses);
      return;
    case 'rules':
      judgeBy(words.rules);
      return;
    case 'leave':
      closeDoors();
      tell();
      say({ kind: 'left' });
      return;
    case 'listen': {
      const fd = descriptors.shift();
      if (fd === undefined || !visitors) return;
      const parts = visitors;
      const forget = loop.watch(fd, () => takeVisitors(parts, fd, words));
      listeners.push({ fd, forget });
      return;
    }
  }
}

function judgeBy(next: FrontRules): void {
  rules = next;
  clientOf = createClients(next.clients);
  gate ??= createGate({
    ruleset: () => (rules as FrontRules).ruleset,
    lookUp: (name: Name): Promise<readonly Address[]> => finder.find(name),
    after: loop.after,
    limits: GATE_LIMITS,
    refusal: () => (rules as FrontRules).refusal,
    onEvent: (event) => {
      if (events.length === 0) loop.after(TELLING, tell);
      events.push(event);
    },
  });
  visitors ??= {
    ...{ c, loop, pipes, take: gate.take },
    isServed: (client) => clientOf(client).served,
    transparent: () => (rules as FrontRules).transparent,
  };
  gate.review();
}

/** What happened meanwhile is told at once: a frame for each would cost as much as what it tells of. */
function tell(): void {
  if (events.length > 0) say({ kind: 'events', events });
  events = [];
}

function say(words: ToMain): void {
  main?.say(encodeFrame(words));
}
