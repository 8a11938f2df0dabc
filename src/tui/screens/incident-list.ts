import type { Way } from '../../attempts/incident/incident.ts';
import type { Glyphs } from '../glyphs.ts';
import { type Line, line, span } from '../line.ts';
import type { List } from '../list.ts';
import type { Context } from '../screen.ts';
import type { IncidentOrder, KnownIncident } from '../source.ts';
import type { Column } from '../table.ts';
import { ageOf } from './times.ts';
import {
  callOf,
  figure,
  needsLook,
  SEVERITY_TONES,
  STATE_TONES,
  STATE_WORDS,
  severityText,
  WAY_WORDS,
} from './words.ts';

/** From the narrowest screen to half of a wide one. */
export function incidentColumns(
  { now, glyphs, width }: Pick<Context, 'width' | 'now' | 'glyphs'>,
  marked: ReadonlySet<number> = new Set(),
): readonly Column<KnownIncident>[] {
  return [
    {
      title: 'SEVERITY',
      text: ({ severity }) => severityText(severity, glyphs),
      tone: ({ severity }) => SEVERITY_TONES[severity],
      ...{ least: 8, most: 8 },
    },
    {
      title: 'STATE',
      text: ({ state }) => STATE_WORDS[state],
      tone: ({ state }) => STATE_TONES[state],
      ...{ least: 8, most: 8 },
    },
    ...(marked.size === 0 ? [] : [markColumn(marked, glyphs)]),
    {
      title: 'CLIENT',
      text: (row) => callOf(row, row.client),
      ...{ least: 12, most: width < 100 ? 14 : 22 },
    },
    { title: 'SERVICE', text: ({ service }) => service ?? '-', ...{ least: 9, most: 13 } },
    { title: 'WAYS', text: ({ ways }) => waysText(ways), cut: 'end', least: 8, from: 70 },
    {
      title: 'TRIES',
      text: ({ count }) => figure(count),
      ...{ align: 'right' as const, least: 5, most: 5, from: 66 },
    },
    {
      title: 'FIRST',
      text: ({ first }) => ageOf(first, now),
      tone: () => 'dim' as const,
      ...{ align: 'right' as const, least: 6, most: 6, from: 88 },
    },
    {
      title: 'LAST',
      text: ({ last }) => ageOf(last, now),
      ...{ align: 'right' as const, least: 6, most: 6 },
    },
  ];
}

function markColumn(marked: ReadonlySet<number>, glyphs: Glyphs): Column<KnownIncident> {
  return {
    title: '',
    text: ({ id }) => (marked.has(id) ? glyphs.good : ' '),
    tone: () => 'key',
    ...{ least: 1, most: 1 },
  };
}

/** The ways in the order they were taken. */
export function waysText(ways: KnownIncident['ways']): string {
  return [...ways]
    .sort(([, a], [, b]) => a.first - b.first)
    .map(([way]: readonly [Way, unknown]) => WAY_WORDS[way])
    .join(', ');
}

const ORDER_WORDS: Readonly<Record<IncidentOrder, string>> = {
  severest: 'severest first',
  newest: 'newest first',
  latest: 'last seen first',
};

/** How many there are, how many of them want a look, and in which order they stand. */
export function incidentsHead(
  { rows, isAll }: List<KnownIncident>,
  { order, marked, width }: { order: IncidentOrder; marked: number; width: number },
): Line {
  const open = rows.filter(needsLook).length;
  const count = `${rows.length}${isAll ? '' : '+'} incident${rows.length === 1 ? '' : 's'}`;
  const look = open === 0 ? ', none needs a look' : `, ${open}${isAll ? '' : '+'} to look at`;
  return line(
    count,
    span(look, open === 0 ? 'good' : 'strong'),
    span(`, ${ORDER_WORDS[order]}`, 'dim'),
    span(
      marked === 0 ? '' : `   ${marked} marked${width < 78 ? '' : ': a, A, c and r act on them'}`,
      'key',
    ),
  );
}
