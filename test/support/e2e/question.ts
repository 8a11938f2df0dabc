import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { connect, type Socket as Stream } from 'node:net';
import packet, { type DecodedPacket, type OptAnswer, type RecordType } from 'dns-packet';
import type { Scope } from './process.ts';

/** An answer as a client reads it. */
export type Answered = {
  readonly rcode: string;
  /** The answer section, one record a line: `www.example.com A 192.0.2.1`. */
  readonly answers: readonly string[];
  /** True where an SOA says how long a no is kept. */
  readonly hasSoa: boolean;
  readonly isTruncated: boolean;
};

export type Ask = (name: string, type?: RecordType, options?: AskOptions) => Promise<Answered>;

export type AskOptions = { readonly dnssecOk?: boolean };

/** Milliseconds a client waits for an answer. */
const PATIENCE = 10_000;

/** A client that asks over UDP, each question once: one that is lost stays lost. */
export async function udpClient(scope: Scope, port: number, address = '127.0.0.1'): Promise<Ask> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => socket.connect(port, address, resolve));
  // An answer to a port that is closed by now comes back as an error; the question times out.
  socket.on('error', () => {});
  scope.after(() => closed(socket));
  const conversation = converse((message) => socket.send(message));
  socket.on('message', conversation.take);
  return conversation.ask;
}

/** A client that asks over one TCP connection, without waiting for one answer before the next question. */
export async function tcpClient(scope: Scope, port: number, address = '127.0.0.1'): Promise<Ask> {
  const stream = connect(port, address);
  await new Promise<void>((resolve, reject) => {
    stream.once('connect', resolve).once('error', reject);
  });
  stream.on('error', () => {});
  scope.after(() => stream.destroy());
  const conversation = converse((message) => stream.write(framed(message)));
  readFrames(stream, conversation.take);
  return conversation.ask;
}

function converse(send: (message: Buffer) => void) {
  const waiting = new Map<number, (answer: DecodedPacket) => void>();
  const ask: Ask = (name, type = 'A', { dnssecOk = false } = {}) =>
    new Promise((resolve, reject) => {
      let id = randomInt(65536);
      while (waiting.has(id)) id = randomInt(65536);
      const late = setTimeout(() => {
        waiting.delete(id);
        reject(new Error(`no answer to ${name} ${type} in ${PATIENCE} ms`));
      }, PATIENCE);
      waiting.set(id, (answer) => {
        waiting.delete(id);
        clearTimeout(late);
        resolve(answeredOf(answer));
      });
      const questions = [{ name, type, class: 'IN' as const }];
      const additionals = dnssecOk ? [DNSSEC_OK] : [];
      const flags = packet.RECURSION_DESIRED;
      send(packet.encode({ type: 'query', id, flags, questions, additionals }));
    });
  const take = (message: Buffer) => {
    const answer = packet.decode(message);
    waiting.get(answer.id ?? -1)?.(answer);
  };
  return { ask, take };
}

const DNSSEC_OK: OptAnswer = {
  ...{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: packet.DNSSEC_OK, options: [] },
  ...{ extendedRcode: 0, ednsVersion: 0, flag_do: true },
};

function answeredOf(answer: DecodedPacket & { readonly rcode?: string }): Answered {
  const answers = (answer.answers ?? []).map((record) => {
    const data = 'data' in record ? record.data : '';
    return `${record.name} ${record.type} ${typeof data === 'string' ? data : JSON.stringify(data)}`;
  });
  return {
    rcode: answer.rcode ?? '',
    answers,
    hasSoa: (answer.authorities ?? []).some(({ type }) => type === 'SOA'),
    isTruncated: answer.flag_tc,
  };
}

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Calls back with each message of a DNS stream, without its length. */
export function readFrames(stream: Stream, take: (message: Buffer) => void): void {
  let pending = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      take(pending.subarray(2, end));
      pending = pending.subarray(end);
    }
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
