import { run } from './command.ts';
import { given, searching, shown, switched } from './deliver.ts';
import type { Event, Input, Next } from './event.ts';
import { formKey, formPaste, formRefused } from './form.ts';
import { helpKey, helpPaste } from './help.ts';
import { commandOf, commandWhileTyping } from './keys.ts';
import { paletteKey, palettePaste } from './palette.ts';
import { type PromptStep, promptKey, promptPaste, promptValues } from './prompt.ts';
import type { Key } from './screen.ts';
import { FRAME_LINES, LEAST, type State, saying, shownScreen } from './state.ts';
import { tabAt } from './top.ts';

/** How long a message that is no trouble stands, in milliseconds. */
const MESSAGE_LASTS = 8000;

/** How often the number of open incidents is asked for, in milliseconds. */
const OPEN_EVERY = 5000;

/** Rows that a notch of the wheel goes. */
const NOTCH = 3;

/** What an event makes of the state, and what is to be done beside drawing. `now` in milliseconds since the epoch. */
export function update(state: State, event: Event, now: number): Next {
  switch (event.kind) {
    case 'begin':
      return withOpen(shown(state, state.screen, now), now);
    case 'resize':
      return [{ ...state, size: event.size }];
    case 'tick':
      return tick(state, now);
    case 'key':
    case 'paste':
    case 'click':
    case 'wheel':
      return input(state, event, now);
    case 'answered':
    case 'failed':
      return answered(state, event, now);
    case 'done':
      return done(state, event, now);
    case 'refused':
      return refused(state, event, now);
    case 'said':
      return [saying(state, event.text, event.tone, now)];
  }
}

function tick(state: State, now: number): Next {
  const { message } = state;
  const isOver =
    message !== undefined && message.tone !== 'bad' && now - message.time > MESSAGE_LASTS;
  const calm = isOver ? { ...state, message: undefined } : state;
  if (state.frozen !== undefined) return [calm];
  return withOpen(given(calm, calm.screen, { kind: 'changed' }, now), now);
}

/** Asks for the number of open incidents as well, now and then; the overview tells it anyway. */
function withOpen([state, ...tasks]: Next, now: number): Next {
  const isDue = state.screen !== 'overview' && now - state.askedOpen >= OPEN_EVERY;
  if (!isDue) return [state, ...tasks];
  return [
    { ...state, askedOpen: now },
    ...tasks,
    { kind: 'ask', asker: 'top', question: { kind: 'overview' } },
  ];
}

function answered(
  state: State,
  event: Extract<Event, { readonly kind: 'answered' | 'failed' }>,
  now: number,
): Next {
  const { asker } = event;
  const known = event.kind === 'answered' ? withFigures(state, event) : state;
  if (asker === 'prompt') return [known];
  if (asker === 'top') return [known];
  const [next, ...tasks] =
    event.kind === 'answered'
      ? given(
          known,
          asker,
          { kind: 'answered', question: event.question, answer: event.answer },
          now,
        )
      : given(
          known,
          asker,
          { kind: 'failed', question: event.question, message: event.message },
          now,
        );
  return [next, ...tasks];
}

/** What an answer tells beside what the screen makes of it. */
function withFigures(
  state: State,
  { asker, question, answer }: Extract<Event, { readonly kind: 'answered' }>,
): State {
  if (question.kind === 'overview' && answer !== undefined && 'open' in answer) {
    const { info: _, ...counts } = answer.open as Readonly<Record<string, number>>;
    return { ...state, open: Object.values(counts).reduce((sum, count) => sum + count, 0) };
  }
  if (question.kind === 'values' && asker === 'prompt' && state.over?.kind === 'prompt') {
    return { ...state, over: promptValues(state.over, question, answer as readonly string[]) };
  }
  return state;
}

function done(state: State, event: Extract<Event, { readonly kind: 'done' }>, now: number): Next {
  const { message, undo } = event.done;
  const closed = state.over?.kind === 'form' && state.over.isSent ? without(state) : state;
  const kept = undo ? { ...closed, undo: [{ undo, message }, ...closed.undo] } : closed;
  const hint = undo ? `${message} (u undoes it)` : message;
  // How many are open is wanted at once.
  const due = { ...saying(kept, hint, 'good', now), askedOpen: Number.NEGATIVE_INFINITY };
  return withOpen(given(due, due.screen, { kind: 'changed' }, now), now);
}

function refused(
  state: State,
  { action, message }: Extract<Event, { readonly kind: 'refused' }>,
  now: number,
): Next {
  const { over } = state;
  if (over?.kind === 'form' && over.isSent) return [{ ...state, over: formRefused(over, message) }];
  const told = saying(state, message, 'bad', now);
  // What could not be taken back can be tried again.
  return [
    action.kind === 'undo'
      ? { ...told, undo: [{ undo: action.done, message: 'the last change' }, ...told.undo] }
      : told,
  ];
}

