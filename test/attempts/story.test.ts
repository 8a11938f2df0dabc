import assert from 'node:assert/strict';
import test from 'node:test';
import { ATTEMPT_VERDICTS, POINTS, type StoredAttempt } from '../../src/attempts/attempt.ts';
import { storiesOf } from '../../src/attempts/story.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { attempt, createRandom, type Different, MINUTE, NOON, pick } from './support.ts';

const SECOND = 1000;

/** Rows of one client, each so many seconds after noon; `lasting` is in seconds as well. */
function rowsOf(
  lines: readonly {
    readonly at: number;
    readonly lasting?: number;
    readonly count?: number;
    readonly is: Different;
  }[],
): readonly StoredAttempt[] {
  return lines.map(({ at, lasting = 0, count = 1, is }, i) => {
    const { time: _, ...rest } = attempt(is);
    const first = NOON + at * SECOND;
    return { ...rest, id: i + 1, first, last: first + lasting * SECOND, count };
  });
}

const google = parseAddress('8.8.8.8');
const door = parseAddress('203.0.113.9');
const nameless = (is: Different): Different => ({
  name: undefined,
  service: undefined,
  role: undefined,
  ...is,
});
const session = (name: string): Different => ({
  name: parseName(name),
  rule: `ngrok/session/${name}`,
});
const packet = (rule: string, port: number, is: Different = {}): Different =>
  nameless({
    point: 'firewall',
    type: 'PACKET',
    transport: 'tcp',
    rule,
    destination: google,
    port,
    lead: 'unanswered',
    answer: 'reset',
    ...is,
  });
const publicResolver = (name: string): Different => ({
  name: parseName(name),
  rule: `bypass/google/${name}`,
  role: 'bypass',
  service: undefined,
});
const s3: Different = {
  name: parseName('s3.amazonaws.com'),
  rule: 'ngrok/bypass/=s3.amazonaws.com',
  role: 'bypass',
  verdict: 'watched',
  answer: 'answered',
};

test('storiesOf: session name refused, then 8.8.8.8, dns.google.com, S3 and the session itself', () => {
  const rows = rowsOf([
    { at: 0, count: 2, is: session('tunnel.us.ngrok.com') },
    { at: 0, count: 2, is: { ...session('tunnel.us.ngrok.com'), type: 'AAAA' } },
    { at: 0.2, is: packet('TW-DNS', 53, { transport: 'udp' }) },
    { at: 0.3, is: publicResolver('dns.google.com') },
    { at: 0.4, is: packet('TW-DOH.c1a2b3c4', 443) },
    { at: 1, is: s3 },
    {
      at: 2,
      lasting: 3,
      count: 3,
      is: { ...session('tunnel.us.ngrok.com'), point: 'gate', type: 'TLS' },
    },
    { at: 10, is: { ...session('korgn.su.lennut.com'), point: 'gate', type: 'TLS' } },
    {
      at: 11,
      is: {
        ...session('www.example.com'),
        role: undefined,
        point: 'gate',
        type: 'TLS',
        rule: 'TW-SNI',
      },
    },
    {
      at: 12,
      is: {
        ...nameless({
          point: 'gate',
          type: 'TLS',
          rule: 'TW-SNI',
          service: 'ngrok',
          destination: door,
          port: 443,
        }),
      },
    },
    {
      at: 13,
      is: {
        ...nameless({
          point: 'gate',
          type: 'SSH',
          rule: 'TW-SNI',
          service: 'ngrok',
          destination: door,
          port: 22,
        }),
      },
    },
    {
      at: 14,
      is: packet('TW-DENY', 443, { transport: 'udp', destination: door, service: 'ngrok' }),
    },
  ]);
  const [story, ...more] = storiesOf(rows);
  assert.deepEqual(more, []);
  assert.deepEqual(
    [story?.client, story?.service, story?.first, story?.last],
    ['192.0.2.17', 'ngrok', NOON, NOON + 14 * SECOND],
  );
  assert.deepEqual(
    story?.steps.map(({ via, what, count, closed, first }) => [
      via,
      what,
      count,
      closed,
      (first - NOON) / SECOND,
    ]),
    [
      ['system-dns', 'tunnel.us.ngrok.com', 4, true, 0],
      ['dns', '8.8.8.8:53', 1, true, 0.2],
      ['doh', 'dns.google.com', 1, true, 0.3],
      ['doh', '8.8.8.8:443', 1, true, 0.4],
      ['file', 's3.amazonaws.com', 1, false, 1],
      ['name', 'tunnel.us.ngrok.com', 3, true, 2],
      ['sni', 'korgn.su.lennut.com', 1, true, 10],
      ['sni', 'www.example.com', 1, true, 11],
      ['address', '203.0.113.9:443', 1, true, 12],
      ['ssh', '203.0.113.9:22', 1, true, 13],
      ['quic', '203.0.113.9:443', 1, true, 14],
    ],
  );
});

