import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isAtOrBelow,
  labelsOf,
  nameFromWire,
  nameToWire,
  parentOf,
  parseDomain,
  parseName,
} from '../../src/policy/name.ts';
import { ParseError } from '../../src/policy/problem.ts';
import { createRandom, type Random } from './support/random.ts';

const label63 = 'a'.repeat(63);
/** Four labels that fill the 255 octets of a name to the last one. */
const name255 = [label63, label63, label63, 'b'.repeat(61)].join('.');

const accepted = [
  { when: 'plain', text: 'tunnels.example.com', name: 'tunnels.example.com' },
  { when: 'upper case', text: 'Tunnels.EXAMPLE.com', name: 'tunnels.example.com' },
  { when: 'with its final dot', text: 'example.com.', name: 'example.com' },
  { when: 'the root', text: '.', name: '.' },
  { when: 'one label', text: 'localhost', name: 'localhost' },
  { when: 'underscores and hyphens', text: '_dns.-a_.example', name: '_dns.-a_.example' },
  { when: 'a dot inside a label', text: 'a\\.b.example', name: 'a\\.b.example' },
  { when: 'a dot inside a label, in decimal', text: 'a\\046b.example', name: 'a\\.b.example' },
  { when: 'an escaped backslash before a dot', text: 'a\\\\.example', name: 'a\\\\.example' },
  { when: 'an escaped dot before the final dot', text: 'a\\..', name: 'a\\.' },
  { when: 'a needless escape', text: 'ex\\ample.com', name: 'example.com' },
  { when: 'an escaped upper-case letter', text: '\\065.example', name: 'a.example' },
  { when: 'a space in decimal', text: 'a\\032b.example', name: 'a\\032b.example' },
  { when: 'an escaped space', text: 'a\\ b.example', name: 'a\\032b.example' },
  { when: 'octets above 0x7f', text: '\\200\\255.example', name: '\\200\\255.example' },
  {
    when: 'an octet above 0x7f that Latin-1 has a case for',
    text: '\\192.example',
    name: '\\192.example',
  },
  {
    when: 'the characters of a master file',
    text: '\\"\\$\\(\\)\\;\\@.example',
    name: '\\"\\$\\(\\)\\;\\@.example',
  },
  { when: 'those characters without escapes', text: 'a@b$c.example', name: 'a\\@b\\$c.example' },
  { when: 'a NUL', text: 'a\\000.example', name: 'a\\000.example' },
  { when: 'a wildcard label', text: '*.example', name: '*.example' },
  { when: 'IDN', text: 'bücher.example', name: 'xn--bcher-kva.example' },
  { when: 'IDN in upper case', text: 'BÜCHER.Example', name: 'xn--bcher-kva.example' },
  { when: 'IDN in decomposed form', text: 'bu\u0308cher.example', name: 'xn--bcher-kva.example' },
  { when: 'IDN already as A-label', text: 'XN--Bcher-kva.example', name: 'xn--bcher-kva.example' },
  { when: 'IDN with ß, which IDNA 2008 keeps', text: 'faß.example', name: 'xn--fa-hia.example' },
  { when: 'IDN at the top', text: 'beispiel.中国', name: 'beispiel.xn--fiqs8s' },
  {
    when: 'ideographic full stops',
    text: 'www。bücher．example｡com',
    name: 'www.xn--bcher-kva.example.com',
  },
  { when: 'full-width letters', text: 'ｅｘａｍｐｌｅ.com', name: 'example.com' },
  { when: 'a label of 63 octets', text: `${label63}.example`, name: `${label63}.example` },
  {
    when: 'a label of 63 octets in escapes',
    text: `${'\\097'.repeat(63)}.example`,
    name: `${label63}.example`,
  },
  { when: 'a name of 255 octets', text: name255, name: name255 },
  { when: 'a name of 255 octets with its final dot', text: `${name255}.`, name: name255 },
];
for (const { when, text, name } of accepted) {
  test(`parseName: ${when}`, () => assert.equal(parseName(text), name));
}