function input(state: State, event: Input, now: number): Next {
  const { over, size } = state;
  if (size.width < LEAST.width || size.height < LEAST.height) {
    const isQuit = event.kind === 'key' && commandOf(event.key) === 'quit';
    return isQuit ? [state, { kind: 'quit' }] : [state];
  }
  switch (event.kind) {
    case 'wheel': {
      const name = event.by < 0 ? 'up' : 'down';
      return repeated(state, { name, text: '' }, NOTCH * Math.abs(event.by), now);
    }
    case 'paste':
      return pasted(state, event.text, now);
    case 'click':
      return over ? [state] : clicked(state, event, now);
    case 'key':
      return over ? overKey(state, event.key, now) : screenKey(state, event.key, now);
  }
}

function repeated(state: State, key: Key, times: number, now: number): Next {
  // Up and down are something else in a field.
  if (state.over?.kind === 'prompt' || state.over?.kind === 'form') return [state];
  let next: Next = [state];
  for (let i = 0; i < times; i++) {
    const [before, ...tasks] = next;
    const [after, ...more] = input(before, { kind: 'key', key }, now);
    next = [after, ...tasks, ...more];
  }
  return next;
}

function clicked(
  state: State,
  { column, row }: Extract<Input, { readonly kind: 'click' }>,
  now: number,
): Next {
  if (row === 0) {
    const screen = tabAt(state, column);
    return screen ? switched(state, screen, now) : [state];
  }
  const line = row - 1;
  const isBody = line >= 0 && line < state.size.height - FRAME_LINES;
  return isBody ? given(state, state.screen, { kind: 'click', row: line, column }, now) : [state];
}

/** Pasted text is text, and never commands. */
function pasted(state: State, text: string, now: number): Next {
  const { over } = state;
  switch (over?.kind) {
    case 'prompt':
      return promptStep(state, promptPaste(over, text), now);
    case 'palette':
      return [{ ...state, over: palettePaste(over, text) }];
    case 'help':
      return [{ ...state, over: helpPaste(over, text) }];
    case 'form':
      return [{ ...state, over: formPaste(over, text) }];
  }
  if (!shownScreen(state).isTyping) return [state];
  const key = { name: 'paste', text: text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ') };
  return given(state, state.screen, { kind: 'key', key }, now);
}

function screenKey(state: State, key: Key, now: number): Next {
  const calm = state.message ? { ...state, message: undefined } : state;
  const screen = shownScreen(state);
  if (screen.isTyping) {
    const command = commandWhileTyping(key);
    return command ? run(calm, command, now) : given(calm, screen.id, { kind: 'key', key }, now);
  }
  const number = /^[1-9]$/.test(key.name) ? state.screens[Number(key.name) - 1] : undefined;
  if (number) return switched(calm, number.id, now);
  const command = commandOf(key);
  if (command) return run(calm, command, now);
  const [next, ...tasks] = given(calm, screen.id, { kind: 'key', key }, now);
  const isUnused = next === calm && tasks.length === 0;
  // Escape first leaves what the screen has opened; where that is nothing, the filter goes.
  if (isUnused && key.name === 'escape' && calm.searches[screen.id]) {
    return searching(calm, screen.id, '', now);
  }
  return [next, ...tasks];
}

function overKey(state: State, key: Key, now: number): Next {
  const { over, size } = state;
  if (key.name === 'ctrl+l') return [state, { kind: 'redraw' }];
  if (key.name === 'ctrl+z') return [state, { kind: 'suspend' }];
  switch (over?.kind) {
    case 'prompt':
      if (key.name === 'ctrl+c') return [without(state)];
      return promptStep(state, promptKey(over, key, now), now);
    case 'help': {
      const help = helpKey(over, key, size.height - FRAME_LINES);
      return [help ? { ...state, over: help } : without(state)];
    }
    case 'palette': {
      const step = paletteKey(over, key);
      if (step.kind === 'on') return [{ ...state, over: step.palette }];
      if (step.kind === 'left') return [without(state)];
      return chosen(without(state), step.choice, now);
    }
    case 'form': {
      const step = formKey(over, key);
      if (step.kind === 'left') return [without(state)];
      const next = { ...state, over: step.form };
      return step.kind === 'on' ? [next] : [next, { kind: 'act', action: step.action }];
    }
    default:
      return [state];
  }
}

function chosen(
  state: State,
  choice: Extract<ReturnType<typeof paletteKey>, { readonly kind: 'chosen' }>['choice'],
  now: number,
): Next {
  switch (choice.kind) {
    case 'command':
      return run(state, choice.command, now);
    case 'key':
      return given(state, state.screen, { kind: 'key', key: choice.key }, now);
    case 'screen':
      return switched(state, choice.screen, now);
  }
}

function promptStep(state: State, step: PromptStep, now: number): Next {
  switch (step.kind) {
    case 'left':
      return [without(state)];
    case 'used':
      return searching(without(state), state.screen, step.search, now);
    case 'on': {
      const next = { ...state, over: step.prompt };
      const { question } = step;
      return question ? [next, { kind: 'ask', asker: 'prompt', question }] : [next];
    }
  }
}

function without({ over: _, ...state }: State): State {
  return state;
}
