import { CLASS, RCODE, TYPE, typeName } from '../dns/constants.ts';
import type { Response } from '../dns/decode.ts';
import { encodeUpstreamQuery } from '../dns/encode.ts';
import type { ResourceRecord } from '../dns/message.ts';
import type { Clock } from '../dns/upstream/exchange.ts';
import { type Random, randomCase } from '../dns/upstream/random.ts';
import { lacksEdns, read } from '../dns/upstream/reading.ts';
import { createStreamChannel } from '../dns/upstream/stream.ts';
import { type Channel, createUdpChannel, type Hear } from '../dns/upstream/udp.ts';
import type { AskedType, Found, Said } from '../ingress/verify/facts.ts';
import { formatUpstream, type UpstreamAddress } from '../policy/endpoint.ts';
import { type Name, nameToWire } from '../policy/name.ts';

/** Milliseconds a question has, however often it is sent and whichever way. */
const PATIENCE = 2_000;
/** Milliseconds after which a datagram is taken for lost, once. */
const AGAIN = 700;
/** Questions under way at a time: a server should not take them for a flood. */
const ABREAST = 48;

const RCODES: ReadonlyMap<number, string> = new Map(
  Object.entries(RCODE).map(([name, number]) => [number, name]),
);

/** Asks one server one question, and never throws. */
export type Asker = {
  readonly ask: (
    server: UpstreamAddress,
    name: Name,
    type: AskedType,
    recursion: 'recursive' | 'direct',
  ) => Promise<Said>;
  readonly close: () => void;
};

type Ways = { readonly udp?: Channel; readonly stream: Channel };
type Sent = { readonly response: Response; readonly authoritative: boolean } | 'again' | string;

/** Asks servers by UDP, and by TCP where an answer is too long; or by TLS alone where that is said. */
export function createAsker(random: Random, clock: Clock): Asker {
  const servers = new Map<string, Ways>();
  const waysTo = (server: UpstreamAddress): Ways => {
    const key = formatUpstream(server);
    const known = servers.get(key);
    if (known) return known;
    const stream = createStreamChannel(server, random, clock.now);
    const ways: Ways =
      server.tlsName === undefined
        ? { udp: createUdpChannel(server, random, clock.now), stream }
        : { stream };
    servers.set(key, ways);
    return ways;
  };
  const inTurn = createTurns(ABREAST);
  return {
    ask: (server, name, type, recursion) =>
      inTurn(async () => {
        const { udp, stream } = waysTo(server);
        const until = clock.now() + PATIENCE;
        const recursive = recursion === 'recursive';
        const once = (way: Channel, edns: boolean) => {
          const isStream = way === stream;
          return send(way, { name, type, recursive, edns, isStream, until }, random, clock);
        };
        const either = async (edns: boolean) => {
          const sent = await once(udp ?? stream, edns);
          return sent === 'again' ? once(stream, edns) : sent;
        };
        let sent = await either(true);
        if (typeof sent !== 'string' && lacksEdns(sent.response.rcode)) sent = await either(false);
        return typeof sent === 'string' ? { kind: 'silent', why: sent } : saidBy(sent);
      }),
    close: () => {
      for (const { udp, stream } of servers.values()) {
        udp?.close();
        stream.close();
      }
    },
  };
}

type Letter = {
  readonly name: Name;
  readonly type: AskedType;
  readonly recursive: boolean;
  readonly edns: boolean;
  readonly isStream: boolean;
  /** On the clock. */
  readonly until: number;
};

/** Sends a question until its answer is there or its time is up, which is told in words. */
function send(way: Channel, letter: Letter, random: Random, clock: Clock): Promise<Sent> {
  const { name, type, recursive, edns, isStream, until } = letter;
  const plain = nameToWire(name);
  const question = new Uint8Array([...plain, ...words(TYPE[type]), ...words(CLASS.IN)]);
  return new Promise((resolve) => {
    const cleanups: (() => void)[] = [];
    const finish = (sent: Sent) => {
      for (const clean of cleanups) clean();
      resolve(sent);
    };
    const post = () => {
      const wire = randomCase(question, random);
      const flags = { dnssecOk: false, checkingDisabled: false };
      const message = encodeUpstreamQuery(0, wire, flags, edns);
      if (!recursive) message.writeUInt8(message.readUInt8(2) & ~0x01, 2);
      const hear: Hear = (event) => {
        if ('error' in event) {
          finish(`cannot be reached (${codeOf(event.error)})`);
          return;
        }
        const reading = read(event.message, message.readUInt16BE(0), wire, isStream);
        if (reading.kind === 'again') finish('again');
        else if (reading.kind === 'response') {
          const authoritative = (event.message.readUInt8(2) & 0x04) !== 0;
          finish({ response: reading.response, authoritative });
        }
        // Anything else may be forged: the true answer is still waited for.
      };
      cleanups.push(way.send(message, hear));
    };
    const left = until - clock.now();
    cleanups.push(clock.after(Math.max(0, left), () => finish('no answer')));
    if (!isStream && left > AGAIN) cleanups.push(clock.after(AGAIN, post));
    post();
  });
}

function saidBy({ response, authoritative }: Exclude<Sent, string>): Said {
  const { rcode, answers, authorities } = response;
  return {
    kind: 'said',
    rcode: RCODES.get(rcode) ?? `RCODE ${rcode}`,
    authoritative,
    answers: answers.map(foundOf),
    authorities: authorities.map(foundOf),
  };
}

function foundOf({ owner, type, data }: ResourceRecord): Found {
  return { owner, type: typeName(type), data };
}

function words(number: number): readonly number[] {
  return [number >> 8, number & 0xff];
}

function codeOf(error: Error & { readonly code?: unknown }): string {
  return typeof error.code === 'string' ? error.code : error.message;
}

/** Lets so many of them run at a time, the others in the order they came. */
function createTurns(abreast: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= abreast) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // Whoever comes next takes over the place.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
