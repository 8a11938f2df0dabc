import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Line, line, span, type Tone } from '../../src/tui/line.ts';
import { createPainter } from '../../src/tui/paint.ts';
import { partsOf } from '../../src/tui/style.ts';
import { themeOf } from '../../src/tui/theme.ts';
import { createPrng } from '../support/prng.ts';
import { createEmulator } from './emulator.ts';

const theme = themeOf('dark', { TERM: 'xterm-256color' });
const painted = (lines: readonly Line[], width: number) =>
  lines.map((row) => partsOf(row, width, theme));

/** What a terminal shows that is painted from nothing. */
function fresh(lines: readonly Line[], width: number): readonly string[] {
  const emulator = createEmulator(width, lines.length);
  emulator.write(createPainter().paint(painted(lines, width), width));
  return emulator.rows();
}

const WORDS = [
  'ngrok',
  'a',
  '漢字',
  'é',
  '…',
  '▸',
  '12s',
  '   ',
  'e\u0301',
  '👨‍👩‍👧',
  'blocked',
  '',
];
const TONES: readonly Tone[] = ['plain', 'dim', 'bad', 'key'];

test('createPainter: whatever changes, the terminal shows what it would show afresh', () => {
  const random = createPrng(3);
  const width = 30;
  const randomLine = (): Line => {
    let room = width;
    const spans = Array.from({ length: random.below(6) }, () =>
      span(random.pick(WORDS), random.pick(TONES)),
    ).filter(({ text }) => {
      const fits = text.length * 2 <= room;
      if (fits) room -= text.length * 2;
      return fits;
    });
    return { spans, ...(random.below(8) === 0 ? { chosen: true } : {}) };
  };
  const painter = createPainter();
  const emulator = createEmulator(width, 12);
  let lines: readonly Line[] = Array.from({ length: 12 }, randomLine);
  for (let step = 0; step < 400; step++) {
    const kind = random.below(4);
    const by = random.below(4) + 1;
    if (kind === 0) lines = lines.map((row) => (random.below(3) === 0 ? randomLine() : row));
    if (kind === 1)
      lines = [lines[0] as Line, ...lines.slice(1 + by), ...Array.from({ length: by }, randomLine)];
    if (kind === 2)
      lines = [
        lines[0] as Line,
        ...Array.from({ length: by }, randomLine),
        ...lines.slice(1, 12 - by),
      ];
    if (kind === 3)
      lines = lines.map(({ spans }, i) => ({ spans, ...(i === by ? { chosen: true } : {}) }));
    assert.equal(lines.length, 12);
    emulator.write(painter.paint(painted(lines, width), width));
    assert.deepEqual(emulator.rows(), fresh(lines, width), `step ${step}`);
  }
});

const list = (at: number, top: number): readonly Line[] => [
  line('tabs'),
  ...Array.from({ length: 20 }, (_, i): Line => {
    const number = top + i;
    const row = line(`  192.0.2.${number}  `, span(`name-${number}.example`, 'key'), '  blocked');
    return { ...row, chosen: number === at };
  }),
];
const cost = (before: readonly Line[], after: readonly Line[]): number => {
  const painter = createPainter();
  painter.paint(painted(before, 80), 80);
  return Buffer.byteLength(painter.paint(painted(after, 80), 80));
};

const costs = [
  { when: 'nothing has changed', before: list(5, 0), after: list(5, 0), most: 0 },
  { when: 'the cursor goes a row down', before: list(5, 0), after: list(6, 0), most: 300 },
  { when: 'a list goes on by a row', before: list(19, 0), after: list(20, 1), most: 300 },
  { when: 'a list goes back by three rows', before: list(30, 30), after: list(27, 27), most: 400 },
  {
    when: 'a letter in the middle of a row',
    before: [line('seen 12s ago by 192.0.2.1')],
    after: [line('seen 13s ago by 192.0.2.1')],
    most: 8,
  },
];
for (const { when, before, after, most } of costs) {
  test(`createPainter: at most ${most} octets where ${when}`, () => {
    const octets = cost(before, after);
    assert.ok(octets <= most, `${octets}`);
  });
}

test('createPainter: forgotten, all is painted again', () => {
  const painter = createPainter();
  const rows = painted(list(5, 0), 80);
  const whole = painter.paint(rows, 80);
  assert.equal(painter.paint(rows, 80), '');
  painter.forget();
  assert.equal(painter.paint(rows, 80), whole);
});
