import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, parseName } from '../../src/policy/name.ts';
import {
  compareSpecificity,
  covers,
  formatPattern,
  parsePattern,
  reachesInto,
} from '../../src/policy/pattern.ts';
import { ParseError } from '../../src/policy/problem.ts';

const coverage = [
  {
    when: 'a subtree and its own name',
    pattern: 'example.com',
    name: 'example.com',
    covered: true,
  },
  {
    when: 'a subtree and a name below',
    pattern: 'example.com',
    name: 'a.b.example.com',
    covered: true,
  },
  { when: 'a subtree and its parent', pattern: 'example.com', name: 'com', covered: false },
  {
    when: 'a subtree and a name that ends alike',
    pattern: 'example.com',
    name: 'anexample.com',
    covered: false,
  },
  { when: 'one name and itself', pattern: '=example.com', name: 'example.com', covered: true },
  {
    when: 'one name and a name below',
    pattern: '=example.com',
    name: 'a.example.com',
    covered: false,
  },
  {
    when: 'a leading wildcard and the name below',
    pattern: '*.example.com',
    name: 'a.example.com',
    covered: true,
  },
  {
    when: 'a leading wildcard and two below',
    pattern: '*.example.com',
    name: 'b.a.example.com',
    covered: true,
  },
  {
    when: 'a leading wildcard and its parent',
    pattern: '*.example.com',
    name: 'example.com',
    covered: false,
  },
  {
    when: 'one leading wildcard, only one label',
    pattern: '=*.example.com',
    name: 'b.a.example.com',
    covered: false,
  },
  {
    when: 'a wildcard in the middle',
    pattern: 'a.*.example.com',
    name: 'a.eu.example.com',
    covered: true,
  },
  {
    when: 'a wildcard in the middle, below',
    pattern: 'a.*.example.com',
    name: 'x.a.eu.example.com',
    covered: true,
  },
  {
    when: 'a wildcard in the middle, left out',
    pattern: 'a.*.example.com',
    name: 'a.example.com',
    covered: false,
  },
  {
    when: 'a wildcard in the middle for two labels',
    pattern: 'a.*.example.com',
    name: 'a.b.c.example.com',
    covered: false,
  },
  {
    when: 'a wildcard in the middle, another label',
    pattern: 'a.*.example.com',
    name: 'b.eu.example.com',
    covered: false,
  },
  { when: 'two wildcards', pattern: '*.a.*.com', name: 'x.a.y.com', covered: true },
  {
    when: 'a wildcard and a label with a dot in it',
    pattern: '=*.example.com',
    name: 'a\\.b.example.com',
    covered: true,
  },
  {
    when: 'a wildcard and a label that is an asterisk',
    pattern: '=*.example.com',
    name: '*.example.com',
    covered: true,
  },
  { when: 'the root and anything', pattern: '.', name: 'example.com', covered: true },
  { when: 'the root and itself', pattern: '.', name: '.', covered: true },
  { when: 'only the root', pattern: '=.', name: 'com', covered: false },
  { when: 'an IDN', pattern: '*.bücher.example', name: 'a.xn--bcher-kva.example', covered: true },
  { when: 'upper case', pattern: 'EXAMPLE.com', name: 'a.example.COM', covered: true },
];
for (const { when, pattern, name, covered } of coverage) {
  test(`covers: ${when}`, () => {
    const parsed = parseName(name);
    assert.equal(covers(parsePattern(pattern), parsed, labelsOf(parsed)), covered);
  });
}

const notations = [
  'example.com',
  '=example.com',
  'a.*.example.com',
  '*.example.com',
  '=*.*.com',
  '.',
  '=.',
  'a\\.b.com',
];
for (const notation of notations) {
  test(`formatPattern gives ${notation} back`, () =>
    assert.equal(formatPattern(parsePattern(notation)), notation));
}

const anchors = [
  { pattern: 'example.com', anchor: 'example.com' },
  { pattern: 'a.*.example.com', anchor: 'example.com' },
  { pattern: '*.*.com', anchor: 'com' },
  { pattern: '.', anchor: '.' },
];
for (const { pattern, anchor } of anchors) {
  test(`the anchor of ${pattern} is ${anchor}`, () =>
    assert.equal(parsePattern(pattern).anchor, anchor));
}

