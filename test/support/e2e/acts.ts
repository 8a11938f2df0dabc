import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import packet from 'dns-packet';
import { framed, readFrames } from './question.ts';

/** How a hello travels: as it is, cut in two segments or records within the name, or with a name that is none. */
export type Wire = 'whole' | 'segments' | 'records' | { readonly decoy: string };

/** One harmless thing that a client does; hosts are names, which it looks up, or addresses. */
export type Act =
  | { readonly does: 'lookup'; readonly name: string }
  | {
      readonly does: 'ask';
      readonly server: string;
      readonly over: 'udp' | 'tcp' | 'tls';
      readonly name: string;
    }
  | { readonly does: 'doh'; readonly host: string; readonly at?: string; readonly name: string }
  | { readonly does: 'file'; readonly host: string }
  | ({ readonly does: 'tls' } & TlsDial)
  | { readonly does: 'udp' | 'ssh'; readonly host: string; readonly port: number }
  | { readonly does: 'proxy'; readonly proxy: string; readonly port: number; readonly to: TlsDial };

export type TlsDial = {
  readonly host: string;
  readonly port: number;
  readonly sni?: string | undefined;
  readonly wire?: Wire;
  /** One of the client's addresses, where it has several. */
  readonly from?: string;
};

/** What came of it: who answered and what he said, or how it was refused. */
export type Fate =
  | { readonly reached: string; readonly said?: string }
  | {
      readonly refused:
        | 'nxdomain'
        | 'nodata'
        | 'refused'
        | 'sinkhole'
        | 'reset'
        | 'alert'
        | 'unreachable'
        | 'silence'
        | 'closed';
    };
export type Refusal = Extract<Fate, { readonly refused: string }>['refused'];

/** Milliseconds until nothing is taken for silence. */
const PATIENCE = 3_000;
/** Longer than any kernel waits to put two writes into one segment. */
const PAUSE = 60;

/** Performs an act; `refusers` are the addresses that refused names lead to. */
export async function perform(act: Act, refusers: readonly string[]): Promise<Fate> {
  const stop = new AbortController();
  const late = delay(PATIENCE, { refused: 'silence' } as const, { signal: stop.signal });
  late.catch(() => {});
  const sockets: Closable[] = [];
  try {
    return await Promise.race([late, attempt(act, refusers, (socket) => sockets.push(socket))]);
  } catch (error) {
    return { refused: refusalOf(error as NodeJS.ErrnoException) };
  } finally {
    stop.abort();
    for (const socket of sockets) socket.destroy?.();
  }
}

type Closable = { destroy?(): unknown };
type Keep = (socket: Closable) => void;

async function attempt(act: Act, refusers: readonly string[], keep: Keep): Promise<Fate> {
  switch (act.does) {
    case 'lookup': {
      const found = await lookup(act.name, { all: true });
      return answered(
        found.map(({ address }) => address),
        refusers,
      );
    }
    case 'ask':
      return answered(await ask(act, keep), refusers);
    case 'doh': {
      const { host, at = host, name } = act;
      const { Answer } = (await fetchJson(at, host, `/resolve?name=${name}`, keep)) as Doh;
      return answered(
        Answer.map(({ data }) => data),
        refusers,
      );
    }
    case 'file': {
      const list = await fetchJson(act.host, act.host, '/dns.ngrok.com/tunnel.json', keep);
      return { reached: 'file', said: JSON.stringify(list) };
    }
    case 'tls':
      return who(await dial(act, keep));
    case 'udp':
      return { reached: await datagram(act.host, act.port, keep) };
    case 'ssh': {
      const socket = await open(act.host, act.port, keep);
      socket.write('SSH-2.0-walker\r\n');
      const line = await lineOf(socket);
      const site = /^SSH-2\.0-(\S+)\r?$/.exec(line)?.[1];
      // What is said before the banner is a refusal's words (RFC 4253 section 4.2).
      return site === undefined || site.includes('tunnelwarden')
        ? { refused: 'closed' }
        : { reached: site };
    }
    case 'proxy': {
      const socket = await open(act.proxy, act.port, keep);
      const { host, port } = act.to;
      socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
      if (!/^HTTP\/1\.1 200/.test(await lineOf(socket))) return { refused: 'refused' };
      return who(await shake(socket, act.to, keep));
    }
  }
}

type Doh = { readonly Answer: readonly { readonly data: string }[] };

function answered(addresses: readonly string[], refusers: readonly string[]): Fate {
  if (addresses.length === 0) return { refused: 'nodata' };
  if (addresses.every((address) => refusers.includes(address))) return { refused: 'sinkhole' };
  return { reached: 'answer', said: addresses.join(' ') };
}

async function who(socket: TLSSocket): Promise<Fate> {
  socket.write('who\n');
  const said = await lineOf(socket);
  return { reached: JSON.parse(said).site, said };
}

