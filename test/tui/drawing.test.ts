import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { edited, type Field, fieldOf, fieldSpans, inserted } from '../../src/tui/edit.ts';
import { ranked } from '../../src/tui/fuzzy.ts';
import { UNICODE } from '../../src/tui/glyphs.ts';
import { line, lineWidth, plainText, SIMPLE, span, wrappedTexts } from '../../src/tui/line.ts';
import { clipboardSequence, multiplexerOf } from '../../src/tui/osc52.ts';
import { partsOf } from '../../src/tui/style.ts';
import { THEMES, themeNameOf, themeOf } from '../../src/tui/theme.ts';
import { key } from './support.ts';

const row = line(span('#3 ', 'key'), 'plain ', span('bad', 'bad'), span(' worse', 'bad'));

test('partsOf: neighbours of one tone together', () => {
  assert.deepEqual(partsOf(row, 40, themeOf('none', {})), [
    { text: '#3 ', codes: '1' },
    { text: 'plain ', codes: '' },
    { text: 'bad worse', codes: '1;4' },
  ]);
});

test('partsOf: a chosen line reaches over the whole width', () => {
  assert.deepEqual(partsOf({ ...row, chosen: true }, 20, themeOf('none', {})), [
    { text: '#3 plain bad worse  ', codes: '7' },
  ]);
});

test('SIMPLE: every letter of it takes one column, whatever stands beside it', () => {
  for (let code = 0x20; code < 0x3000; code++) {
    const letter = String.fromCharCode(code);
    if (!SIMPLE.test(letter)) continue;
    assert.equal(stringWidth(letter), 1, code.toString(16));
    assert.equal(stringWidth(`${letter}${letter}a`), 3, code.toString(16));
  }
});

test('themes: without colours none is in them', () => {
  for (const tone of Object.values(themeOf('none', { TERM: 'xterm-256color' }))) {
    assert.match(tone, /^([147](;[147])*)?$/);
  }
});

test('themes: good and bad are told apart by who cannot tell red from green', () => {
  for (const hints of [{ TERM: 'xterm-256color' }, { TERM: 'linux' }]) {
    for (const name of THEMES) {
      const { good, bad } = themeOf(name, hints);
      assert.notEqual(good, bad);
      assert.match(bad, /\b1\b/, 'bad is bold beside');
      assert.doesNotMatch(good, /(^|;)(32|38;5;(2|10|34|40|46))($|;|m)/, 'good is not green');
    }
  }
});

const themes = [
  { when: 'asked for', wanted: 'light', env: { NO_COLOR: '1' }, name: 'light' },
  { when: 'NO_COLOR', wanted: 'auto', env: { NO_COLOR: '1' }, name: 'none' },
  { when: 'a light background', wanted: 'auto', env: { COLORFGBG: '0;15' }, name: 'light' },
  {
    when: 'a light background, in three parts',
    wanted: 'auto',
    env: { COLORFGBG: '0;default;15' },
    name: 'light',
  },
  { when: 'a dark background', wanted: 'auto', env: { COLORFGBG: '15;0' }, name: 'dark' },
  { when: 'nothing known', wanted: 'auto', env: {}, name: 'dark' },
] as const;
for (const { when, wanted, env, name } of themes) {
  test(`themeNameOf: ${when}`, () => assert.equal(themeNameOf(wanted, env), name));
}

