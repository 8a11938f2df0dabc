import { counted } from '../../text.ts';
import { EMPTY_LINE, type Line, line, span } from '../line.ts';
import type { Context } from '../screen.ts';
import type { ClientDetail, ClientRow } from '../source.ts';
import { factLines } from './incident.ts';
import { cells, titleLine, wrapped } from './layout.ts';
import { ageOf, agoOf } from './times.ts';
import {
  figure,
  fullCallOf,
  SEVERITY_TONES,
  STATE_TONES,
  STATE_WORDS,
  severityText,
} from './words.ts';

type Space = Pick<Context, 'width' | 'now' | 'glyphs'>;

/** All that is known of a client; `row` is missing where it came from elsewhere. */
export function clientLines(
  address: string,
  row: ClientRow | undefined,
  { facts, incidents, names }: ClientDetail,
  space: Space,
): readonly Line[] {
  const { width, now, glyphs } = space;
  return [
    ...wrapped(fullCallOf(row ?? {}, address), width, 'strong'),
    ...(row ? wrapped(sumOf(row, now), width, row.open > 0 ? 'warn' : 'plain') : []),
    EMPTY_LINE,
    titleLine('Who', width, glyphs),
    ...factLines(facts, space),
    EMPTY_LINE,
    titleLine('Incidents', width, glyphs),
    ...(incidents.length === 0 ? [line(span('None.', 'dim'))] : []),
    ...incidents.map((incident) => incidentLine(incident, space)),
    EMPTY_LINE,
    titleLine('Names it asked for', width, glyphs),
    ...(names.length === 0 ? [line(span('None.', 'dim'))] : []),
    ...names.map((name) => nameLine(name, space)),
  ];
}

function sumOf({ incidents, open, attempts, services, last, team }: ClientRow, now: number) {
  const whose = team === undefined ? '' : `Team ${team}. `;
  const look = open === 0 ? 'none of them needs a look' : `${open} of them to look at`;
  const what = services.length === 0 ? '' : ` of ${services.join(', ')}`;
  return `${whose}${counted(incidents, 'incident')}, ${look}; ${counted(attempts, 'attempt')}${what}, the last ${agoOf(last, now)}.`;
}

function incidentLine(
  { severity, state, service, count, last }: ClientDetail['incidents'][number],
  { now, glyphs }: Space,
): Line {
  return {
    spans: cells(
      [
        [severityText(severity, glyphs), 8, SEVERITY_TONES[severity]],
        [STATE_WORDS[state], 8, STATE_TONES[state]],
        [service ?? '-', 14],
        [`${glyphs.times}${figure(count)}`, 6, 'plain', 'right'],
        [ageOf(last, now), 6, 'dim', 'right'],
      ],
      glyphs,
    ),
  };
}

function nameLine(
  { key, attempts, last }: ClientDetail['names'][number],
  { width, now, glyphs }: Space,
): Line {
  const room = Math.max(8, Math.min(60, width - 6 - 6 - 4));
  return {
    spans: cells(
      [
        [key ?? 'no name', room],
        [`${glyphs.times}${figure(attempts)}`, 6, 'plain', 'right'],
        [ageOf(last, now), 6, 'dim', 'right'],
      ],
      glyphs,
    ),
  };
}
