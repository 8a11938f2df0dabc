import { createSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { createDeframer, frame } from '../../src/dns/framing.ts';
import { mutate } from './mutate.ts';
import { buildPacket, type Packet, parsePacket } from './packet.ts';
import type { Prng } from './prng.ts';
import { recordOf } from './records.ts';

/** An upstream on loopback, over UDP and TCP, that tells the truth now and then. */
export type Liar = { readonly port: number; readonly close: () => Promise<void> };

export async function startLiar(prng: Prng): Promise<Liar> {
  const udp = createSocket('udp4');
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  const { port } = udp.address();
  udp.on('message', (message, peer) => {
    for (const lie of liesAbout(message, prng)) udp.send(lie, peer.port, peer.address);
  });
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const deframer = createDeframer();
    socket.on('data', (chunk: Buffer) => {
      const lies = deframer.push(chunk).flatMap((message) => liesAbout(message, prng));
      for (const lie of lies) socket.write(frame(lie));
      const mood = prng.below(10);
      if (mood === 0) socket.write(prng.octets(30));
      if (mood === 1) socket.resetAndDestroy();
      if (mood === 2) socket.end();
    });
  });
  await new Promise<void>((resolve) => tcp.listen(port, '127.0.0.1', resolve));
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed(tcp), new Promise<void>((resolve) => udp.close(resolve))]);
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function liesAbout(octets: Buffer, prng: Prng): readonly Buffer[] {
  const query = parsePacket(octets);
  const truths = truthsAbout(query).map(buildPacket);
  const truth = prng.pick(truths);
  const lie = mutate(truth, truths, prng);
  const withId = (message: Buffer) => Buffer.concat([octets.subarray(0, 2), message.subarray(2)]);
  // With the right id and question, what follows is looked at.
  const questionEnd = Math.min(truth.length, octets.length - (query.edns ? 11 : 0));
  const plausible = Buffer.concat([truth.subarray(0, questionEnd), lie.subarray(questionEnd)]);
  const mood = prng.below(20);
  if (mood === 0) return [];
  if (mood === 1) return [withId(prng.octets(prng.below(100)))];
  if (mood === 2) return [octets];
  if (mood === 3) return [lie, withId(lie), plausible, truth];
  if (mood < 7) return [withId(lie)];
  return [mood < 17 ? plausible : truth];
}

function truthsAbout(query: Packet): readonly Partial<Packet>[] {
  const [question] = query.questions;
  if (!question) return [{ id: query.id, flags: ['QR'], rcode: 1 }];
  const { name, type } = question;
  const common = {
    id: query.id,
    flags: ['QR', 'RD', 'RA'] as const,
    questions: query.questions,
    ...(query.edns ? { edns: { ...query.edns, options: [] } } : {}),
  };
  const record = { ...recordOf('x 300 A 192.0.2.80'), name };
  const target = recordOf('x 300 CNAME bad.example.net').data;
  return [
    { ...common, answers: [record, { ...record, type, data: Buffer.alloc(20, 1) }] },
    {
      ...common,
      answers: [
        { ...record, type: 5, data: target },
        { ...record, name: 'bad.example.net' },
      ],
    },
    {
      ...common,
      rcode: 3,
      authorities: [recordOf('. 300 SOA ns.example.com h.example.com 1 2 3 4 5')],
    },
    { ...common, flags: [...common.flags, 'TC'] },
    { ...common, rcode: 2 },
    {
      ...common,
      answers: Array.from({ length: 200 }, (_, i) => ({
        ...record,
        data: Buffer.of(192, 0, 2, i),
      })),
    },
    {
      ...common,
      answers: [{ ...record, type: 65, data: recordOf('x 1 HTTPS 1 a.example.com ech=AAEC').data }],
    },
  ];
}
