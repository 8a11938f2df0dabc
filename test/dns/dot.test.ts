import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { connectUpstream } from '../../src/dns/engine.ts';
import { createDeframer, frame } from '../../src/dns/framing.ts';
import { makeCertificates } from '../support/e2e/tls.ts';
import { buildPacket, type Packet, parsePacket } from '../support/packet.ts';
import { rcodeText } from '../support/rcodes.ts';
import { recordOf, textOf } from '../support/records.ts';
import { fastClock, type Resolver, startResolver } from '../support/resolver.ts';

const NAME = 'dns.example.net';
const missing = spawnSync('openssl', ['version']).error;
const skip = missing
  ? `openssl makes the certificates, and there is none (${missing.message})`
  : false;

const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-dot-'));
after(() => rmSync(folder, { recursive: true }));
const files = skip ? undefined : makeCertificates(folder, NAME);
const ca = files && readFileSync(files.ca);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** What an upstream does with the question it hears on a connection: 0 is its first, on its first connection. */
type Manners = (
  answer: () => void,
  socket: TLSSocket,
  question: number,
  connection: number,
) => void;

/** An upstream over TLS that gives every name one address. */
async function listenTls(manners: Manners = (answer) => answer()) {
  assert(files);
  const lengths: number[] = [];
  const protocols: (string | false | null)[] = [];
  const sockets = new Set<TLSSocket>();
  const server = createServer({
    key: readFileSync(files.key),
    cert: readFileSync(files.certificate),
    ALPNProtocols: ['dot'],
  });
  server.on('secureConnection', (socket) => {
    const connection = protocols.push(socket.alpnProtocol) - 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const deframer = createDeframer();
    let questions = 0;
    socket.on('data', (chunk: Buffer) => {
      for (const message of deframer.push(chunk)) {
        lengths.push(message.length);
        const answer = () => socket.write(frame(answerTo(parsePacket(message))));
        manners(answer, socket, questions++, connection);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, lengths, protocols };
}

function answerTo({ id, questions, edns }: Packet): Buffer {
  return buildPacket({
    id,
    flags: ['QR', 'RD', 'RA'],
    questions,
    answers: [{ ...recordOf('x 300 A 192.0.2.80'), name: questions[0]?.name ?? '.' }],
    ...(edns ? { edns: { ...edns, options: [] } } : {}),
  });
}

function startAt(port: number, name: string, trusted: Buffer | undefined, speed = 1): Resolver {
  const policy = `
    organisation: { name: Example Corp }
    resolver: { upstreams: ['tls://127.0.0.1:${port}#${name}'] }`;
  const resolver = startResolver(policy, {
    clock: fastClock(speed),
    connect: (address, tools) =>
      connectUpstream(address, tools, trusted ? { ca: trusted } : undefined),
  });
  cleanups.push(resolver.close);
  return resolver;
}

/** The answer to a question of type A as text, or its response code and extended error. */
async function ask(resolver: Resolver, name: string): Promise<string> {
  const question = { name, type: 1, class: 1 };
  const edns = { size: 1232, version: 0, dnssecOk: false, options: [] };
  const query = buildPacket({ id: 7, flags: ['RD'], questions: [question], edns });
  const packet = await new Promise<Packet>((resolve) => {
    void resolver.answer(query, '127.0.0.1', 'udp', (answer) => resolve(parsePacket(answer)));
  });
  const [error] = packet.edns?.options.filter(({ code }) => code === 15) ?? [];
  const words = error ? ` ${error.data[1]}` : '';
  return packet.answers.map(textOf).join(', ') || `${rcodeText(packet.rcode)}${words}`;
}

const certificates = [
  { when: 'the name is right', name: NAME, trusted: true, is: 'www.example.com 300 A 192.0.2.80' },
  { when: 'the name is another', name: 'dns.example.org', trusted: true, is: 'SERVFAIL 23' },
  { when: 'the authority is nobody we trust', name: NAME, trusted: false, is: 'SERVFAIL 23' },
];
for (const { when, name, trusted, is } of certificates) {
  test(`dns over tls: ${when}`, { skip }, async () => {
    const upstream = await listenTls();
    const resolver = startAt(upstream.port, name, trusted ? ca : undefined);
    assert.equal(await ask(resolver, 'www.example.com'), is);
    assert.equal(upstream.lengths.length, is.startsWith('SERVFAIL') ? 0 : 1);
  });
}

test('dns over tls: nobody listens', { skip }, async () => {
  const upstream = await listenTls();
  const resolver = startAt(upstream.port, NAME, ca);
  for (const cleanup of cleanups.splice(0, 1)) await cleanup();
  assert.equal(await ask(resolver, 'www.example.com'), 'SERVFAIL 23');
});

test('dns over tls: queries are padded to 128 octets and share a connection that says it is dot', {
  skip,
}, async () => {
  const upstream = await listenTls();
  const resolver = startAt(upstream.port, NAME, ca);
  const names = ['a.example', 'www.example.com', `${'x'.repeat(63)}.${'y'.repeat(40)}.example.com`];
  const answers = await Promise.all(names.map((name) => ask(resolver, name)));
  assert.deepEqual(
    answers,
    names.map((name) => `${name} 300 A 192.0.2.80`),
  );
  assert.deepEqual(upstream.lengths.toSorted(), [128, 128, 256]);
  assert.deepEqual(upstream.protocols, ['dot']);
});

test('dns over tls: a connection the upstream closes between questions is made anew', {
  skip,
}, async () => {
  const upstream = await listenTls((answer, socket) => {
    answer();
    socket.end();
  });
  const resolver = startAt(upstream.port, NAME, ca);
  for (const name of ['a.example', 'b.example', 'c.example']) {
    assert.equal(await ask(resolver, name), `${name} 300 A 192.0.2.80`);
  }
});

test('dns over tls: a connection that is closed with a question under way is no failure of the question', {
  skip,
}, async () => {
  const upstream = await listenTls((answer, socket, question) => {
    if (question === 0) answer();
    else socket.destroy();
  });
  const resolver = startAt(upstream.port, NAME, ca);
  for (const name of ['a.example', 'b.example', 'c.example']) {
    assert.equal(await ask(resolver, name), `${name} 300 A 192.0.2.80`);
  }
  assert.equal(upstream.protocols.length, 3);
});

test('dns over tls: an upstream that closes every connection unanswered is not asked without end', {
  skip,
}, async () => {
  const upstream = await listenTls((_, socket) => socket.destroy());
  const resolver = startAt(upstream.port, NAME, ca);
  assert.equal(await ask(resolver, 'www.example.com'), 'SERVFAIL 23');
  assert.equal(upstream.lengths.length, 1);
});

test('dns over tls: a connection that has gone dead is left for another before the question fails', {
  skip,
}, async () => {
  const upstream = await listenTls((answer, _, question, connection) => {
    if (connection > 0 || question === 0) answer();
  });
  const resolver = startAt(upstream.port, NAME, ca, 2);
  assert.equal(await ask(resolver, 'a.example'), 'a.example 300 A 192.0.2.80');
  assert.equal(await ask(resolver, 'b.example'), 'b.example 300 A 192.0.2.80');
  assert.equal(upstream.protocols.length, 2);
});
