import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Severity } from '../attempts/incident/incident.ts';
import { FACILITIES, type Facility } from '../policy/alerts.ts';
import { type Endpoint, formatEndpoint } from '../policy/endpoint.ts';
import { isIpv4 } from '../policy/network.ts';
import type { Message } from './alert.ts';
import { runProgram } from './program.ts';
import { type Sink, SinkError } from './sink.ts';
import { alertText, heldBackText, lookText } from './words.ts';

/** RFC 5424 table 2: the words of `logger` for them, and their numbers. */
const LEVELS = {
  high: ['err', 3],
  medium: ['warning', 4],
  low: ['notice', 5],
  info: ['info', 6],
} as const satisfies Record<Severity, readonly [string, number]>;

/** Octets of a message: RFC 5424 6.1 asks every receiver to take so many. */
const LONGEST = 2048;

/** Where the system's own logger sends to unless told otherwise. */
const USUAL_SOCKET = '/dev/log';

type Line = { readonly severity: Severity; readonly text: string };

/** Sends one line for each alert: to a server, or to the socket of this machine's syslog. */
export function createSyslog(to: Endpoint | string, facility: Facility): Sink {
  if (typeof to === 'string') return createLocal(to, facility);
  const name = `syslog ${formatEndpoint(to)}`;
  return {
    name,
    async send(message) {
      const origin = { facility, host: hostname(), pid: process.pid, now: new Date() };
      await sendDatagrams(
        to,
        linesOf(message).map((line) => syslogLine(line, origin)),
      );
      return 'sent, which is all one can tell over UDP';
    },
  };
}

/** Datagrams of local sockets are beyond Node, so the system's own program sends them. */
function createLocal(socket: string, facility: Facility): Sink {
  const where = socket === USUAL_SOCKET ? [] : ['-u', socket];
  return {
    name: `syslog ${socket}`,
    async send(message, signal) {
      // `logger` makes nothing of it, so that what it is called by does not fail.
      if (!existsSync(socket)) throw new SinkError('does not exist; is a syslog running here?');
      for (const { severity, text } of linesOf(message)) {
        const level = `${facility}.${LEVELS[severity][0]}`;
        await runProgram(['logger', ...where, '-t', 'tunnelwarden', '-p', level], text, signal);
      }
      return 'taken by logger';
    },
  };
}

/** What a message comes to, a line each. */
export function linesOf({ alerts, heldBack, test }: Message): readonly Line[] {
  const more = heldBackText(heldBack);
  const begin = test ? 'test, nothing happened: ' : '';
  const severity = alerts[0]?.severity ?? 'high';
  return [
    ...alerts.map((alert) => ({
      severity: alert.severity,
      text: `${begin}${alertText(alert)}: ${alert.reasons.join(', ')}; ${lookText(alert)}`,
    })),
    ...(more === undefined ? [] : [{ severity, text: begin + more }]),
  ];
}

/** `<27>1 2026-11-27T17:29:43.000Z gw tunnelwarden 4711 alert - …` (RFC 5424 6). */
export function syslogLine(
  { severity, text }: Line,
  origin: {
    readonly facility: Facility;
    readonly host: string;
    readonly pid: number;
    readonly now: Date;
  },
): Buffer {
  const priority = FACILITIES[origin.facility] * 8 + LEVELS[severity][1];
  const host = origin.host.replace(/[^\x21-\x7e]/g, '').slice(0, 255) || '-';
  const when = origin.now.toISOString();
  const header = `<${priority}>1 ${when} ${host} tunnelwarden ${origin.pid} alert - `;
  // A text that is not ASCII says so by the mark in front of it (6.4).
  const line = Buffer.from(`${header}\ufeff${text}`);
  if (line.length <= LONGEST) return line;
  let end = LONGEST;
  while (((line[end] as number) & 0xc0) === 0x80) end -= 1; // not within a character
  return line.subarray(0, end);
}

function sendDatagrams({ address, port }: Endpoint, lines: readonly Buffer[]): Promise<void> {
  const socket = createSocket(isIpv4(address) ? 'udp4' : 'udp6');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = ({ code, message }: NodeJS.ErrnoException) =>
    reject(new SinkError(`cannot be reached (${code ?? message})`));
  socket.once('error', fail);
  socket.connect(port, address, async () => {
    for (const line of lines) {
      const error = await new Promise<Error | null>((done) => socket.send(line, done));
      if (error) return fail(error);
    }
    resolve();
  });
  return promise.finally(() => socket.close());
}
