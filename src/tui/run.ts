import { render, useApp } from 'ink';
import { createElement, useEffect } from 'react';
import type { Input, Size } from './event.ts';
import { frameOf } from './frame.ts';
import { readInput, readRest } from './input.ts';
import { clipboardSequence, multiplexerOf } from './osc52.ts';
import { createPainter } from './paint.ts';
import { createReader } from './reader.ts';
import { createSession, type Said, type Surroundings } from './session.ts';
import type { Source } from './source.ts';
import type { State } from './state.ts';
import { partsOf } from './style.ts';
import { type ThemeHints, themeOf } from './theme.ts';

export type Terminal = {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly env: ThemeHints & {
    readonly TMUX?: string | undefined;
    readonly STY?: string | undefined;
  };
};

export type RunOptions = {
  readonly mouse: boolean;
  /** Nothing is drawn: lines are added, for those who listen. */
  readonly isRead: boolean;
  /** Saves a text in the working folder, and gives the path; rejects nothing, throws. */
  readonly save: (name: string, text: string) => string;
};

/** How long an escape may be the beginning of a key, in milliseconds. */
const ESCAPE_MS = 40;

const PASTE_ON = '\x1b[?2004h';
const PASTE_OFF = '\x1b[?2004l';
const MOUSE_ON = '\x1b[?1000h\x1b[?1006h';
const MOUSE_OFF = '\x1b[?1006l\x1b[?1000l';

/** Runs the UI until it is left, by a key or a signal; the terminal is then as it was. Rejects with a fault of ours. */
export async function runTerminal(
  begin: (size: Size) => State,
  source: Source,
  terminal: Terminal,
  options: RunOptions,
): Promise<void> {
  const { stdin, stdout, env } = terminal;
  const { promise: over, resolve: leave, reject: fail } = Promise.withResolvers<void>();
  const display = options.isRead ? readAloud(stdout) : drawWithInk(terminal, fail);
  const modes = (isOn: boolean) => {
    // A terminal that is gone takes no farewell.
    if (!stdin.destroyed) stdin.setRawMode(isOn);
    if (options.isRead || stdout.destroyed) return;
    stdout.write(isOn ? PASTE_ON : PASTE_OFF);
    if (options.mouse) stdout.write(isOn ? MOUSE_ON : MOUSE_OFF);
  };

  const surroundings: Surroundings = {
    source,
    clock: { now: Date.now, after: timer },
    draw: display.draw,
    copy: (text, what) => copied(text, what, stdout, env, options.save),
    save: (name, text) => saved(name, text, options.save),
    quit: leave,
    suspend: () => void suspended(display, modes).catch(fail),
    redraw: display.redraw,
    failed: fail,
  };
  const session = createSession(begin(sizeOf(stdout)), surroundings);

  const onResize = () => session.feed({ kind: 'resize', size: sizeOf(stdout) });
  const listening = listen(stdin, (input) => {
    display.byKey();
    session.feed(input);
  });
  const signals = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, leave);
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  stdin.on('end', leave);
  // Behind Ink's own, which may erase lines.
  stdout.on('resize', onResize);
  modes(true);
  try {
    await over;
  } finally {
    session.stop();
    listening.stop();
    stdout.off('resize', onResize);
    stdin.off('end', leave);
    for (const signal of signals) process.off(signal, leave);
    process.off('uncaughtException', fail);
    process.off('unhandledRejection', fail);
    modes(false);
    await display.close();
    stdin.unref();
  }
}

function timer(milliseconds: number, call: () => void): () => void {
  const timeout = setTimeout(call, milliseconds);
  return () => clearTimeout(timeout);
}

function sizeOf({ columns = 80, rows = 24 }: NodeJS.WriteStream): Size {
  return { width: columns, height: rows };
}

function listen(stdin: NodeJS.ReadStream, take: (input: Input) => void): { stop: () => void } {
  let rest = '';
  let late: NodeJS.Timeout | undefined;
  const onData = (chunk: string) => {
    clearTimeout(late);
    const read = readInput(rest + chunk);
    rest = read.rest;
    for (const input of read.inputs) take(input);
    if (rest !== '') late = setTimeout(onSilence, ESCAPE_MS);
  };
  const onSilence = () => {
    const inputs = readRest(rest);
    // The end of a long paste may be on its way; any other beginning was all there is.
    if (!rest.startsWith('\x1b[200~')) rest = '';
    for (const input of inputs) take(input);
  };
  stdin.setEncoding('utf8');
  stdin.on('data', onData);
  stdin.resume();
  return {
    stop: () => {
      clearTimeout(late);
      stdin.off('data', onData);
      stdin.pause();
    },
  };
}

