import type { IncidentState, Severity } from '../../attempts/incident/incident.ts';
import type { Fact } from '../../identity/fact.ts';
import { counted } from '../../text.ts';
import { EMPTY_LINE, type Line, line, span, widthOf } from '../line.ts';
import type { Context } from '../screen.ts';
import type { IncidentDetail, KnownIncident } from '../source.ts';
import { attemptLine } from './attempt.ts';
import { exceptionLine } from './exception.ts';
import { cells, flowed, hanging, titleLine, wrapped } from './layout.ts';
import { timelineLines } from './timeline.ts';
import { agoOf, shortAgo } from './times.ts';
import {
  FACT_WORDS,
  fullCallOf,
  IDENTITY_HINT,
  isOpen,
  SEVERITY_TONES,
  SOURCE_WORDS,
  STATE_TONES,
  severityText,
} from './words.ts';

type Space = Pick<Context, 'width' | 'now' | 'glyphs'>;

const STATE_SENTENCES: Readonly<Record<IncidentState, string>> = {
  new: 'New: nobody has looked at it yet.',
  reopened: 'Reopened: more has happened since it was looked at.',
  acknowledged: 'Acknowledged: somebody knows of it.',
  excepted: 'Excepted: it is allowed for some time.',
  closed: 'Closed.',
};

/** All that is known of an incident, the answer to "what should I do" near the top. */
export function incidentLines(detail: IncidentDetail, space: Space): readonly Line[] {
  const { incident, reasons, facts, exceptions, attempts } = detail;
  const { width, now, glyphs } = space;
  const titled = (title: string, lines: readonly Line[]) =>
    lines.length === 0 ? [] : [EMPTY_LINE, titleLine(title, width, glyphs), ...lines];
  return [
    ...headLines(incident, space),
    ...titled(
      `Why ${incident.severity}`,
      reasons.flatMap((reason) => reasonLines(reason.severity, reason.text, space)),
    ),
    ...titled('What happened', timelineLines(detail, space)),
    ...titled('Who', factLines(facts, space)),
    ...titled(
      'Exceptions',
      exceptions.map((exception) => exceptionLine(exception, now, glyphs)),
    ),
    ...titled(
      'Last attempts',
      attempts.map((attempt) => attemptLine(attempt, space)),
    ),
  ];
}

function headLines(incident: KnownIncident, { width, now, glyphs }: Space): readonly Line[] {
  const { severity, service, client, state, team, first, last, count, ways } = incident;
  const passed = [...ways.values()].reduce((sum, way) => sum + way.passed, 0);
  const who = fullCallOf(incident, client) + (team === undefined ? '' : ` of team ${team}`);
  const tries = `${counted(count, 'attempt')} on ${counted(ways.size, 'way')}`;
  const when = `first ${agoOf(first, now)}, last ${agoOf(last, now)}`;
  return [
    line(
      span(severityText(severity, glyphs), SEVERITY_TONES[severity]),
      span(`  ${service ?? 'no known service'}`, 'strong'),
    ),
    ...wrapped(`By ${who}: ${tries}, ${when}.`, width),
    ...flowed(
      [
        [span(outcomeOf(passed, count), passed > 0 ? 'bad' : 'good')],
        [span(STATE_SENTENCES[state], STATE_TONES[state])],
      ],
      width,
      ' ',
    ),
    ...wrapped(adviceOf(incident, passed), width, 'key'),
  ];
}

function outcomeOf(passed: number, count: number): string {
  if (passed === 0) return 'All of it was refused.';
  return passed >= count ? 'None of it was refused.' : `${passed} of them got through.`;
}

/** The next step, with its keys. */
function adviceOf({ state, severity }: KnownIncident, passed: number): string {
  if (!isOpen(state)) return 'Nothing to do. r reopens it, n adds a note.';
  if (passed > 0) return 'Ask its owner now. a acknowledges; e allows it for some time.';
  if (severity === 'high' || severity === 'medium') {
    return 'Ask its owner what it is for. a acknowledges; e allows it for some time.';
  }
  return 'Nothing urgent. a acknowledges it, c closes it.';
}

function reasonLines(severity: Severity, text: string, { width, glyphs }: Space): readonly Line[] {
  const label = span(severityText(severity, glyphs), SEVERITY_TONES[severity]);
  return hanging(label, text, { width, indent: 10 });
}

/** Facts as a table: what, what it is, who says so and since when. */
export function factLines(facts: readonly Fact[], { width, now, glyphs }: Space): readonly Line[] {
  if (facts.length === 0) {
    return wrapped(`Nothing is known beyond the address. ${IDENTITY_HINT}`, width, 'dim');
  }
  const from = (fact: Fact) => `${SOURCE_WORDS[fact.source]}, ${shortAgo(fact.time, now)}`;
  const room = Math.max(8, width - FACT - 2 - Math.max(...facts.map((fact) => from(fact).length)));
  const widest = Math.max(...facts.map(({ value }) => widthOf(span(value).text)));
  return facts.map((fact) => ({
    spans: cells(
      [
        [FACT_WORDS[fact.kind], FACT - 2, 'dim'],
        [fact.value, Math.min(room, widest)],
        [from(fact), Math.max(0, width - FACT - 2 - Math.min(room, widest)), 'dim'],
      ],
      glyphs,
    ),
  }));
}

/** Columns of what kind a fact is of. */
const FACT = 11;
