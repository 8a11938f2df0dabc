import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { systemClock } from '../clock.ts';
import { type CrowdLimits, createCrowd } from '../gate/crowd.ts';
import type { Beginning } from '../gate/event.ts';
import { ALERT, alertRecord, sayFarewell } from '../gate/farewell.ts';
import { namedBy } from '../gate/named.ts';
import type { Opening } from '../gate/opening.ts';
import type { Endpoint } from '../policy/endpoint.ts';
import { type Address, parseSocketAddress } from '../policy/network.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import type { ServiceId } from '../policy/service.ts';
import type { PageCertificate } from './certificate.ts';
import { type FirstWords, firstWords, type Patience } from './first-words.ts';
import { noticeOf, type Subject, subjectOf } from './notice.ts';
import { plainLine } from './plain.ts';
import { headerField, response } from './response.ts';
import { disconnectPacket, IDENTIFICATION } from './ssh.ts';

/** What became of a connection to a sinkhole address. */
export type RefuserEvent = Subject & {
  readonly client: Address;
  /** Where the client meant to go, where the system can tell. */
  readonly destination?: Address;
  readonly port?: number;
  readonly opening: Beginning;
  readonly answer: 'alert' | 'page' | 'disconnect' | 'reset';
  /** What the verdict was made by. */
  readonly ruleset: Ruleset;
};

export type RefuserParts = {
  readonly listen: readonly Endpoint[];
  /** The ruleset in force. */
  readonly ruleset: () => Ruleset;
  /** Who is at the other end, and whether that is a client of ours; others are reset. */
  readonly clientOf: (peer: string) => { readonly address: Address; readonly served: boolean };
  /** Where a connection was going before it was led here; `here` where nobody led it. */
  readonly destinationOf: (socket: Socket) => Endpoint | 'here' | undefined;
  /** How people call a service. */
  readonly titleOf: (service: ServiceId) => string | undefined;
  /** The certificate in force for the page over HTTPS. */
  readonly certificate?: () => PageCertificate | undefined;
  readonly limits: RefuserLimits;
  readonly clock: typeof systemClock;
  /** Hears of every connection once. */
  readonly onEvent: (event: RefuserEvent) => void;
};

export type RefuserLimits = CrowdLimits &
  Patience & {
    /** Milliseconds a client has to take what it was told. */
    readonly farewell: number;
    /** Milliseconds after which a silent client of port 22 is greeted: some wait for the server's line. */
    readonly greeting: number;
  };

export const REFUSER_LIMITS: RefuserLimits = {
  total: 4_096,
  perClient: 64,
  firstOctet: 3_000,
  opening: 5_000,
  farewell: 2_000,
  greeting: 300,
};

export type Refuser = {
  /** Where it listens, once it does; rejects where it cannot. */
  readonly listening: Promise<readonly Endpoint[]>;
  /** Stops, and cuts what is left. */
  readonly close: () => Promise<void>;
};

const SSH_PORT = 22;

/**
 * Takes the connections of refused agents and browsers and tells each in its own language why: an agent
 * that is answered stays, one that hears nothing tries its ways round.
 */