const edits: readonly { when: string; keys: readonly string[]; from: string; to: string }[] = [
  { when: 'letters', from: 'ab|', keys: ['c'], to: 'abc|' },
  { when: 'in the middle', from: 'a|b', keys: ['x'], to: 'ax|b' },
  { when: 'backspace', from: 'ab|c', keys: ['backspace'], to: 'a|c' },
  { when: 'delete', from: 'a|bc', keys: ['delete'], to: 'a|c' },
  { when: 'a family is one letter', from: 'a👨‍👩‍👧|', keys: ['backspace'], to: 'a|' },
  { when: 'left over a combined letter', from: 'e\u0301|', keys: ['left'], to: '|e\u0301' },
  { when: 'a word', from: 'one two |three', keys: ['ctrl+w'], to: 'one |three' },
  { when: 'all before', from: 'one |two', keys: ['ctrl+u'], to: '|two' },
  { when: 'all behind', from: 'one |two', keys: ['ctrl+k'], to: 'one |' },
  { when: 'to the ends', from: 'ab|c', keys: ['home', 'x', 'end', 'y'], to: 'xabcy|' },
];
const fieldAt = (text: string): Field => ({ text: text.replace('|', ''), at: text.indexOf('|') });
for (const { when, from, keys, to } of edits) {
  test(`edited: ${when}`, () => {
    const field = keys.reduce((last, name) => edited(last, key(name)) ?? last, fieldAt(from));
    assert.deepEqual(field, fieldAt(to));
  });
}

test('inserted: lines become one, and a flood is refused', () => {
  assert.equal(inserted(fieldOf(''), 'a\r\nb\x1b[2Jc').text, 'a b [2Jc');
  assert.equal(inserted(fieldOf('x'), 'y'.repeat(1_000_000)).text, 'x');
});

test('fieldSpans: never wider than the room, and the cursor is in it', () => {
  for (const text of ['', 'short', 'x'.repeat(300), '漢'.repeat(80), 'a\u202eb'.repeat(40)]) {
    for (const at of [0, Math.floor(text.length / 2), text.length]) {
      for (const width of [10, 40, 79]) {
        const spans = fieldSpans({ text, at }, width, UNICODE);
        assert.ok(lineWidth({ spans }) <= width + 7, `${text.slice(0, 9)} at ${at} in ${width}`);
        assert.ok(spans.some(({ tone }) => tone === 'here'));
      }
    }
  }
});

test('wrapped: at spaces, and a word too long for a line is broken', () => {
  assert.deepEqual(wrappedTexts('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrappedTexts('abcdefghij k', 4), ['abcd', 'efgh', 'ij k']);
});

test('ranked: the beginning of a word before letters here and there; nothing typed leaves the order', () => {
  const rows = ['refresh the list', 'freeze what is shown', 'go to Firewall'];
  assert.deepEqual(ranked(rows, '', String), rows);
  assert.equal(ranked(rows, 'fre', String)[0], 'freeze what is shown');
  assert.equal(ranked(rows, 'fw', String)[0], 'freeze what is shown');
  assert.deepEqual(ranked(rows, 'zzz', String), []);
});

const base64 = Buffer.from('a.example').toString('base64');
const clips = [
  { when: 'a terminal', env: {}, octets: `\x1b]52;c;${base64}\x07` },
  {
    when: 'tmux, which takes it or lets it through',
    env: { TMUX: '/tmp/x' },
    octets: `\x1b]52;c;${base64}\x07\x1bPtmux;\x1b\x1b]52;c;${base64}\x07\x1b\\`,
  },
  { when: 'screen', env: { STY: '1' }, octets: `\x1bP\x1b]52;c;${base64}\x07\x1b\\` },
];
for (const { when, env, octets } of clips) {
  test(`clipboardSequence: ${when}`, () =>
    assert.equal(clipboardSequence('a.example', multiplexerOf(env)), octets));
}

test('clipboardSequence: in pieces for screen, and not at all where it is too long', () => {
  const pieces = clipboardSequence('x'.repeat(3000), 'screen') ?? '';
  const joined = pieces.replaceAll('\x1b\\\x1bP', '');
  assert.equal(
    joined,
    `\x1bP\x1b]52;c;${Buffer.from('x'.repeat(3000)).toString('base64')}\x07\x1b\\`,
  );
  assert.equal(clipboardSequence('x'.repeat(80_000), undefined), undefined);
});

test('plainText: what is read aloud has no tones', () =>
  assert.equal(plainText(row), '#3 plain bad worse'));
