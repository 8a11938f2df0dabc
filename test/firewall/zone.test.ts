import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NameEntry } from '../../src/firewall/backend.ts';
import { effectOf, zoneOf } from '../../src/firewall/zone.ts';
import { formatPattern, parsePattern } from '../../src/policy/pattern.ts';

/** `- bad.example` is a block, `+ ok.example` an allow, `? odd.example` a watch, `! own.example` the ingress. */
function entryOf(line: string): NameEntry {
  const [mark, text] = line.split(' ') as [string, string];
  const pattern = parsePattern(text);
  const action = mark === '-' ? 'block' : mark === '?' ? 'watch' : 'allow';
  const id = mark === '!' ? `ingress/${pattern.name}` : `${action}/${formatPattern(pattern)}`;
  return { id, pattern, action, answer: 'nxdomain', reason: 'because' };
}

const cases: readonly {
  readonly when: string;
  readonly entries: readonly string[];
  /** Name, what holds for it, what holds below it; an empty non-terminal in brackets. */
  readonly nodes: readonly string[];
}[] = [
  { when: 'nothing is said', entries: [], nodes: ['(.) open open'] },
  {
    when: 'a name is refused with all below it',
    entries: ['- bad.example'],
    nodes: ['(.) open open', '(example) open open', 'bad.example nxdomain nxdomain'],
  },
  {
    when: 'one name is refused',
    entries: ['- =bad.example'],
    nodes: ['(.) open open', '(example) open open', 'bad.example nxdomain open'],
  },
  {
    when: 'all below a name is refused',
    entries: ['- *.bad.example'],
    nodes: ['(.) open open', '(example) open open', 'bad.example open nxdomain'],
  },
  {
    when: 'a written name stands beside the wildcard',
    entries: ['- *.bad.example', '+ ok.bad.example'],
    nodes: [
      '(.) open open',
      '(example) open open',
      'bad.example open nxdomain',
      'ok.bad.example open open',
    ],
  },
  {
    when: 'an exact name inside a subtree keeps what the subtree says below',
    entries: ['- bad.example', '+ =ok.bad.example'],
    nodes: [
      '(.) open open',
      '(example) open open',
      'bad.example nxdomain nxdomain',
      'ok.bad.example open nxdomain',
    ],
  },
  {
    when: 'an empty non-terminal inherits',
    entries: ['- bad.example', '+ x.y.bad.example'],
    nodes: [
      '(.) open open',
      '(example) open open',
      'bad.example nxdomain nxdomain',
      '(y.bad.example) nxdomain nxdomain',
      'x.y.bad.example open open',
    ],
  },
  {
    when: 'a name has all three scopes',
    entries: ['- bad.example', '+ =bad.example', '? *.bad.example'],
    nodes: ['(.) open open', '(example) open open', 'bad.example open watch'],
  },
  {
    when: 'rules lie inside the ingress',
    entries: ['! own.example', '- bad.own.example', '- =own.example'],
    nodes: ['(.) open open', '(example) open open', 'own.example open open'],
  },
  {
    when: 'all names are refused',
    entries: ['- .', '+ ok.example'],
    nodes: ['. nxdomain nxdomain', '(example) nxdomain nxdomain', 'ok.example open open'],
  },
  {
    when: 'a label holds a dot',
    entries: ['- a\\.b.example', '- b.example'],
    nodes: [
      '(.) open open',
      '(example) open open',
      'a\\.b.example nxdomain nxdomain',
      'b.example nxdomain nxdomain',
    ],
  },
];

for (const { when, entries, nodes } of cases) {
  for (const order of [entries, entries.toReversed()]) {
    test(`zoneOf: ${when}, entries from ${order[0] ?? 'nowhere'}`, () => {
      const zone = zoneOf(order.map(entryOf), () => undefined);
      const seen = zone.nodes.map(
        ({ name, own, below, said }) =>
          `${said ? name : `(${name})`} ${effectOf(own)} ${effectOf(below)}`,
      );
      assert.deepEqual(seen, nodes);
      assert.deepEqual(zone.omitted, []);
    });
  }
}

test('zoneOf: what cannot be said is told, and holds for nothing', () => {
  const entries = ['- connect.*.example', '- =*.one.example', '- odd.example', '- bad.example'];
  const zone = zoneOf(entries.map(entryOf), (name) => (name === 'odd.example' ? 'odd' : undefined));
  assert.deepEqual(
    zone.omitted.map(({ pattern }) => pattern),
    ['connect.*.example', '=*.one.example', 'odd.example'],
  );
  assert.deepEqual(
    zone.nodes.map(({ name }) => name),
    ['.', 'example', 'bad.example'],
  );
});
