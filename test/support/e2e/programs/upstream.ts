// The scripted upstream as a process: takes its script as the first message, then serves it.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import packet, { type Answer, type Packet } from 'dns-packet';
import { framed, readFrames } from '../question.ts';
import type { UpstreamScript, ZoneRecord } from '../upstream.ts';

const asked: string[] = [];

process.once('message', async (script: UpstreamScript) => {
  const zone = new Map(
    Object.entries(script.zone).map(([name, records]) => [name.toLowerCase(), records]),
  );
  const endpoints: string[] = [];
  for (const { address, port } of script.listen) {
    endpoints.push(await serve(address, port, (query, limited) => answer(query, limited)));
  }
  process.send?.(endpoints);
  process.on('message', () => process.send?.(asked));

  async function answer(message: Buffer, isDatagram: boolean): Promise<Buffer | undefined> {
    const query = packet.decode(message);
    const [question] = query.questions ?? [];
    if (!question) return undefined;
    const name = question.name.toLowerCase();
    asked.push(`${name} ${question.type}`);
    const wait = script.delays?.[name] ?? 0;
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const found = look(question.name, question.type);
    const edns = query.additionals?.find((record) => record.type === 'OPT');
    const reply = encode(query, found, edns !== undefined);
    const limit = edns ? Math.max(512, edns.udpPayloadSize) : 512;
    if (!isDatagram || reply.length <= limit) return reply;
    return encode(
      { ...query, flags: (query.flags ?? 0) | packet.TRUNCATED_RESPONSE },
      { ...found, answers: [] },
      edns !== undefined,
    );
  }

  /** Follows CNAMEs inside the zone, as a recursive resolver would. */
  function look(name: string, type: string): Found {
    const answers: Answer[] = [];
    let at = name;
    for (let links = 0; links < 12; links += 1) {
      const records = zone.get(at.toLowerCase());
      if (!records) return { rcode: exists(at.toLowerCase()) ? 0 : 3, answers, last: at };
      const alias = type !== 'CNAME' && records.find((record) => record.type === 'CNAME');
      const wanted = alias
        ? [alias]
        : records.filter((record) => type === 'ANY' || record.type === type);
      answers.push(...wanted.map((record) => recordOf(at, record)));
      if (!alias) return { rcode: 0, answers, last: at };
      at = String(alias.data);
    }
    return { rcode: 2, answers, last: at };
  }

  /** A name with names below it exists, though it has no records (RFC 8020). */
  function exists(name: string): boolean {
    return [...zone.keys()].some((other) => other.endsWith(`.${name}`));
  }
});

function recordOf(name: string, { type, data, ttl = 60 }: ZoneRecord): Answer {
  const value =
    typeof data === 'object' && data !== null && 'hex' in data
      ? Buffer.from(String(data.hex), 'hex')
      : data;
  return { name, type, ttl, class: 'IN', data: value } as Answer;
}

/** What the zone holds for a question; `last` is the name at the end of its aliases. */
type Found = { readonly rcode: number; readonly answers: Answer[]; readonly last: string };

function encode(query: Packet, { rcode, answers, last }: Found, edns: boolean): Buffer {
  const { id, flags = 0, questions = [] } = query;
  const isNegative = !answers.some(({ name }) => name === last);
  const soa = {
    name: last.split('.').slice(-2).join('.') || '.',
    type: 'SOA' as const,
    ttl: 60,
    data: {
      mname: 'ns.example',
      rname: 'admin.example',
      serial: 1,
      refresh: 3600,
      retry: 600,
      expire: 86400,
      minimum: 60,
    },
  };
  return packet.encode({
    type: 'response',
    id: id ?? 0,
    flags:
      packet.RECURSION_AVAILABLE |
      (flags & (packet.RECURSION_DESIRED | packet.TRUNCATED_RESPONSE)) |
      rcode,
    questions,
    answers,
    authorities: isNegative ? [soa] : [],
    additionals: edns
      ? [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: 1232,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: 0,
            flag_do: false,
            options: [],
          },
        ]
      : [],
  });
}

type Respond = (message: Buffer, isDatagram: boolean) => Promise<Buffer | undefined>;

async function serve(address: string, port: number, respond: Respond, tries = 5): Promise<string> {
  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  udp.on('message', async (message, peer) => {
    const reply = await respond(message, true);
    if (reply) udp.send(reply, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => udp.bind(port, address, resolve));
  const real = udp.address().port;
  const tcp = createServer((socket) => {
    socket.on('error', () => {});
    readFrames(socket, async (message) => {
      const reply = await respond(message, false);
      if (reply) socket.write(framed(reply));
    });
  });
  try {
    await once(tcp.listen(real, address), 'listening');
  } catch (error) {
    // The port that was free for UDP may be taken for TCP: another is drawn.
    if (port !== 0 || tries === 0) throw error;
    udp.close();
    return serve(address, port, respond, tries - 1);
  }
  return address.includes(':') ? `[${address}]:${real}` : `${address}:${real}`;
}
