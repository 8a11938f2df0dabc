import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/** A program that is told one thing after the other on its standard input. */
export type Conversation = {
  /** Tells it some lines, and gives what it complained of; nothing is good news. */
  readonly say: (lines: string) => Promise<string>;
  readonly close: () => void;
};

export type ConversationParts = {
  readonly program: string;
  readonly args: readonly string[];
  /**
   * A line that the program complains of in one line of its standard error that holds `word`, and
   * does nothing else. Programs say nothing when a command succeeds, and their two outputs are in no
   * order; a complaint that is sure to come stands behind all that came before it.
   */
  readonly mark: (word: string) => string;
};

/** Milliseconds after which a program that does not answer is ended. */
const PATIENCE = 5_000;
/** Octets told to one child: it may keep them as the history of its command line. */
const ENOUGH = 64 << 20;

type Waiting = { readonly word: string; readonly done: (complaint: string) => void };

/** Keeps a child process running; one that ends is started again when there is something to tell. */
export function createConversation(parts: ConversationParts): Conversation {
  let partner: Partner | undefined;
  let closed = false;
  let count = 0;
  return {
    say: (lines) => {
      if (closed) return Promise.resolve('closed');
      if (!partner?.isFit()) {
        partner?.end();
        partner = startPartner(parts);
      }
      count += 1;
      return partner.say(lines, `tw-mark-${count}-`);
    },
    close: () => {
      closed = true;
      partner?.end();
    },
  };
}

type Partner = {
  readonly say: (lines: string, word: string) => Promise<string>;
  /** False for one that has ended, and for one that has heard enough and has nothing to do. */
  readonly isFit: () => boolean;
  readonly end: () => void;
};

function startPartner({ program, args, mark }: ConversationParts): Partner {
  const waiting: Waiting[] = [];
  let heard = '';
  let told = 0;
  let ended = false;
  // Without a home there is neither a file of settings nor one of past commands.
  const env = { ...process.env, HOME: '/nonexistent', LC_ALL: 'C', TERM: 'dumb' };
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], env });

  const finish = (reason: string) => {
    if (ended) return;
    ended = true;
    clearTimeout(late);
    for (const { done } of waiting.splice(0)) done(linesOf(heard).join('\n') || reason);
  };
  const late = setTimeout(() => {
    if (waiting.length === 0) return;
    finish(`${program} does not answer`);
    child.kill('SIGKILL');
  }, PATIENCE).unref();

  /** Keeps our own process from ending while an answer is due, and only then. */
  const hold = (isDue: boolean) => {
    for (const held of [child, child.stdin, child.stderr]) {
      if (held === child || held instanceof Socket) isDue ? held.ref() : held.unref();
    }
  };

  child.once('error', (error) => finish(adviceFor(program, error)));
  child.once('close', (code, signal) => finish(`${program} ended with ${signal ?? code}`));
  child.stdin.on('error', () => {}); // it has ended, as `close` tells
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const at = heard.indexOf(next.word);
      const end = at < 0 ? -1 : heard.indexOf('\n', at);
      if (end < 0) return;
      const complaint = complaintOf(heard.slice(0, at));
      heard = heard.slice(end + 1);
      waiting.shift();
      late.refresh();
      if (waiting.length === 0) hold(false);
      next.done(complaint);
    }
  });

  return {
    say: (lines, word) =>
      new Promise((done) => {
        if (waiting.length === 0) late.refresh();
        hold(true);
        waiting.push({ word, done });
        const text = `${lines}\n${mark(word)}\n`;
        told += text.length;
        child.stdin.write(text);
      }),
    isFit: () => !ended && (told < ENOUGH || waiting.length > 0),
    end: () => {
      finish('closed');
      child.stdin.end();
      child.kill('SIGTERM');
    },
  };
}

/**
 * What came before the mark's word, without the beginning of the complaint about the mark itself:
 * that is the rest of the word's line, or where the program repeats the line, the line above it.
 */
function complaintOf(text: string): string {
  const lead = text.endsWith('\n')
    ? text.lastIndexOf('\n', text.length - 2)
    : text.lastIndexOf('\n');
  return linesOf(text.slice(0, lead + 1)).join('\n');
}

/** Lines that say something: nft points at its complaint with a line of carets. */
function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => /[a-z]/i.test(line));
}

function adviceFor(program: string, { code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOENT' ? `there is no ${program}; install it` : message;
}
