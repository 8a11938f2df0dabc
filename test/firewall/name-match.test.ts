import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockOnly } from '../../src/firewall/block-only.ts';
import { firstMatch, withoutMoot } from '../../src/firewall/first-match.ts';
import { anyNameRegex, nameRegex } from '../../src/firewall/name-regex.ts';
import { overlap, refinementsOf } from '../../src/firewall/refinements.ts';
import { labelsOf, type Name } from '../../src/policy/name.ts';
import { covers, parsePattern } from '../../src/policy/pattern.ts';
import { createPrng } from '../support/prng.ts';
import { ASKED, decided, entryOf, growEntries, titleOf } from './support/name-plans.ts';

const isCovered = (text: string, name: string) =>
  covers(parsePattern(text), name as Name, labelsOf(name as Name));

const patterns = [
  'example.net',
  '=example.net',
  'a.example.net',
  '=a.example.net',
  '*.example.net',
  '=*.example.net',
  'a.*.example.net',
  '=a.*.example.net',
  '*.*.example.net',
  '*.a.*.example.net',
  'net',
  'c-1.example.net',
];

for (const text of patterns) {
  test(`nameRegex: ${text} is the same set of names`, () => {
    const regex = new RegExp(nameRegex(parsePattern(text)));
    for (const name of ASKED) {
      assert.equal(regex.test(name), isCovered(text, name), `${name} by ${regex}`);
      assert.equal(regex.test(`${name}.`), isCovered(text, name), `${name}. by ${regex}`);
    }
  });
}

test('nameRegex: the root is every name', () => {
  const regex = new RegExp(nameRegex(parsePattern('.')));
  assert(regex.test('anything.example.net') && regex.test(''));
});

test('anyNameRegex: what any of several covers', () => {
  const some = ['=a.example.net', 'b.*.example.net'];
  const regex = new RegExp(anyNameRegex(some.map(parsePattern)));
  for (const name of ASKED) {
    assert.equal(
      regex.test(name),
      some.some((text) => isCovered(text, name)),
      name,
    );
  }
});

test('overlap: true exactly where a name of both is found', () => {
  for (const a of patterns) {
    for (const b of patterns) {
      const shared = ASKED.some((name) => isCovered(a, name) && isCovered(b, name));
      assert.equal(overlap(parsePattern(a), parsePattern(b)), shared, `${a} and ${b}`);
    }
  }
});

const prng = createPrng(20);
const forests = Array.from({ length: 60 }, () => growEntries(prng, { wildcards: true }));

test('firstMatch: the first that covers a name decides as the policy does', () => {
  for (const entries of forests) {
    const order = firstMatch(entries);
    for (const name of ASKED) {
      const labels = labelsOf(name as Name);
      const first = order.find(({ pattern }) => covers(pattern, name as Name, labels));
      assert.equal(first?.action, decided(entries, name), `${name} by ${titleOf(entries)}`);
    }
  }
});

test('refinementsOf: a rule less its refinements is what it decides', () => {
  for (const entries of forests) {
    const deciding = withoutMoot(entries);
    const refinements = refinementsOf(deciding);
    for (const name of ASKED) {
      const labels = labelsOf(name as Name);
      const about = ({ pattern }: (typeof entries)[number]) =>
        covers(pattern, name as Name, labels);
      const actions = deciding
        .filter((entry) => about(entry) && !refinements(entry).some(about))
        .map(({ action }) => action);
      const wanted = decided(entries, name);
      assert.deepEqual(
        [...new Set(actions)],
        wanted ? [wanted] : [],
        `${name}: ${titleOf(entries)}`,
      );
    }
  }
});

test('blockOnly: never a name that stays open, and all names where there are no exceptions', () => {
  for (const entries of forests) {
    const { blocked, leftOut } = blockOnly(entries);
    for (const name of ASKED) {
      const listed = blocked.some(
        (form) =>
          (form.self && name === form.name) || (form.below && name.endsWith(`.${form.name}`)),
      );
      const wanted = decided(entries, name) === 'block';
      if (listed) assert(wanted, `${name} is listed by ${titleOf(entries)}`);
      else if (leftOut.length === 0) assert(!wanted, `${name} is not listed: ${titleOf(entries)}`);
    }
  }
});

const cases = [
  {
    when: 'an exception lies below',
    entries: [entryOf('example.net', 'block'), entryOf('ok.example.net', 'allow')],
    forms: ['example.net self'],
    why: ['names below it, because of allow/ok.example.net'],
  },
  {
    when: 'only the name itself is an exception',
    entries: [entryOf('example.net', 'block'), entryOf('=example.net', 'allow')],
    forms: ['example.net below'],
    why: [],
  },
  {
    when: 'a watched name lies below',
    entries: [entryOf('example.net', 'block'), entryOf('=w.example.net', 'watch')],
    forms: ['example.net self'],
    why: ['names below it, because of watch/=w.example.net'],
  },
  {
    when: 'it lies in the ingress',
    entries: [
      entryOf('example.net', 'allow', { id: 'ingress/example.net' }),
      entryOf('x.example.net', 'block'),
    ],
    forms: [],
    why: [],
  },
  {
    when: 'a * is at the left, in the middle, for one label only',
    entries: [
      entryOf('*.a.example.net', 'block'),
      entryOf('b.*.example.com', 'block'),
      entryOf('=*.example.org', 'block'),
    ],
    forms: ['a.example.net below'],
    why: [
      'no wildcard inside a name can be said here',
      'a wildcard for one label cannot be said here',
    ],
  },
];

for (const { when, entries, forms, why } of cases) {
  test(`blockOnly: ${when}`, () => {
    const { blocked, leftOut } = blockOnly(entries);
    assert.deepEqual(
      blocked.map(({ name, self, below }) =>
        [name, ...(self ? ['self'] : []), ...(below ? ['below'] : [])].join(' '),
      ),
      forms,
    );
    assert.deepEqual(
      leftOut.map(({ why }) => why),
      why,
    );
  });
}
