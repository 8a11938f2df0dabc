import assert from 'node:assert/strict';
import test from 'node:test';
import { csvCell, forTerminal, jsonLine } from '../src/text.ts';

const TERMINAL: readonly {
  readonly when: string;
  readonly text: string;
  readonly shown: string;
}[] = [
  { when: 'plain text', text: 'connect.ngrok-agent.com', shown: 'connect.ngrok-agent.com' },
  { when: 'letters of other scripts', text: 'Übung 例え', shown: 'Übung 例え' },
  { when: 'an escape sequence', text: '\x1b[31mred', shown: '\\x1b[31mred' },
  { when: 'a title sequence', text: '\x1b]0;title\x07', shown: '\\x1b]0;title\\x07' },
  { when: 'a one-octet control sequence', text: '\u009b31m', shown: '\\x9b31m' },
  { when: 'line ends and a tab', text: 'a\r\nb\tc', shown: 'a\\x0d\\x0ab\\x09c' },
  { when: 'backspace and delete', text: 'a\b\x7f', shown: 'a\\x08\\x7f' },
  { when: 'NUL', text: '\0', shown: '\\x00' },
  { when: 'a bidi override', text: 'moc.\u202ekorgn', shown: 'moc.\\u{202e}korgn' },
  { when: 'a bidi isolate', text: '\u2066x\u2069', shown: '\\u{2066}x\\u{2069}' },
  { when: 'a zero width space', text: 'ng\u200brok', shown: 'ng\\u{200b}rok' },
  { when: 'a letter that shows as nothing', text: 'ng\u3164rok', shown: 'ng\\u{3164}rok' },
  { when: 'a line separator', text: 'a\u2028b', shown: 'a\\u{2028}b' },
  { when: 'a lone surrogate', text: 'a\ud800b', shown: 'a\\u{d800}b' },
  { when: 'a tag character beyond the first plane', text: '\u{e0041}', shown: '\\u{e0041}' },
];

for (const { when, text, shown } of TERMINAL) {
  test(`forTerminal: ${when}`, () => assert.equal(forTerminal(text), shown));
}

test('forTerminal: nothing is left that acts on a terminal', () => {
  for (let code = 0; code < 0x11_0000; code++) {
    const shown = forTerminal(String.fromCodePoint(code));
    assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  }
});

const CSV: readonly { readonly when: string; readonly text: string; readonly cell: string }[] = [
  { when: 'plain text', text: 'ngrok.com', cell: 'ngrok.com' },
  { when: 'nothing', text: '', cell: '' },
  { when: 'a comma', text: 'a,b', cell: '"a,b"' },
  { when: 'a quote', text: 'a"b', cell: '"a""b"' },
  { when: 'a line end', text: 'a\r\nb', cell: '"a\r\nb"' },
  { when: 'a formula', text: '=1+1', cell: "'=1+1" },
  { when: 'a formula with a quote', text: '=HYPERLINK("x")', cell: '"\'=HYPERLINK(""x"")"' },
  { when: 'a sum', text: '+1', cell: "'+1" },
  { when: 'a difference', text: '-1', cell: "'-1" },
  { when: 'a call', text: '@SUM(A1)', cell: "'@SUM(A1)" },
  { when: 'a tab in front', text: '\t=1', cell: "'\t=1" },
  { when: 'a return in front', text: '\r=1', cell: '"\'\r=1"' },
  { when: 'the sign of a formula further on', text: 'a=1', cell: 'a=1' },
];

for (const { when, text, cell } of CSV) {
  test(`csvCell: ${when}`, () => assert.equal(csvCell(text), cell));
}

const JSON_LINES: readonly {
  readonly when: string;
  readonly value: unknown;
  readonly line: string;
}[] = [
  { when: 'plain values', value: { a: 1, b: 'ü' }, line: '{"a":1,"b":"ü"}' },
  { when: 'controls', value: '\x1b\n', line: String.raw`"\u001b\n"` },
  { when: 'delete and one-octet controls', value: '\x7f\x9b', line: String.raw`"\u007f\u009b"` },
  { when: 'line separators', value: '\u2028\u2029', line: String.raw`"\u2028\u2029"` },
  { when: 'a bidi override', value: '\u202e', line: String.raw`"\u202e"` },
  { when: 'a tag character', value: '\u{e0041}', line: String.raw`"\udb40\udc41"` },
];

for (const { when, value, line } of JSON_LINES) {
  test(`jsonLine: ${when}`, () => {
    assert.equal(jsonLine(value), line);
    assert.deepEqual(JSON.parse(line), value);
  });
}