export function createRefuser(parts: RefuserParts): Refuser {
  const { ruleset, limits, clock } = parts;
  const crowd = createCrowd(limits);
  const sockets = new Set<Socket>();

  function take(socket: Socket): void {
    // Gone before it was taken: there is nobody to tell.
    if (socket.remoteAddress === undefined) return void socket.destroy();
    const { address: client, served } = parts.clientOf(socket.remoteAddress);
    if (!served) return void socket.resetAndDestroy();
    // Until it is closed, not only until it has spoken: what is told may be left unread as well.
    const place = crowd.enter(client, () => socket.resetAndDestroy());
    sockets.add(socket);
    socket.on('error', () => {}); // `close` follows
    socket.on('close', () => {
      sockets.delete(socket);
      place.leave();
    });
    const target = targetOf(socket, parts);
    const patience = {
      firstOctet: place.patience(limits.firstOctet),
      opening: place.patience(limits.opening),
    };
    void hear(socket, { client, ...target }, patience);
  }

  async function hear(
    socket: Socket,
    about: Pick<RefuserEvent, 'client' | 'destination' | 'port'>,
    patience: Patience,
  ): Promise<void> {
    const greeting = about.port === SSH_PORT ? greet(socket, parts) : undefined;
    const words = await firstWords(socket, patience, clock);
    const rules = ruleset();
    const { opening } = words;
    const subject = subjectOf(rules, about.client, namedBy(opening));
    const tell = (answer: RefuserEvent['answer']) =>
      parts.onEvent({ ...about, opening, ...subject, answer, ruleset: rules });
    const leave = (last: Socket, octets: Uint8Array, answer: RefuserEvent['answer']) => {
      sayFarewell(last, octets);
      // However much the client goes on to say.
      last.once(
        'close',
        clock.after(limits.farewell, () => socket.destroy()),
      );
      tell(answer);
    };
    const notice = () => noticeOf(rules, subject, parts.titleOf);

    switch (opening.kind) {
      case 'http':
        // The preface of HTTP/2, whose clients would take a page for garbage.
        if (opening.method === 'PRI') break;
        return leave(socket, responseTo(words, notice()), 'page');
      case 'ssh': {
        const packet = disconnectPacket(plainLine(notice()));
        const isGreeted = greeting?.isDone() === true;
        const octets = isGreeted ? packet : Buffer.concat([IDENTIFICATION, packet]);
        return leave(socket, octets, 'disconnect');
      }
      case 'tls': {
        const certificate = parts.certificate?.();
        if (!certificate || !isShownPage(subject, certificate)) {
          return leave(socket, alertRecord(ALERT.ACCESS_DENIED), 'alert');
        }
        const inside = secured(socket, words.said, certificate);
        const request = await firstWords(
          inside,
          { ...patience, firstOctet: patience.opening },
          clock,
        );
        if (request.opening.kind === 'http') {
          return leave(inside, responseTo(request, notice()), 'page');
        }
        break;
      }
      case 'malformed':
      case 'other':
      case 'silent':
        break;
    }
    socket.resetAndDestroy();
    tell('reset');
  }

  const servers = parts.listen.map(() =>
    createServer({ allowHalfOpen: true, noDelay: true }, take),
  );
  return {
    listening: Promise.all(servers.map((server, i) => listen(server, parts.listen[i] as Endpoint))),
    close: async () => {
      const closed = servers.map(
        (server) => new Promise<void>((resolve) => server.close(() => resolve())),
      );
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

/** Agents are told by an alert, which is what they print best; a page is for people who visit an endpoint. */
function isShownPage({ name, verdict }: Subject, certificate: PageCertificate): boolean {
  const isSession = verdict.kind !== 'unmatched' && verdict.rule.role === 'session';
  return name !== undefined && !isSession && certificate.covers(name);
}

function responseTo({ opening, said }: FirstWords, notice: ReturnType<typeof noticeOf>): Buffer {
  const { method, languages } = opening as Extract<Opening, { kind: 'http' }>;
  return response({ method, languages, accept: headerField(said, 'accept') }, notice);
}

/** The TLS server's side of a connection whose hello has been read. */
function secured(socket: Socket, said: Uint8Array, { context }: PageCertificate): TLSSocket {
  socket.unshift(said);
  const inside = new TLSSocket(socket, {
    isServer: true,
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
  });
  inside.on('error', () => {}); // `close` follows
  return inside;
}

function greet(
  socket: Socket,
  { clock, limits }: RefuserParts,
): { readonly isDone: () => boolean } {
  let done = false;
  const forget = clock.after(limits.greeting, () => {
    done = true;
    socket.write(IDENTIFICATION);
  });
  socket.once('data', forget).once('close', forget);
  return { isDone: () => done };
}

function targetOf(
  socket: Socket,
  { destinationOf }: RefuserParts,
): { readonly destination?: Address; readonly port?: number } {
  const target = destinationOf(socket);
  if (target === undefined) return {};
  if (target !== 'here') return { destination: target.address, port: target.port };
  const { localAddress, localPort } = socket;
  if (localAddress === undefined || localPort === undefined) return {};
  return { destination: parseSocketAddress(localAddress), port: localPort };
}

function listen(server: Server, { address: host, port }: Endpoint): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: true, backlog: 511 }, () => {
      server.off('error', reject);
      resolve({ address: host, port: (server.address() as { port: number }).port });
    });
  });
}