const cases: readonly {
  readonly when: string;
  readonly rows: readonly StoredAttempt[];
  /** Service, seconds after noon it begins and ends, and its ways. */
  readonly stories: readonly string[];
}[] = [
  { when: 'there is nothing', rows: [], stories: [] },
  {
    when: 'a minute between two tries is one story, more are two',
    rows: rowsOf([
      { at: 0, is: {} },
      { at: 60, is: { type: 'AAAA' } },
      { at: 120.001, is: { type: 'HTTPS' } },
    ]),
    stories: ['ngrok 120.001-120.001 system-dns', 'ngrok 0-60 system-dns'],
  },
  {
    when: 'a row lasts, so what follows its end within a minute belongs to it',
    rows: rowsOf([
      { at: 0, lasting: 500, is: {} },
      { at: 550, is: s3 },
    ]),
    stories: ['ngrok 0-550 system-dns,file'],
  },
  {
    when: 'what other programs do as well neither begins a story nor prolongs one',
    rows: rowsOf([
      { at: -100, is: publicResolver('dns.google') },
      { at: 0, is: {} },
      { at: 50, is: publicResolver('dns.google') },
      { at: 100, is: packet('TW-DOT', 853) },
      { at: 100, is: s3 },
    ]),
    stories: ['ngrok 0-50 system-dns,doh'],
  },
  {
    when: 'tries that were folded with earlier ones count from where the story begins',
    rows: rowsOf([
      { at: -100, lasting: 130, is: publicResolver('dns.google') },
      { at: 0, is: {} },
    ]),
    stories: ['ngrok 0-30 system-dns,doh'],
  },
  {
    when: 'two clients are two stories',
    rows: rowsOf([
      { at: 0, is: {} },
      { at: 1, is: { client: parseAddress('192.0.2.18') } },
    ]),
    stories: ['ngrok 1-1 system-dns', 'ngrok 0-0 system-dns'],
  },
  {
    when: 'a way of nobody belongs to the story that began last, a way of a service to its own',
    rows: rowsOf([
      { at: 0, is: {} },
      { at: 5, is: { service: 'zrok', name: parseName('api.zrok.io') } },
      { at: 6, is: packet('TW-RESOLVER', 853) },
      { at: 7, is: s3 },
    ]),
    stories: ['zrok 5-6 system-dns,dot', 'ngrok 0-7 system-dns,file'],
  },
  {
    when: 'a longer story of another service is still open when a newer one is over',
    rows: rowsOf([
      { at: 0, lasting: 300, is: {} },
      { at: 5, is: { service: 'zrok', name: parseName('api.zrok.io') } },
      { at: 200, is: publicResolver('dns.google') },
    ]),
    stories: ['zrok 5-5 system-dns', 'ngrok 0-300 system-dns,doh'],
  },
  {
    when: 'visits, the sanctioned way and what is no service’s are no stories',
    rows: rowsOf([
      { at: 0, is: { role: 'endpoint', name: parseName('abc.ngrok.app') } },
      { at: 1, is: { verdict: 'sanctioned', role: undefined } },
      { at: 2, is: publicResolver('dns.google') },
      { at: 3, is: { role: undefined, service: undefined } },
    ]),
    stories: [],
  },
  {
    when: 'who comes to the refuser took the way our resolver showed; a step of the trail has its own id',
    rows: rowsOf([
      { at: 0, is: {} },
      { at: 1, is: { point: 'refuser', type: 'TLS', answer: 'alert' } },
      { at: 2, is: { ...s3, name: parseName('dns.google'), rule: 'ngrok/doh/dns.google' } },
      { at: 3, is: nameless({ point: 'refuser', type: 'SSH', rule: 'TW-REFUSER' }) },
      { at: 4, is: nameless({ point: 'refuser', type: 'OTHER', rule: 'TW-REFUSER' }) },
      {
        at: 5,
        is: packet('TW-DENY', 443, {
          ...session('connect.ngrok-agent.com'),
          lead: 'answered',
          service: 'ngrok',
          role: 'session',
          destination: door,
        }),
      },
      {
        at: 6,
        is: packet('TW-DENY', 4443, { service: 'ngrok', role: 'session', destination: door }),
      },
      { at: 7, is: packet('TW-PORT-bore', 7835, { service: 'ngrok', destination: door }) },
      { at: 8, is: packet('TW-DENY', 22, { service: 'ngrok', destination: door }) },
    ]),
    stories: ['ngrok 0-8 system-dns,doh,ssh,address,name,address,address,ssh'],
  },
];