/** What shows the state to a person. */
type Display = {
  readonly draw: Surroundings['draw'];
  readonly redraw: () => void;
  /** What is drawn next comes of a key. */
  readonly byKey: () => void;
  /** Leaves the terminal to others, and gives what takes it back. */
  readonly suspend: () => Promise<() => Promise<void>>;
  readonly close: () => Promise<void>;
};

type Suspension = ReturnType<typeof useApp>['suspendTerminal'];

/** Hands out what gives the terminal to others for a while. */
function Holder({ onSuspension }: { readonly onSuspension: (suspend: Suspension) => void }): null {
  const { suspendTerminal } = useApp();
  useEffect(() => onSuspension(suspendTerminal), [onSuspension, suspendTerminal]);
  return null;
}

/**
 * Ink holds the terminal: it enters and leaves the alternate screen, also when the process dies, hides the
 * cursor, and steps aside when suspended. The frame is painted beside it, because Ink takes every cell of the
 * screen for an object in each frame, which is most of a core and 300 MB for a busy log.
 */
function drawWithInk({ stdin, stdout, env }: Terminal, fail: (error: unknown) => void): Display {
  const painter = createPainter();
  let suspend: Suspension | undefined;
  let last: (() => void) | undefined;
  const ink = render(
    createElement(Holder, {
      onSuspension: (found) => {
        suspend = found;
      },
    }),
    {
      ...{ stdin, stdout, alternateScreen: true, interactive: true, exitOnCtrlC: false },
      ...{ patchConsole: false, isScreenReaderEnabled: false },
    },
  );
  ink.waitUntilExit().catch(fail);
  const redraw = () => {
    painter.forget();
    last?.();
  };
  return {
    draw: (state, now) => {
      const { width } = state.size;
      const theme = themeOf(state.theme, env);
      last = () => {
        const rows = frameOf(state, now).map((line) => partsOf(line, width, theme));
        const octets = painter.paint(rows, width);
        if (octets !== '') stdout.write(octets);
      };
      last();
    },
    redraw,
    byKey: () => {},
    suspend: async () => {
      const suspension = await suspend?.();
      return async () => {
        await suspension?.resume();
        redraw();
      };
    },
    close: async () => {
      ink.unmount();
      await ink.waitUntilExit().catch(() => {});
    },
  };
}

function readAloud(stdout: NodeJS.WriteStream): Display {
  const reader = createReader();
  let isByKey = false;
  return {
    draw: (state, now, isBusy) => {
      const said = reader(state, now, { isByKey, isBusy });
      isByKey = false;
      if (said.length > 0) stdout.write(`${said.join('\r\n')}\r\n`);
    },
    redraw: () => {},
    byKey: () => {
      isByKey = true;
    },
    suspend: async () => async () => {},
    close: async () => {},
  };
}

/** Gives the terminal back to the shell until this is taken to the foreground again. */
async function suspended(display: Display, modes: (isOn: boolean) => void): Promise<void> {
  modes(false);
  const resume = await display.suspend();
  const back = new Promise((resolve) => process.once('SIGCONT', resolve));
  process.kill(process.pid, 'SIGTSTP');
  await back;
  modes(true);
  await resume();
}

function copied(
  text: string,
  what: string,
  stdout: NodeJS.WriteStream,
  env: Terminal['env'],
  save: RunOptions['save'],
): Said {
  const sequence = clipboardSequence(text, multiplexerOf(env));
  if (sequence === undefined) {
    const { text: where, tone } = saved('copied.txt', text, save);
    return { text: `Too long for a terminal's clipboard. ${where}`, tone };
  }
  stdout.write(sequence);
  return { text: `Sent ${what} to the terminal's clipboard.`, tone: 'good' };
}

function saved(name: string, text: string, save: RunOptions['save']): Said {
  try {
    return { text: `Saved ${save(name, text)}.`, tone: 'good' };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { text: `Not saved: ${why}`, tone: 'bad' };
  }
}
