import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Input } from '../../src/tui/event.ts';
import { readInput, readRest } from '../../src/tui/input.ts';
import { createPrng } from '../support/prng.ts';
import { key } from './support.ts';

const keyed = (name: string, text?: string): Input => ({ kind: 'key', key: key(name, text) });

const cases: readonly { when: string; octets: string; inputs: readonly Input[]; rest?: string }[] =
  [
    { when: 'a letter', octets: 'a', inputs: [keyed('a')] },
    { when: 'a capital letter', octets: 'G', inputs: [keyed('G')] },
    {
      when: 'letters of more octets',
      octets: 'é漢😀',
      inputs: [keyed('é'), keyed('漢'), keyed('😀')],
    },
    { when: 'a space', octets: ' ', inputs: [keyed('space', ' ')] },
    { when: 'enter', octets: '\r', inputs: [keyed('enter')] },
    { when: 'tab and backtab', octets: '\t\x1b[Z', inputs: [keyed('tab'), keyed('shift+tab')] },
    { when: 'both backspaces', octets: '\x7f\b', inputs: [keyed('backspace'), keyed('backspace')] },
    { when: 'ctrl with letters', octets: '\x01\x1a', inputs: [keyed('ctrl+a'), keyed('ctrl+z')] },
    { when: 'arrows', octets: '\x1b[A\x1bOB', inputs: [keyed('up'), keyed('down')] },
    { when: 'arrows with modifiers', octets: '\x1b[1;5C', inputs: [keyed('ctrl+right')] },
    { when: 'pages', octets: '\x1b[5~\x1b[6~', inputs: [keyed('pageup'), keyed('pagedown')] },
    {
      when: 'home and end of several terminals',
      octets: '\x1b[H\x1b[1~\x1b[7~\x1bOF',
      inputs: [keyed('home'), keyed('home'), keyed('home'), keyed('end')],
    },
    {
      when: 'escape and a letter that came together',
      octets: '\x1bx',
      inputs: [keyed('escape'), keyed('x')],
    },
    { when: 'a function key', octets: '\x1bOP', inputs: [keyed('f1')] },
    {
      when: 'a click',
      octets: '\x1b[<0;12;3M\x1b[<0;12;3m',
      inputs: [{ kind: 'click', column: 11, row: 2 }],
    },
    {
      when: 'the wheel',
      octets: '\x1b[<64;1;1M\x1b[<65;1;1M',
      inputs: [
        { kind: 'wheel', by: -1 },
        { kind: 'wheel', by: 1 },
      ],
    },
    { when: 'other buttons', octets: '\x1b[<2;1;1M', inputs: [] },
    {
      when: 'a paste with escapes in it',
      octets: '\x1b[200~q\x1b[Ay\n\x1b[201~z',
      inputs: [{ kind: 'paste', text: 'q\x1b[Ay\n' }, keyed('z')],
    },
    { when: 'a sequence nobody knows', octets: '\x1b[>0;276;0cq', inputs: [keyed('q')] },
    {
      when: 'what a terminal answers',
      octets: '\x1b]11;rgb:0/0/0\x07\x1bP1$r0m\x1b\\q',
      inputs: [keyed('q')],
    },
    { when: 'an escape that may be more', octets: 'a\x1b', inputs: [keyed('a')], rest: '\x1b' },
    { when: 'half of an arrow', octets: '\x1b[', inputs: [], rest: '\x1b[' },
    { when: 'half of a paste', octets: '\x1b[200~abc', inputs: [], rest: '\x1b[200~abc' },
    { when: 'escape twice', octets: '\x1b\x1b', inputs: [keyed('escape')], rest: '\x1b' },
    { when: 'C1 controls', octets: '\x9bq', inputs: [keyed('q')] },
  ];
for (const { when, octets, inputs, rest = '' } of cases) {
  test(`readInput: ${when}`, () => assert.deepEqual(readInput(octets), { inputs, rest }));
}

test('readRest: escape by itself', () => assert.deepEqual(readRest('\x1b'), [keyed('escape')]));
test('readRest: the beginning of a paste is no key', () =>
  assert.deepEqual(readRest('\x1b[200~ab'), []));

test('readInput: cut anywhere, the same comes out', () => {
  const octets = cases
    .filter(({ rest }) => rest === undefined)
    .map((each) => each.octets)
    .join('');
  const whole = readInput(octets).inputs;
  const letters = [...octets];
  for (let at = 1; at < letters.length; at++) {
    const first = readInput(letters.slice(0, at).join(''));
    const second = readInput(first.rest + letters.slice(at).join(''));
    assert.deepEqual([...first.inputs, ...second.inputs], whole, `cut at ${at}`);
  }
});

test('readInput: random octets end, and what is left is a beginning', () => {
  const random = createPrng(7);
  for (let i = 0; i < 3000; i++) {
    const octets = Array.from({ length: 1 + random.below(12) }, () =>
      random.pick([...'\x1b\x1b[]<O;0123~MmAZaP\x07\x9b é']),
    ).join('');
    const { rest } = readInput(octets);
    assert.ok(rest === '' || rest.startsWith('\x1b'), JSON.stringify(octets));
  }
});
