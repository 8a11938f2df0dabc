import type { Act } from '../../attempts/incident/incident.ts';
import type { Step } from '../../attempts/story.ts';
import type { Glyphs } from '../glyphs.ts';
import { cutMiddle, type Line, line, span, widthOf } from '../line.ts';
import type { IncidentDetail } from '../source.ts';
import { hanging } from './layout.ts';
import { momentOf } from './times.ts';
import { ACT_PHRASES, WAY_PHRASES } from './words.ts';

type Space = { readonly width: number; readonly now: number; readonly glyphs: Glyphs };

/** What the client tried and what people did about it, in the order of time. */
export function timelineLines(
  { steps, acts }: Pick<IncidentDetail, 'steps' | 'acts'>,
  { width, now, glyphs }: Space,
): readonly Line[] {
  const times = [...steps.map(({ first }) => first), ...acts.map(({ time }) => time)];
  const column = Math.max(0, ...times.map((time) => momentOf(time, now).length));
  const space = { width: width - column - 2, now, glyphs };
  const entries = [
    ...steps.map((step) => ({ time: step.first, lines: [stepLine(step, space)] })),
    ...acts.map((act) => ({ time: act.time, lines: actLines(act, acts, space) })),
  ].sort((a, b) => a.time - b.time);
  return entries.flatMap(({ time, lines }) =>
    lines.map((one, i) => {
      const text = i === 0 ? momentOf(time, now) : '';
      return line(span(`${text.padStart(column)}  `, 'dim'), ...one.spans);
    }),
  );
}

function stepLine({ via, what, count, closed }: Step, { width, glyphs }: Space): Line {
  // A step is closed where every try was refused.
  const open = count > 1 ? 'some passed' : 'got through';
  const mark = closed ? `${glyphs.good} refused` : `${glyphs.bad} ${open}`;
  const phrase = `${WAY_PHRASES[via]} `;
  const times = count > 1 ? ` ${glyphs.times}${count}` : '';
  const left = STEP_WORD + phrase.length;
  const name = cutMiddle(
    span(what).text,
    Math.max(6, width - left - times.length),
    glyphs.ellipsis,
  );
  return line(
    span(mark.padEnd(STEP_WORD), closed ? 'good' : 'bad'),
    phrase,
    name,
    span(times, 'dim'),
  );
}

/** Columns of what became of a step. */
const STEP_WORD = 15;

function actLines(act: Act, acts: readonly Act[], { width, now, glyphs }: Space): readonly Line[] {
  const undone = acts.some(({ undoes }) => undoes === act.id);
  const label = span(`${glyphs.dot} ${act.author}`, 'note');
  const words = `${ACT_PHRASES[act.kind]}${objectOf(act, acts, now)}`;
  const note = act.note === undefined || act.note === '' ? '' : `: ${act.note}`;
  return hanging(label, `${words}${note}${undone ? ' (taken back)' : ''}`, {
    width,
    indent: Math.min(widthOf(label.text) + 1, Math.floor(width / 2)),
    tone: undone ? 'dim' : 'plain',
  });
}

/** What exactly was done, where the verb does not say it. */
function objectOf({ kind, exception, undoes }: Act, acts: readonly Act[], now: number): string {
  if (kind === 'except' && exception !== undefined) return ` #${exception}`;
  const before = kind === 'undo' ? acts.find(({ id }) => id === undoes) : undefined;
  return before ? ` what ${before.author} did at ${momentOf(before.time, now)}` : '';
}