const refused = [
  { when: 'a wildcard at the right end', text: 'example.*', says: /ends in a wildcard/ },
  { when: 'only a wildcard', text: '*', says: /ends in a wildcard/ },
  { when: 'a wildcard inside a label', text: 'a*.example.com', says: /inside a label/ },
  { when: 'two wildcards in a label', text: '**.example.com', says: /inside a label/ },
  {
    when: 'a wildcard behind an escaped backslash',
    text: 'a\\\\*.example.com',
    says: /inside a label/,
  },
  { when: 'an escaped wildcard', text: '\\*.example.com', says: /inside a label/ },
  { when: 'a wildcard in decimal', text: '\\042.example.com', says: /inside a label/ },
  { when: 'nothing', text: '', says: /is empty/ },
  { when: 'only the sign', text: '=', says: /is empty/ },
  { when: 'two signs', text: '==example.com', says: /"="/ },
  { when: 'a URL', text: 'https://example.com/', says: /bare domain/ },
  { when: 'an address', text: '=192.0.2.1', says: /ends in a number/ },
  { when: 'an empty label', text: '*..com', says: /empty label/ },
];
for (const { when, text, says } of refused) {
  test(`parsePattern refuses ${when}`, () => {
    assert.throws(
      () => parsePattern(text),
      (error) => error instanceof ParseError && says.test(error.message),
    );
  });
}

const orders = [
  { when: 'more labels', first: 'a.example.com', second: 'example.com' },
  { when: 'more labels, wildcards among them', first: '*.*.example.com', second: 'a.example.com' },
  { when: 'a label written out', first: 'a.example.com', second: '*.example.com' },
  {
    when: 'a label written out nearer to the root',
    first: '*.b.example.com',
    second: 'a.*.example.com',
  },
  { when: 'the one name', first: '=a.example.com', second: 'a.example.com' },
  {
    when: 'a label written out, even against one name',
    first: 'a.example.com',
    second: '=*.example.com',
  },
  { when: 'anything against the root', first: 'com', second: '.' },
];
for (const { when, first, second } of orders) {
  test(`more specific: ${when}`, () => {
    assert.ok(compareSpecificity(parsePattern(first), parsePattern(second)) < 0);
    assert.ok(compareSpecificity(parsePattern(second), parsePattern(first)) > 0);
    assert.equal(compareSpecificity(parsePattern(first), parsePattern(first)), 0);
  });
}

const reaches = [
  { when: 'the same name', pattern: 'example.com', domain: 'example.com', inside: true },
  {
    when: 'a name below the domain',
    pattern: 'a.example.com',
    domain: 'example.com',
    inside: true,
  },
  {
    when: 'one name below the domain',
    pattern: '=a.example.com',
    domain: 'example.com',
    inside: true,
  },
  {
    when: 'a subtree that holds the domain',
    pattern: 'example.com',
    domain: 'a.example.com',
    inside: true,
  },
  {
    when: 'one name above the domain',
    pattern: '=example.com',
    domain: 'a.example.com',
    inside: false,
  },
  {
    when: 'a wildcard that the domain fills',
    pattern: 'a.*.example.com',
    domain: 'a.eu.example.com',
    inside: true,
  },
  {
    when: 'a wildcard that the domain ends in',
    pattern: 'a.*.example.com',
    domain: 'eu.example.com',
    inside: true,
  },
  {
    when: 'a label the domain has not',
    pattern: 'a.*.example.com',
    domain: 'b.eu.example.com',
    inside: false,
  },
  { when: 'a neighbour', pattern: 'example.net', domain: 'example.com', inside: false },
  { when: 'the root as domain', pattern: 'example.com', domain: '.', inside: true },
];
for (const { when, pattern, domain, inside } of reaches) {
  test(`reachesInto: ${when}`, () =>
    assert.equal(reachesInto(parsePattern(pattern), parseName(domain)), inside));
}
