import { bodyLines } from './frame.ts';
import { type Line, plainText } from './line.ts';
import { promptLines } from './prompt.ts';
import { type State, shownScreen } from './state.ts';

/** Says what has changed, for ears: lines that are only ever added. */
export type Reader = (state: State, now: number, shown: Shown) => readonly string[];

export type Shown = {
  /** It comes of a key. */
  readonly isByKey: boolean;
  /** Questions are under way: what will be shown is not all there yet. */
  readonly isBusy: boolean;
};

/**
 * A whole screen is read when one comes to it; after that the chosen row as it changes, what is being
 * written, and messages. What comes by itself is not read: it would never end.
 */
export function createReader(): Reader {
  let last: Heard | undefined;
  let isAwaited = false;
  return (state, now, { isByKey, isBusy }) => {
    isAwaited ||= isByKey;
    // What is still being looked up is read once it is there.
    if (isBusy) return [];
    const byKey = isAwaited;
    isAwaited = false;
    const next = heardOf(state, now);
    const isNew = last === undefined || last.place !== next.place;
    const said: string[] = [];
    if (isNew) said.push(next.title, ...next.lines);
    else if (byKey) said.push(...changesOf(last as Heard, next));
    if (next.message !== '' && next.message !== last?.message) said.push(next.message);
    // What was not read stays to be compared with, or it would be missed by the next key.
    last = isNew || said.length > 0 || byKey ? next : { ...(last as Heard), message: next.message };
    return said;
  };
}

/** Columns within which no screen puts one thing beside another: that would be read as one. */
const ONE_BLOCK = 100;

type Heard = {
  readonly place: string;
  readonly title: string;
  readonly lines: readonly string[];
  readonly chosen: string | undefined;
  readonly typed: string | undefined;
  readonly message: string;
};

function heardOf(state: State, now: number): Heard {
  const { over, screen, message, setup, size, frozen } = state;
  const lines = bodyLines(
    { ...state, size: { ...size, width: Math.min(size.width, ONE_BLOCK) } },
    now,
  );
  const typed =
    over?.kind === 'prompt'
      ? promptLines(over, { width: Math.max(size.width, 200), glyphs: setup.glyphs, now })
          .map(textOf)
          .join('. ')
      : undefined;
  const words = [
    `${shownScreen(state).title}`,
    ...(over ? [over.kind] : []),
    ...(frozen === undefined ? [] : ['frozen']),
    ...(setup.readOnly ? ['read only'] : []),
  ];
  return {
    place: `${screen} ${over?.kind ?? ''} ${frozen === undefined}`,
    title: words.join(', '),
    lines: lines.map(textOf).filter((text) => /[\p{L}\p{N}]/u.test(text)),
    chosen: lines
      .filter(({ chosen }) => chosen)
      .map(textOf)
      .at(-1),
    typed,
    message: message?.text ?? '',
  };
}

/** Lines, bars and marks: what they show is said in words beside them. */
const DRAWN = /[\u2500-\u25ff\u2713\u2717]/g;

function textOf(line: Line): string {
  return plainText(line).replace(DRAWN, ' ').replace(/\s+/g, ' ').trim();
}

function changesOf(before: Heard, after: Heard): readonly string[] {
  if (after.typed !== undefined) return after.typed === before.typed ? [] : [after.typed];
  if (after.chosen !== undefined && after.chosen !== before.chosen) {
    const others = after.lines.filter(
      (text) => text !== after.chosen && !before.lines.includes(text),
    );
    // A step in a list is one line; where much else is new, something was opened.
    return others.length > 3 ? [after.chosen, ...others] : [after.chosen];
  }
  return after.lines.filter((text) => !before.lines.includes(text));
}
