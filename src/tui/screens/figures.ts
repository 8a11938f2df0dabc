import type { Minute } from '../../attempts/note.ts';
import { EMPTY_LINE, type Line, line, type Span, span, type Tone } from '../line.ts';
import type { Context } from '../screen.ts';
import type { Overview } from '../source.ts';
import { BESIDE_GAP, beside, cells, titleLine } from './layout.ts';
import { barOf, lastMinutes, sparkline } from './sparkline.ts';
import { ageOf } from './times.ts';
import { callOf, figure } from './words.ts';

type Space = Pick<Context, 'width' | 'now' | 'glyphs'>;

type Series = {
  readonly label: string;
  readonly tone: Tone;
  readonly value: (minute: Minute) => number;
  readonly text: (value: number) => string;
};

const SERIES: readonly Series[] = [
  {
    label: 'questions',
    tone: 'good',
    value: ({ questions }) => questions,
    text: (value) => `${figure(value)} a minute`,
  },
  {
    label: 'refused',
    tone: 'note',
    value: ({ refused }) => refused,
    text: (value) => `${figure(value)} a minute`,
  },
  { label: 'slowest 1%', tone: 'warn', value: ({ p99 }) => p99, text: milliseconds },
];

function milliseconds(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return value >= 10 ? `${Math.round(value)} ms` : `${value.toFixed(value >= 1 ? 1 : 2)} ms`;
}

const [LABEL, FIGURES] = [10, 28];

/** How many minutes there is room for. */
export const minutesFor = (width: number) => Math.max(0, width - LABEL - FIGURES - 3);

/** Questions, refusals and latency over as many minutes as fit. */
export function sparkLines({ minutes }: Overview, { width, now, glyphs }: Space): readonly Line[] {
  const shown = lastMinutes(minutes, minutesFor(width), now);
  const known = shown.filter((minute) => minute !== undefined);
  return SERIES.map(({ label, tone, value, text }) => {
    const most = known.reduce((max, minute) => Math.max(max, value(minute)), 0);
    const last = shown.at(-1);
    const words =
      known.length === 0
        ? 'no figures of this time'
        : `${last ? text(value(last)) : 'none now'}, most ${text(most).replace(' a minute', '')}`;
    const values = shown.map((minute) => minute && value(minute));
    return line(
      span(label.padEnd(LABEL), 'dim'),
      ' ',
      span(sparkline(values, glyphs), tone),
      `  ${words}`,
    );
  });
}

/** Who tried most, and what, over a day: a block of `height` lines. */
export function topLines(
  { topClients, topServices }: Overview,
  height: number,
  { width, now, glyphs }: Space,
  isStacked = false,
): readonly Line[] {
  const clients = topClients.map((row) => [callOf(row, row.key ?? '-'), row.attempts] as const);
  const services = topServices.map(({ key, attempts }) => [key ?? 'no service', attempts] as const);
  const block = (title: string, rows: Ranked, lines: number, columns: number) =>
    rankedLines(title, rows.slice(0, lines - 1), { width: columns, now, glyphs });
  if (isStacked) {
    const half = Math.ceil((height - 1) / 2);
    const top = block('Top clients, 24 hours', clients, half, width);
    const bottom = block('Top services, 24 hours', services, height - 1 - half, width);
    return [...top, EMPTY_LINE, ...bottom];
  }
  const left = Math.floor((width - BESIDE_GAP) / 2);
  const right = width - BESIDE_GAP - left;
  return beside(
    block('Top clients, 24 hours', clients, height, left),
    block('Top services', services, height, right),
    left,
    { width, glyphs },
  );
}

type Ranked = readonly (readonly [text: string, count: number])[];

function rankedLines(title: string, rows: Ranked, { width, glyphs }: Space): readonly Line[] {
  const most = rows.reduce((max, [, count]) => Math.max(max, count), 0);
  const name = Math.max(8, Math.min(32, Math.floor(width * 0.45)));
  const bar = Math.max(0, width - name - 5 - 4);
  return [
    titleLine(title, width, glyphs),
    ...(rows.length === 0 ? [line(span('none', 'dim'))] : []),
    ...rows.map(([text, count]): Line => {
      const spans: readonly Span[] = cells(
        [
          [text, name],
          [figure(count), 5, 'strong', 'right'],
        ],
        glyphs,
      );
      return line(...spans, '  ', span(barOf(count, most, bar, glyphs), 'note'));
    }),
  ];
}

const CHANGE_TONES = { info: 'plain', warn: 'warn', error: 'bad' } as const;

/** What changed, the newest first: a block of at most `height` lines. */
export function changeLines(
  { changes }: Overview,
  height: number,
  { width, now, glyphs }: Space,
): readonly Line[] {
  const marks = { info: glyphs.dot, warn: glyphs.warn, error: glyphs.bad };
  return [
    titleLine('What changed', width, glyphs),
    ...(changes.length === 0 ? [line(span('nothing yet', 'dim'))] : []),
    ...changes
      .slice(0, Math.max(0, height - 1))
      .map(({ time, text, tone = 'info' }) =>
        line(
          span(`${ageOf(time, now).padStart(6)}  `, 'dim'),
          span(`${marks[tone]} ${text}`, CHANGE_TONES[tone]),
        ),
      ),
  ];
}