for (const { when, rows, stories } of cases) {
  test(`storiesOf: ${when}`, () => {
    const seconds = (time: number) => (time - NOON) / SECOND;
    assert.deepEqual(
      storiesOf(rows).map(
        ({ service, first, last, steps }) =>
          `${service} ${seconds(first)}-${seconds(last)} ${steps.map(({ via }) => via).join()}`,
      ),
      stories,
    );
  });
}

test('storiesOf: a step is closed only where every try was refused', () => {
  const rows = rowsOf([
    { at: 0, is: {} },
    { at: 1, is: { verdict: 'observed', answer: 'answered' } },
  ]);
  assert.deepEqual(
    storiesOf(rows)[0]?.steps.map(({ closed }) => closed),
    [false],
  );
});

test('storiesOf: any order gives the same stories, and every row of a service is in one', () => {
  const random = createRandom(5);
  for (let round = 0; round < 300; round++) {
    const rows = rowsOf(
      Array.from({ length: 40 }, () => ({
        at: Math.floor(random() * 600),
        lasting: pick(random, [0, 0, 0, 5, 70]),
        count: 1 + Math.floor(random() * 3),
        is: anyAttempt(random),
      })),
    );
    const stories = storiesOf(rows);
    const shuffled = rows
      .map((row) => ({ row, key: random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ row }) => row);
    assert.deepEqual(storiesOf(shuffled), stories, `round ${round}`);
    for (const { client, service, first, id, role, verdict, point } of rows) {
      if (service === undefined || role !== 'session') continue;
      if (verdict === 'sanctioned' || verdict === 'excepted') continue;
      assert.ok(
        stories.some(
          (story) =>
            story.client === client &&
            story.service === service &&
            story.first <= first &&
            story.last >= first,
        ),
        `round ${round}: row ${id} at ${point}`,
      );
    }
    for (const { client, service, first } of stories) {
      const others = stories.filter(
        (other) => other.client === client && other.service === service && other.first > first,
      );
      assert.ok(others.every((other) => other.first - first > MINUTE));
    }
  }
});

function anyAttempt(random: () => number): Different {
  const own = pick(random, ['ngrok', 'zrok', undefined]);
  const role = pick(random, ['session', 'bypass', 'endpoint', undefined] as const);
  const name = pick(random, ['a.example', 'b.example', 'c.example', undefined]);
  return {
    client: parseAddress(pick(random, ['192.0.2.1', '192.0.2.2'])),
    point: pick(random, POINTS),
    verdict: pick(random, ATTEMPT_VERDICTS),
    type: pick(random, ['A', 'TLS', 'SSH']),
    rule: pick(random, ['TW-DNS', 'TW-DENY', 'ngrok/doh/dns.google', 'ngrok/session/x']),
    service: own,
    role: role,
    name: name === undefined ? undefined : parseName(name),
    ...pick(random, [{}, { destination: google, port: pick(random, [22, 53, 443, 853]) }]),
  };
}
