import assert from 'node:assert/strict';
import test from 'node:test';
import { createTrail } from '../../src/attempts/trail.ts';
import { RCODE, TYPE } from '../../src/dns/constants.ts';
import { NO_RECORDS } from '../../src/dns/encode.ts';
import type { Outcome } from '../../src/dns/message.ts';
import { judge } from '../../src/policy/judge.ts';
import { readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import { parseName } from '../../src/policy/name.ts';
import { type Address, parseAddress } from '../../src/policy/network.ts';
import { compiledPolicy } from '../support/policy.ts';
import { attempt, type Different, MINUTE, NOON } from './support.ts';

const { services } = readCatalogue(SHIPPED_RULES);
const { ruleset } = compiledPolicy('organisation: { name: Example }\nservices: { ngrok: block }\n');
const CLIENT = parseAddress('192.0.2.17');

/** What came of a question for an address, answered by an upstream. */
function outcomeOf(
  name: string,
  client: Address = CLIENT,
  rcode: number = RCODE.NXDOMAIN,
): Outcome {
  const question = { name: parseName(name), type: TYPE.A, class: 1 };
  return {
    query: {
      ...{ id: 1, question, questionWire: new Uint8Array(), client, transport: 'udp' },
      ...{ recursionDesired: true, authenticData: false, checkingDisabled: false },
    },
    reply: {
      rcode,
      sections: { ...NO_RECORDS, answers: 1 },
      age: 0,
      authenticData: false,
      extended: [],
    },
    verdict: judge(ruleset, { client, name: question.name }),
    source: 'upstream',
  };
}

const trailOf = (capacity = 100) => createTrail({ services: () => services, capacity });

test('follow: a refused session name, and S3 within a minute is a step', () => {
  const trail = trailOf();
  trail.note(attempt());
  assert.deepEqual(trail.follow(outcomeOf('s3.amazonaws.com', CLIENT, RCODE.NOERROR), NOON + 900), {
    time: NOON + 900,
    client: CLIENT,
    point: 'resolver',
    transport: 'udp',
    name: 's3.amazonaws.com',
    type: 'A',
    rule: 'ngrok/bypass/=s3.amazonaws.com',
    service: 'ngrok',
    role: 'bypass',
    verdict: 'watched',
    answer: 'answered',
  });
});

test('follow: a resolver that the policy leaves open is a step too, called by its way', () => {
  const trail = trailOf();
  trail.note(attempt());
  const step = trail.follow(outcomeOf('dns.google'), NOON);
  assert.deepEqual([step?.rule, step?.answer], ['ngrok/doh/dns.google', 'nxdomain']);
});

const cases: readonly {
  readonly when: string;
  readonly noted: readonly Different[];
  readonly name?: string;
  readonly client?: string;
  readonly at?: number;
  readonly follows: boolean;
}[] = [
  { when: 'nobody was refused anything', noted: [], follows: false },
  { when: 'it is a minute ago', noted: [{}], at: MINUTE, follows: true },
  { when: 'it is more than a minute ago', noted: [{}], at: MINUTE + 1, follows: false },
  {
    when: 'another step came between',
    noted: [{}, { time: NOON + MINUTE, role: 'bypass', service: undefined }],
    at: 2 * MINUTE,
    follows: true,
  },
  {
    when: 'a step came too late',
    noted: [{}, { time: NOON + MINUTE + 1, role: 'bypass', service: undefined }],
    at: MINUTE + 2,
    follows: false,
  },
  {
    when: 'the sanctioned way is no step',
    noted: [{}, { time: NOON + MINUTE, verdict: 'sanctioned' }],
    at: 2 * MINUTE,
    follows: false,
  },
  { when: 'the clock was set back by hours', noted: [{}], at: -90 * MINUTE, follows: false },
  { when: 'the gate refused it', noted: [{ point: 'gate', type: 'TLS' }], follows: true },
  { when: 'it was only observed', noted: [{ verdict: 'observed' }], follows: false },
  { when: 'it was a visit', noted: [{ role: 'endpoint' }], follows: false },
  { when: 'it was another client', noted: [{}], client: '192.0.2.18', follows: false },
  { when: 'it is any other name', noted: [{}], name: 'www.example.com', follows: false },
  { when: 'it is a name below', noted: [{}], name: 'bucket.s3.amazonaws.com', follows: false },
  { when: 'it is another service’s', noted: [{ service: 'zrok' }], follows: false },
  { when: 'nobody knows the service', noted: [{ service: 'unheard-of' }], follows: false },
  { when: 'two services were refused', noted: [{ service: 'zrok' }, {}], follows: true },
  {
    when: 'the policy has a rule about it',
    noted: [{}],
    name: 'connect.ngrok-agent.com',
    follows: false,
  },
];

for (const { when, noted, name, client, at = 1000, follows } of cases) {
  test(`follow: ${when}`, () => {
    const trail = trailOf();
    for (const different of noted) trail.note(attempt(different));
    const outcome = outcomeOf(name ?? 's3.amazonaws.com', client ? parseAddress(client) : CLIENT);
    assert.equal(trail.follow(outcome, NOON + at) !== undefined, follows);
  });
}

test('isOn: whoever took a step within a minute', () => {
  const trail = trailOf();
  assert.ok(!trail.isOn(CLIENT, NOON));
  trail.note(attempt());
  assert.ok(trail.isOn(CLIENT, NOON + MINUTE));
  assert.ok(!trail.isOn(CLIENT, NOON + MINUTE + 1));
});

test('note: of more clients than there is room for, the ones longest quiet are forgotten', () => {
  const trail = trailOf(3);
  const clients = Array.from({ length: 5 }, (_, i) => parseAddress(`192.0.2.${i}`));
  for (const client of clients.slice(0, 3)) trail.note(attempt({ client }));
  trail.note(attempt({ client: clients[0], role: 'bypass' }));
  for (const client of clients.slice(3)) trail.note(attempt({ client }));
  assert.deepEqual(
    clients.map((client) => trail.isOn(client, NOON)),
    [true, false, false, true, true],
  );
});