const refused = [
  { when: 'nothing', text: '', says: /is empty/ },
  { when: 'two dots', text: 'a..example', says: /empty label/ },
  { when: 'a leading dot', text: '.example', says: /empty label/ },
  { when: 'two final dots', text: 'example..', says: /empty label/ },
  { when: 'only dots', text: '..', says: /empty label/ },
  { when: 'an ideographic full stop too many', text: 'a。.example', says: /empty label/ },
  { when: 'a space', text: 'a b.example', says: /space or control/ },
  { when: 'a space at the end', text: 'example.com ', says: /space or control/ },
  { when: 'a line feed', text: 'example.com\n', says: /space or control/ },
  { when: 'DEL', text: 'a\x7f.example', says: /space or control/ },
  { when: 'a backslash at the end', text: 'example\\', says: /bad escape/ },
  { when: 'an escape over 255', text: 'a\\256.example', says: /bad escape/ },
  { when: 'an escape of one digit', text: 'a\\1.example', says: /bad escape/ },
  { when: 'an escape of two digits', text: 'a\\12b.example', says: /bad escape/ },
  { when: 'a label of 64 octets', text: `${label63}a.example`, says: /label of 64 octets/ },
  { when: 'an A-label that grows over 63', text: `${'ü'.repeat(62)}.example`, says: /IDNA|octets/ },
  { when: 'a name of 256 octets', text: `${name255}c`, says: /256 octets/ },
  { when: 'an invisible character alone', text: '\u00ad.example', says: /IDNA/ },
  { when: 'a byte order mark', text: '\ufeff', says: /IDNA/ },
  { when: 'an escape inside an IDN label', text: 'ü\\046com.example', says: /IDNA/ },
  { when: 'a slash inside an IDN label', text: 'ü/x.example', says: /IDNA/ },
  { when: 'a percent escape inside an IDN label', text: 'ü%2ecom', says: /IDNA/ },
  { when: 'a port behind an IDN label', text: 'ü:80', says: /IDNA/ },
  { when: 'a tab inside an IDN label', text: 'ü\tx.example', says: /IDNA/ },
  { when: 'a character that maps to a dot', text: 'ü⒈com', says: /IDNA/ },
  { when: 'half a surrogate pair', text: '\ud800.example', says: /IDNA/ },
  { when: 'an A-label mixed with other characters', text: 'xn--ü.example', says: /IDNA/ },
];
for (const { when, text, says } of refused) {
  test(`parseName refuses ${when}`, () => {
    assert.throws(
      () => parseName(text),
      (error) => error instanceof ParseError && says.test(error.message),
    );
  });
}

const mistaken = [
  { when: 'a URL', text: 'https://example.com/x', says: /":"; write the bare domain/ },
  { when: 'a port', text: 'example.com:443', says: /":"/ },
  { when: 'a path', text: 'example.com/24', says: /"\/"/ },
  { when: 'a mail address', text: 'it@example.com', says: /"@"/ },
  { when: 'two names', text: 'example.com,example.net', says: /","/ },
  { when: 'a wildcard', text: '*.example.com', says: /"\*"/ },
  { when: 'a filter', text: '||example.com^', says: /"\|"/ },
  { when: 'an address', text: '192.0.2.1', says: /ends in a number/ },
  { when: 'an address with a final dot', text: '192.0.2.1.', says: /ends in a number/ },
  { when: 'a short address', text: '127.1', says: /ends in a number/ },
  { when: 'an address as one number', text: '2130706433', says: /ends in a number/ },
  { when: 'a hexadecimal address', text: '0x7F000001', says: /ends in a number/ },
  { when: 'a hexadecimal tail', text: '127.0x1', says: /ends in a number/ },
];
for (const { when, text, says } of mistaken) {
  test(`parseDomain refuses ${when}`, () => {
    assert.throws(
      () => parseDomain(text),
      (error) => error instanceof ParseError && says.test(error.message),
    );
  });
}

const meant = [
  { when: 'a name with digits', text: '1e100.3com.example', name: '1e100.3com.example' },
  { when: 'escapes', text: 'a\\047b\\.c.example', name: 'a/b\\.c.example' },
  { when: 'an IDN', text: 'bücher.example', name: 'xn--bcher-kva.example' },
  { when: 'the root', text: '.', name: '.' },
];
for (const { when, text, name } of meant) {
  test(`parseDomain: ${when}`, () => assert.equal(parseDomain(text), name));
}

const ancestry = [
  { when: 'the name itself', name: 'example.com', ancestor: 'example.com', below: true },
  { when: 'a label more', name: 'a.example.com', ancestor: 'example.com', below: true },
  { when: 'the root above all', name: 'example.com', ancestor: '.', below: true },
  { when: 'the root above itself', name: '.', ancestor: '.', below: true },
  { when: 'nothing above the root', name: '.', ancestor: 'com', below: false },
  {
    when: 'a label that only ends alike',
    name: 'notexample.com',
    ancestor: 'example.com',
    below: false,
  },
  {
    when: 'an escaped dot is no boundary',
    name: 'a\\.example.com',
    ancestor: 'example.com',
    below: false,
  },
  {
    when: 'an escaped backslash before the boundary',
    name: 'a\\\\.example.com',
    ancestor: 'example.com',
    below: true,
  },
  {
    when: 'a backslash and an escaped dot',
    name: 'a\\\\\\.example.com',
    ancestor: 'example.com',
    below: false,
  },
  {
    when: 'an ancestor with an escaped dot',
    name: 'x.a\\.b.com',
    ancestor: 'a\\.b.com',
    below: true,
  },
  {
    when: 'half of a label with an escaped dot',
    name: 'a\\.b.com',
    ancestor: 'b.com',
    below: false,
  },
  { when: 'a label that is one escape', name: '\\.', ancestor: '\\.', below: true },
  { when: 'the parent below its child', name: 'com', ancestor: 'example.com', below: false },
];
for (const { when, name, ancestor, below } of ancestry) {
  test(`isAtOrBelow: ${when}`, () => {
    assert.equal(isAtOrBelow(parseName(name), parseName(ancestor)), below);
  });
}

