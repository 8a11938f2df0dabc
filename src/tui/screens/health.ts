import type { PartState, ServiceState } from '../../attempts/note.ts';
import type { Glyphs } from '../glyphs.ts';
import { cutMiddle, type Line, line, type Span, span, type Tone } from '../line.ts';
import type { Context } from '../screen.ts';
import type { Overview } from '../source.ts';
import { flowed, wrapped } from './layout.ts';
import { daysSince, durationOf } from './times.ts';
import { isSilent, isStopped } from './verdict.ts';

type Space = Pick<Context, 'width' | 'now' | 'glyphs'>;

/** How each part fares, one after the other. */
export function partLines({ states }: Overview, { width, now, glyphs }: Space): readonly Line[] {
  const within = (room: number) =>
    flowed(
      states.flatMap((stated) =>
        stated.state.parts.map((part) => partSpans(part, isSilent(stated, now), { room, glyphs })),
      ),
      width,
    );
  // Where each part is matters less than that all of them are seen on one line.
  const tries = ROOMS.map(within);
  return tries.find((lines) => lines.length <= 1) ?? (tries.at(-1) as readonly Line[]);
}

/** Columns for what is said of a part, the most first. */
const ROOMS = [60, 30, 20, 14, 0];

function partSpans(
  { part, is, about }: PartState,
  isUnknown: boolean,
  { room, glyphs }: { readonly room: number; readonly glyphs: Glyphs },
): readonly Span[] {
  const [mark, tone]: readonly [string, Tone] =
    is === 'off'
      ? [glyphs.dot, 'dim']
      : isUnknown
        ? [glyphs.unknown, 'warn']
        : is === 'up'
          ? [glyphs.good, 'good']
          : [glyphs.bad, 'bad'];
  const word = is === 'off' ? ' off' : isUnknown ? ' silent' : is === 'down' ? ' DOWN' : '';
  const text =
    is === 'off' || about === '' || (is === 'up' && room === 0)
      ? ''
      : ` ${cutMiddle(span(about).text, Math.max(14, room), glyphs.ellipsis)}`;
  return [span(`${mark} ${part}${word}`, tone), span(text, 'dim')];
}

/** What the programs that run have in force; those of one mind share a line. */
export function ruleLines({ states }: Overview, space: Space): readonly Line[] {
  const running = states.map(({ state }) => state).filter((state) => !isStopped(state));
  const minds = Map.groupBy(running, ({ version, mode, rules, policy, digest }) =>
    JSON.stringify([version, mode, rules, policy, digest]),
  );
  return [...minds.values()].map((programs) => ruleLine(programs, space));
}

function ruleLine(programs: readonly ServiceState[], { width, now, glyphs }: Space): Line {
  const { version, mode, rules, policy, digest } = programs[0] as ServiceState;
  const started = Math.max(...programs.map((state) => state.started));
  const one = programs.length === 1;
  const front = `${programs.map(({ program }) => program).join(' and ')} ${version} `;
  const back = `, set ${digest.slice(0, 8)}, up ${durationOf(now - started)}`;
  const doing = mode === 'observe' ? `OBSERVE${one ? 'S' : ''} only` : `enforce${one ? 's' : ''}`;
  const room = width - front.length - back.length - doing.length - String(rules).length - 11;
  const file = cutMiddle(span(policy).text, Math.max(8, room), glyphs.ellipsis);
  return line(
    span(front, 'dim'),
    span(doing, mode === 'observe' ? 'warn' : 'plain'),
    ` ${rules} rules of ${file}`,
    span(back, 'dim'),
  );
}

/** Days after which names that nobody checked again deserve a warning. */
const OLD = 90;

/** What is allowed for a time, and how far the catalogue can be trusted. */
export function standingLines(
  { exceptions, catalogue }: Overview,
  { width, now, glyphs }: Space,
): readonly Line[] {
  const allowed =
    exceptions === 0
      ? 'No exception in force'
      : `${exceptions} exception${exceptions === 1 ? '' : 's'} in force`;
  if (!catalogue) return [line(span(allowed, 'dim'))];
  const days = daysSince(catalogue.oldest, now);
  if (days > OLD) {
    const text = `${glyphs.warn} ${allowed}. Names of the catalogue are ${days} days old: update tunnelwarden.`;
    return wrapped(text, width, 'warn');
  }
  const checked = `${catalogue.services} services, names checked ${days === 0 ? 'today' : `${days} days ago or later`}`;
  return [line(span(`${allowed} ${glyphs.dot} ${checked}`, 'dim'))];
}
