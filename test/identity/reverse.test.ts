import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReverse, reverseNameOf } from '../../src/identity/reverse.ts';
import { type Name, parseName } from '../../src/policy/name.ts';
import { parseAddress, parseNetwork } from '../../src/policy/network.ts';

test('reverseNameOf: both families', () => {
  assert.equal(reverseNameOf(parseAddress('192.0.2.17')), '17.2.0.192.in-addr.arpa');
  assert.equal(
    reverseNameOf(parseAddress('2001:db8::17')),
    '7.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
  );
});

const cases: readonly {
  readonly when: string;
  readonly client: string;
  /** What of private names may be asked. */
  readonly own?: boolean;
  readonly names?: readonly string[];
  readonly is: string | undefined;
  readonly asked?: number;
}[] = [
  { when: 'a client in a private network', client: '10.1.2.3', is: 'ada.example.com' },
  { when: 'over IPv6', client: 'fd00::17', is: 'ada.example.com' },
  {
    when: 'a client outside that is served',
    client: '192.0.2.17',
    own: false,
    is: 'ada.example.com',
  },
  { when: 'a stranger', client: '198.51.100.1', is: undefined, asked: 0 },
  {
    when: 'a private client, and only strangers to ask',
    client: '10.1.2.3',
    own: false,
    is: undefined,
    asked: 0,
  },
  { when: 'this machine', client: '127.0.0.1', is: undefined, asked: 0 },
  { when: 'a link-local address', client: 'fe80::1', is: undefined, asked: 0 },
  { when: 'no name', client: '10.1.2.3', names: [], is: undefined },
  {
    when: 'several names',
    client: '10.1.2.3',
    names: ['b.example.com', 'a.example.com'],
    is: 'a.example.com',
  },
];
for (const { when, client, own = true, names = ['ada.example.com'], is, asked = 1 } of cases) {
  test(`createReverse: ${when}`, async () => {
    const questions: Name[] = [];
    const look = createReverse({
      find: async (name) => {
        questions.push(name);
        return names.map((text) => parseName(text));
      },
      isAskable: (_, where) => own || where === 'public',
      clients: [parseNetwork('192.0.2.0/24')],
      time: () => 7,
    });
    const address = parseAddress(client);
    const facts = await look([address]);
    assert.deepEqual(
      facts,
      is === undefined
        ? []
        : [{ client: address, kind: 'host', value: is, source: 'reverse-dns', time: 7 }],
    );
    assert.deepEqual(questions, Array(asked).fill(reverseNameOf(address)));
  });
}
