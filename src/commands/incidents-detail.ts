import { styleText } from 'node:util';
import type { StoredAttempt } from '../attempts/attempt.ts';
import type { Act, Reason } from '../attempts/incident/incident.ts';
import { isOpen } from '../attempts/incident/query.ts';
import { undoneOf } from '../attempts/incident/state.ts';
import {
  clientText,
  incidentView,
  type LabelledIncident,
  SEVERITY_COLOURS,
} from '../attempts/incident/view.ts';
import { formatMoment } from '../attempts/moment.ts';
import type { Step } from '../attempts/story.ts';
import { stepColumns } from '../attempts/story-view.ts';
import { type Column, createTable, type Screen } from '../attempts/table.ts';
import { attemptView } from '../attempts/view.ts';
import type { Fact } from '../identity/fact.ts';
import { counted, forTerminal, jsonLine } from '../text.ts';
import { wrap } from './output.ts';

/** All that is told of one incident. */
export type Detail = {
  readonly incident: LabelledIncident;
  readonly reasons: readonly Reason[];
  readonly facts: readonly Fact[];
  readonly steps: readonly Step[];
  /** The oldest first. */
  readonly acts: readonly Act[];
  /** The last ones, the newest first. */
  readonly attempts: readonly StoredAttempt[];
};

const INDENT = '  ';

export function detailText(detail: Detail, screen: Screen): string {
  const { incident, reasons, facts, steps, acts, attempts } = detail;
  const inner = { ...screen, width: screen.width - INDENT.length };
  const undone = undoneOf(acts);
  const sections = [
    section(
      'Why',
      reasons.flatMap((reason) => reasonLines(reason, inner)),
      inner,
    ),
    section('What its agent tried', bare(STEPS, steps, inner), inner),
    section('Known of the client', bare(FACTS, facts, inner), inner),
    section(
      'What people did',
      acts.flatMap((act) => actLines(act, undone, inner)),
      inner,
    ),
    section(
      'Its last attempts',
      createTable(attemptView.columns(inner.width), inner)(attempts),
      inner,
    ),
    section('What to do', adviceOn(incident), inner),
  ];
  const lines = [...headLines(incident, screen), ...sections.flat()];
  return lines.map((line) => `${line}\n`).join('');
}

/** The same as one line of JSON. */
export function detailJson({ incident, reasons, facts, steps, acts, attempts }: Detail): string {
  const { fields } = incidentView;
  const timed = <T extends { readonly first: number; readonly last: number }>(row: T) => ({
    ...row,
    ...{ first: isoTime(row.first), last: isoTime(row.last) },
  });
  const dated = <T extends { readonly time: number }>(row: T) => ({
    ...row,
    time: isoTime(row.time),
  });
  return `${jsonLine({
    ...Object.fromEntries(fields.map(({ name, value }) => [name, value(incident)])),
    reasons,
    facts: facts.map(dated),
    steps: steps.map(timed),
    acts: acts.map(dated),
    attempts: attempts.map(timed),
  })}\n`;
}

const isoTime = (time: number) => new Date(time).toISOString();

function headLines(incident: LabelledIncident, { colour }: Screen): readonly string[] {
  const { id, severity, state, service, first, last, count, team } = incident;
  const title = `Incident ${id}: ${severity}, ${state}`;
  const shown = colour
    ? styleText(['bold', SEVERITY_COLOURS[severity]], title, { validateStream: false })
    : title;
  return [
    shown,
    `${INDENT}client   ${forTerminal(clientText(incident))}${team === undefined ? '' : `, ${forTerminal(team)}`}`,
    `${INDENT}service  ${forTerminal(service ?? 'none that is known')}`,
    `${INDENT}seen     ${formatMoment(first)} to ${formatMoment(last)}, ${counted(count, 'attempt')}`,
  ];
}

function section(title: string, lines: readonly string[], { colour }: Screen): readonly string[] {
  if (lines.length === 0) return [];
  const shown = colour ? styleText('bold', title, { validateStream: false }) : title;
  return ['', shown, ...lines.map((line) => INDENT + line)];
}

function reasonLines({ severity, text }: Reason, { width, colour }: Screen): readonly string[] {
  const margin = 'medium  '.length;
  return wrap(text, width - margin).map((line, i) => {
    const word = (i === 0 ? severity : '').padEnd(margin);
    const shown = colour
      ? styleText(SEVERITY_COLOURS[severity], word, { validateStream: false })
      : word;
    return shown + line;
  });
}

const ACT_WORDS: Readonly<Record<Act['kind'], string>> = {
  acknowledge: 'acknowledged it',
  close: 'closed it',
  reopen: 'reopened it',
  except: 'made an exception',
  note: 'noted',
  undo: 'took that back',
};

function actLines(
  { id, time, author, kind, note }: Act,
  undone: ReadonlySet<number>,
  { width }: Screen,
): readonly string[] {
  const about = note === undefined ? '' : `: ${note}`;
  const after = undone.has(id) ? ' (taken back)' : '';
  return wrap(
    forTerminal(`${formatMoment(time)}  ${author} ${ACT_WORDS[kind]}${about}${after}`),
    width,
  );
}

const STEPS = stepColumns((time) => formatMoment(time).slice(5));

const FACTS: readonly Column<Fact>[] = [
  { title: '', text: ({ kind }) => kind },
  { title: '', text: ({ value }) => value, least: 15 },
  { title: '', text: ({ source }) => source },
  { title: '', text: ({ time }) => formatMoment(time).slice(0, 16) },
];

/** Rows of columns that need no titles. */
function bare<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  screen: Screen,
): readonly string[] {
  return createTable(columns, screen)(rows).slice(1);
}

/** What can be done about what waits for somebody to do something. */
function adviceOn(incident: LabelledIncident): readonly string[] {
  if (!isOpen(incident)) return [];
  const { id, service = 'ID', client } = incident;
  return [
    `tunnelwarden incidents ack ${id}      somebody looks after it`,
    `tunnelwarden incidents close ${id}    it is dealt with`,
    'or let the client for some time:',
    forTerminal(`tunnelwarden allow --service ${service} --client ${client} \\`),
    `${INDENT}--for 1d --reason 'a demo' --incident ${id}`,
  ];
}
