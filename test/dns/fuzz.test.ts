import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOf } from '../../src/dns/answer.ts';
import { compareQuestion, decodeQuery, decodeResponse } from '../../src/dns/decode.ts';
import { encodeRefused, encodeReply, NO_RECORDS } from '../../src/dns/encode.ts';
import type { Answer, Query, Reply, ResourceRecord } from '../../src/dns/message.ts';
import { Malformed } from '../../src/dns/reader.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { mutate } from '../support/mutate.ts';
import { buildRecord, type PacketRecord, parsePacket } from '../support/packet.ts';
import { createPrng } from '../support/prng.ts';
import { ASKED, QUERIES, RESPONSES } from '../support/seeds.ts';

const ROUNDS = 30_000;
const client = parseAddress('192.0.2.7');
const question = { name: parseName('www.example.com'), type: 1, class: 1 };
const extras = { cookie: Buffer.alloc(24, 1), keepalive: 100 };

/** What went in, for whoever has to look at a failure. */
const inHex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');

test('decodeQuery: whatever comes, it is a question, an error or nothing, and can be answered', () => {
  const prng = createPrng(1);
  const seen = { question: 0, error: 0, ignored: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const message =
      round % 10 === 0 ? prng.octets(prng.below(80)) : mutate(prng.pick(QUERIES), QUERIES, prng);
    const query = decodeQuery(message, client, prng.pick(['udp', 'tcp']));
    const kind = 'kind' in query ? query.kind : 'question';
    seen[kind] += 1;
    if (kind === 'ignored') continue;
    try {
      const answer =
        'kind' in query && query.kind === 'error'
          ? encodeRefused(query, extras)
          : encodeReply(query as Query, emptyReply, extras);
      const packet = parsePacket(answer);
      assert.equal(packet.id, message.readUInt16BE(0));
      assert(packet.flags.includes('QR'));
    } catch (error) {
      throw new Error(`answer to ${inHex(message)}`, { cause: error });
    }
  }
  assert(Math.min(...Object.values(seen)) > ROUNDS / 50, JSON.stringify(seen));
});

test('decodeResponse, answerOf: what they take is written again as it was, within every limit', () => {
  const prng = createPrng(2);
  let taken = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const mutant = mutate(prng.pick(RESPONSES), RESPONSES, prng);
    // Header and question are matched before a response is read: that match is not what is tried here.
    if (mutant.length < 12) continue;
    const message = Buffer.concat([
      mutant.subarray(0, 12),
      ASKED,
      mutant.subarray(12 + ASKED.length),
    ]);
    message.writeUInt16BE(1, 4);
    assert.equal(compareQuestion(message, ASKED), 'same');
    try {
      if (isTaken(message, prng.pick([true, false]))) taken += 1;
    } catch (error) {
      throw new Error(`response ${inHex(message)}`, { cause: error });
    }
  }
  assert(taken > ROUNDS / 10, String(taken));
});

test('decodeResponse, answerOf: a question of every type meets records of every type', () => {
  const prng = createPrng(3);
  for (let round = 0; round < ROUNDS / 10; round++) {
    const type = prng.below(66);
    const records = Array.from({ length: 1 + prng.below(4) }, () => ({
      name: prng.pick(['www.example.com', 'a.example.com', 'example.com', '.']),
      type: prng.pick([type, 5, 39, 46, prng.below(66)]),
      class: 1,
      ttl: prng.below(0x10000) * 0x10000,
      data: prng.octets(prng.below(40)),
    }));
    const head = Buffer.from(RESPONSES[0] as Buffer).subarray(0, 12 + ASKED.length);
    head.writeUInt16BE(records.length, 6);
    head.writeUInt16BE(type, head.length - 4);
    const message = Buffer.concat([head, ...records.map(buildRecord)]);
    try {
      isTaken(message, true, type);
    } catch (error) {
      throw new Error(`response ${inHex(message)}`, { cause: error });
    }
  }
});

/** True where the response is taken, and then checked; false where it is Malformed. Nothing else may be thrown. */
function isTaken(message: Buffer, dnssecOk: boolean, type = 1): boolean {
  const asked = { ...question, type };
  let answer: Answer;
  let received: readonly ResourceRecord[];
  try {
    const response = decodeResponse(message, ASKED.length);
    received = [...response.answers, ...response.authorities];
    answer = answerOf(asked, dnssecOk, response);
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
  const questionWire = message.subarray(12, 12 + ASKED.length);
  for (const { query, limit } of clientsOf(questionWire, dnssecOk)) {
    const { rcode, sections, authenticData, extended } = answer;
    const reply: Reply = { rcode, sections, age: 0, authenticData, extended };
    const octets = encodeReply(query, reply, extras);
    assert(octets.length <= limit, `${octets.length} octets`);
    const packet = parsePacket(octets);
    if (packet.flags.includes('TC')) {
      assert.equal(packet.answers.length + packet.authorities.length, 0);
      continue;
    }
    const sent = [...packet.answers, ...packet.authorities];
    assert.equal(packet.answers.length, answer.sections.answers);
    assert.equal(packet.authorities.length, answer.sections.authorities);
    for (const record of sent) {
      assert(
        received.some((original) => isSame(original, record)),
        `made up: ${JSON.stringify(record)}`,
      );
      assert(record.ttl <= 86_400, `TTL ${record.ttl}`);
    }
    // Our own answer, taken for an upstream's, means the same.
    const again = answerOf(asked, dnssecOk, decodeResponse(octets, ASKED.length));
    assert.deepEqual(again.sections, answer.sections);
    assert.deepEqual(again.leads, answer.leads);
  }
  return true;
}

const emptyReply: Reply = {
  rcode: 0,
  sections: NO_RECORDS,
  age: 0,
  authenticData: false,
  extended: [],
};

function clientsOf(
  questionWire: Uint8Array,
  dnssecOk: boolean,
): readonly { query: Query; limit: number }[] {
  const common = {
    id: 9,
    question,
    questionWire,
    client,
    recursionDesired: true,
    authenticData: true,
    checkingDisabled: false,
  };
  const edns = { size: 4096, dnssecOk, keepalive: true, padding: true };
  return [
    { query: { ...common, transport: 'udp' }, limit: 512 },
    { query: { ...common, transport: 'udp', edns: { ...edns, size: 512 } }, limit: 512 },
    { query: { ...common, transport: 'udp', edns }, limit: 1232 },
    { query: { ...common, transport: 'tcp', edns }, limit: 65535 },
  ];
}

function isSame(
  { owner, type, class: klass, data }: ResourceRecord,
  record: PacketRecord,
): boolean {
  return (
    owner === parseName(record.name) &&
    type === record.type &&
    klass === record.class &&
    textOf(type, data) === textOf(type, record.data)
  );
}

/** Where names are compressed into each other, their letter case is that of the first (RFC 4343 section 4.1). */
function textOf(type: number, data: Uint8Array): string {
  const text = Buffer.from(data).toString('latin1');
  return [2, 5, 6, 12, 15].includes(type) ? text.toLowerCase() : text;
}