async function ask(
  { server, over, name }: Extract<Act, { readonly does: 'ask' }>,
  keep: Keep,
): Promise<readonly string[]> {
  const flags = packet.RECURSION_DESIRED;
  const query = packet.encode({
    type: 'query',
    id: 4711,
    flags,
    questions: [{ name, type: 'A' }],
  });
  const message = over === 'udp' ? await told(server, query, keep) : await streamed();
  const answer = packet.decode(message) as ReturnType<typeof packet.decode> & { rcode: string };
  if (answer.rcode === 'NXDOMAIN') throw coded('ENOTFOUND');
  if (answer.rcode !== 'NOERROR') throw coded('EREFUSED');
  return (answer.answers ?? []).flatMap((one) => (one.type === 'A' ? [one.data] : []));

  async function streamed(): Promise<Buffer> {
    const socket =
      over === 'tls'
        ? await dial({ host: server, port: 853, sni: 'dns.google' }, keep)
        : await open(server, 53, keep);
    return new Promise((resolve, reject) => {
      readFrames(socket, resolve);
      socket.on('error', reject).on('close', () => reject(coded('CLOSED')));
      socket.write(framed(query));
    });
  }
}

function told(server: string, query: Buffer, keep: Keep): Promise<Buffer> {
  return exchange(server, 53, query, keep);
}

async function datagram(host: string, port: number, keep: Keep): Promise<string> {
  return (await exchange(host, port, Buffer.alloc(1200, 0xc0), keep)).toString();
}

function exchange(host: string, port: number, octets: Buffer, keep: Keep): Promise<Buffer> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  keep({ destroy: () => socket.close() });
  return new Promise((resolve, reject) => {
    socket.on('message', resolve).on('error', reject);
    socket.connect(port, host, () => socket.send(octets));
  });
}

async function fetchJson(host: string, name: string, path: string, keep: Keep): Promise<unknown> {
  const socket = await dial({ host, port: 443, sni: name }, keep);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const data of socket) text += data;
  return JSON.parse(text.slice(text.indexOf('\r\n\r\n')));
}

async function open(host: string, port: number, keep: Keep, from?: string): Promise<Socket> {
  const localAddress = from === undefined ? {} : { localAddress: from };
  const socket = connectTcp({ host, port, ...localAddress }).setNoDelay(true);
  keep(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  // What goes wrong later is told by who waits then.
  socket.on('error', () => {});
  return socket;
}

/** Opens a TLS session; whose certificate it is, an agent would look at, and this client does not. */
export async function dial(to: TlsDial, keep: Keep = () => {}): Promise<TLSSocket> {
  return shake(await open(to.host, to.port, keep, to.from), to, keep);
}

function shake(socket: Socket, { sni, wire = 'whole' }: TlsDial, keep: Keep): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secured = connectTls({
      socket: wire === 'segments' || wire === 'records' ? cut(socket, wire, sni) : socket,
      rejectUnauthorized: false,
      ...(sni === undefined ? {} : { servername: sni }),
      ...(typeof wire === 'object' ? { ALPNProtocols: decoyOf(wire.decoy) } : {}),
    });
    keep(secured);
    socket.once('error', reject);
    secured.once('secureConnect', () => resolve(secured));
    secured.on('error', reject).on('close', () => reject(coded('CLOSED')));
  });
}

/** A server name extension (RFC 6066 section 3) as the name of an application's protocol (RFC 7301 section 3.1). */
function decoyOf(name: string): Uint8Array {
  const head = Buffer.alloc(9);
  head.writeUInt16BE(name.length + 5, 2);
  head.writeUInt16BE(name.length + 3, 4);
  head.writeUInt16BE(name.length, 7);
  return Buffer.concat([Buffer.of(head.length + name.length), head, Buffer.from(name)]);
}

/** A stream whose first write, which is the hello, is cut in the middle of the server name. */
function cut(tcp: Socket, how: 'segments' | 'records', sni = ''): Duplex {
  let isFirst = true;
  const duplex = new Duplex({
    read: () => tcp.resume(),
    write: async (hello: Buffer, _encoding, done) => {
      if (!isFirst) return void tcp.write(hello, done);
      isFirst = false;
      const at = hello.indexOf(sni) + (sni.length >> 1);
      const [first, second] =
        how === 'segments' ? [hello.subarray(0, at), hello.subarray(at)] : inRecords(hello, at);
      tcp.write(first);
      await delay(PAUSE);
      tcp.write(second, done);
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

const RECORD_HEAD = 5;

/** A record as two (RFC 8446 section 5.1). */
function inRecords(record: Buffer, at: number): readonly [Buffer, Buffer] {
  const type = record.subarray(0, 3);
  const sized = (body: Buffer) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(body.length);
    return Buffer.concat([type, length, body]);
  };
  return [sized(record.subarray(RECORD_HEAD, at)), sized(record.subarray(at))];
}

/** The first line of what comes. */
export function lineOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (data: Buffer) => {
      text += data.toString('latin1');
      if (!text.includes('\n')) return;
      socket.off('data', hear);
      resolve(text.slice(0, text.indexOf('\n')));
    };
    socket.on('data', hear);
    socket.once('error', reject).once('close', () => reject(coded('CLOSED')));
  });
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ENOTFOUND: 'nxdomain',
  ENODATA: 'nodata',
  EREFUSED: 'refused',
  ECONNRESET: 'reset',
  ECONNREFUSED: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EACCES: 'unreachable',
  CLOSED: 'closed',
};

/** The refusal that an error tells of; any other is a fault of the test's. */
export function refusalOf(error: NodeJS.ErrnoException): Refusal {
  const { code = '' } = error;
  if (code.includes('ALERT')) return 'alert';
  const refusal = REFUSALS[code];
  if (refusal === undefined) throw error;
  return refusal;
}