const parents = [
  { when: 'plain', name: 'a.example.com', parent: 'example.com' },
  { when: 'one label', name: 'com', parent: '.' },
  { when: 'the root', name: '.', parent: '.' },
  { when: 'an escaped dot first', name: 'a\\.b.example', parent: 'example' },
  { when: 'an escaped backslash first', name: 'a\\\\.b.example', parent: 'b.example' },
  { when: 'only an escaped dot', name: 'a\\.b', parent: '.' },
  { when: 'decimal escapes', name: '\\000\\255.example', parent: 'example' },
];
for (const { when, name, parent } of parents) {
  test(`parentOf: ${when}`, () => assert.equal(parentOf(parseName(name)), parent));
}

test('two names that print alike without escapes stay apart', () => {
  const oneLabel = Uint8Array.of(3, 0x61, 0x2e, 0x62, 0); // "a.b"
  const twoLabels = Uint8Array.of(1, 0x61, 1, 0x62, 0); // "a" "b"
  assert.notEqual(nameFromWire(oneLabel, 0, 5), nameFromWire(twoLabels, 0, 5));
});

test('nameFromWire reads in the middle of a message', () => {
  const wire = Uint8Array.of(9, 9, 3, 0x46, 0x6f, 0x4f, 2, 0x6e, 0x7a, 0, 9);
  assert.equal(nameFromWire(wire, 2, 10), 'foo.nz');
  assert.equal(nameFromWire(wire, 9, 10), '.');
});

test('text and wire forms of random names come back unchanged', () => {
  const random = createRandom(1035);
  for (let round = 0; round < 20_000; round++) {
    const wire = randomWire(random);
    const name = nameFromWire(wire, 0, wire.length);
    assert.match(name, /^[!-~]+$/);
    assert.equal(parseName(name), name);
    assert.deepEqual(nameToWire(name), lowerCase(wire));
    assert.equal(labelsOf(name).length, labelLengths(wire).length);
    const parent = wire.length === 1 ? wire : wire.subarray(1 + (wire[0] as number));
    assert.equal(parentOf(name), nameFromWire(parent, 0, parent.length));
    assert.ok(isAtOrBelow(name, parentOf(name)));
  }
});

test('isAtOrBelow says of random names what their labels say', () => {
  const random = createRandom(4343);
  const octets = [0x61, 0x2e, 0x5c, 0x30];
  const short = () => nameFromLabels(labels(random, random.below(3), 2, octets));
  for (let round = 0; round < 20_000; round++) {
    const [a, b] = [short(), short()];
    const [left, right] = [[...labelsOf(a)].reverse(), [...labelsOf(b)].reverse()];
    const expected = right.every((label, i) => label === left[i]);
    assert.equal(isAtOrBelow(a, b), expected, `${a} below ${b}`);
  }
});

function randomWire(random: Random): Uint8Array {
  const odd = [
    0x00, 0x09, 0x20, 0x22, 0x24, 0x28, 0x2a, 0x2e, 0x30, 0x39, 0x40, 0x41, 0x5a, 0x5c, 0x7f, 0xc0,
    0xff,
  ];
  const plain = [...Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789-_AZ')];
  const octets = random.chance(0.5) ? plain : [...odd, ...plain.slice(0, 6)];
  const list = labels(random, random.below(8), random.chance(0.1) ? 63 : 12, octets);
  while (list.reduce((sum, label) => sum + label.length + 1, 1) > 255) list.pop();
  return Uint8Array.from([...list.flatMap((label) => [label.length, ...label]), 0]);
}

function labels(
  random: Random,
  count: number,
  longest: number,
  octets: readonly number[],
): number[][] {
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + random.below(longest) }, () => random.pick(octets)),
  );
}

function nameFromLabels(list: readonly number[][]) {
  const wire = Uint8Array.from([...list.flatMap((label) => [label.length, ...label]), 0]);
  return nameFromWire(wire, 0, wire.length);
}

function labelLengths(wire: Uint8Array): number[] {
  const lengths: number[] = [];
  for (let at = 0; wire[at] !== 0; at += (wire[at] as number) + 1) lengths.push(wire[at] as number);
  return lengths;
}

function lowerCase(wire: Uint8Array): Uint8Array {
  const lower = Uint8Array.from(wire);
  for (let at = 0; lower[at] !== 0; at += (lower[at] as number) + 1) {
    for (let i = at + 1; i <= at + (lower[at] as number); i++) {
      const octet = lower[i] as number;
      if (octet >= 0x41 && octet <= 0x5a) lower[i] = octet + 32;
    }
  }
  return lower;
}
