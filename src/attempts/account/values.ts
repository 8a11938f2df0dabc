/** A JSON object that was found in a text, or what stood there instead. Lines count from 1. */
export type Found =
  | { readonly kind: 'value'; readonly line: number; readonly value: unknown }
  | { readonly kind: 'fault'; readonly line: number; readonly message: string };

/** Finds the objects in a text that comes in pieces. */
export type Values = {
  readonly feed: (piece: string) => readonly Found[];
  readonly end: () => readonly Found[];
};

/** Characters of one object; an event has a thousand, a file of wrapped ones some millions. */
const LONGEST = 64 * 1024 ** 2;
const DEEPEST = 200;

/** Spaces, what separates the elements of an array, a byte order mark, and the separator of RFC 7464. */
const BETWEEN = /[\s,[\]\ufeff\x1e]*/y;
/** What CloudWatch writes before each message when it exports a log group to S3. */
const STAMP = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z\s*$/;

const [QUOTE, BACKSLASH, NEWLINE, COLON] = [0x22, 0x5c, 0x0a, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Destinations deliver objects one a line, one behind the other with nothing between, printed over many
 * lines, or as elements of one array. All are the same here: an object begins at a brace and ends at its
 * match, wherever the lines end. A broken one costs itself and the rest of its line, not the file.
 */
export function createValues(longest = LONGEST): Values {
  let text = '';
  let at = 0;
  let line = 1;
  /** Where the open object begins in the text; -1 outside of objects. */
  let start = -1;
  let startLine = 1;
  let open: number[] = [];
  let inString = false;
  /** Whether the rest of the line belongs to what could not be read. */
  let skipping = false;
  let last = 0;
  let found: Found[] = [];

  const fault = (where: number, message: string) => {
    found.push({ kind: 'fault', line: where, message });
  };
  const close = () => {
    start = -1;
    open = [];
    inString = false;
  };

  /** False where the text ends before something begins. */
  const begin = (): boolean => {
    if (skipping) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
      skipping = end < 0;
    }
    BETWEEN.lastIndex = at;
    const between = BETWEEN.exec(text)?.[0] ?? '';
    line += countLines(between);
    at += between.length;
    if (at === text.length) return false;
    if (text.charCodeAt(at) !== OPEN) {
      const brace = text.indexOf('{', at);
      const end = text.indexOf('\n', at);
      if (brace >= 0 && (end < 0 || brace < end) && STAMP.test(text.slice(at, brace))) at = brace;
      else if (end < 0)
        return false; // more of the line may come
      else {
        fault(line, 'is no JSON object');
        at = end;
        return true;
      }
    }
    start = at;
    startLine = line;
    return true;
  };

  /** Reads on in the open object. */
  const advance = () => {
    for (; at < text.length && start >= 0; at++) {
      const char = text.charCodeAt(at);
      if (char === NEWLINE) {
        line += 1;
        if (inString) {
          fault(startLine, 'ends within a string');
          close();
        }
      } else if (inString) {
        if (char === BACKSLASH) {
          if (at + 1 === text.length) return; // what is escaped comes with the next piece
          if (text.charCodeAt(at + 1) !== NEWLINE) at += 1;
        } else if (char === QUOTE) inString = false;
      } else if (char > 0x20) {
        structure(char);
        last = char;
      }
    }
  };

  const structure = (char: number) => {
    const inner = open.at(-1);
    if (char === QUOTE) inString = true;
    else if (char === OPEN || char === OPEN_LIST) {
      // Within an object a key would come: this one was cut off, and here the next one begins.
      if (char === OPEN && inner === OPEN && last !== COLON && isFirstOnLine()) {
        fault(startLine, 'ends before its last brace');
        salvage(at);
        close();
        start = at;
        startLine = line;
      }
      open.push(char);
      if (open.length > DEEPEST) spoil('is nested too deep');
    } else if (char === CLOSE || char === CLOSE_LIST) {
      if (inner !== (char === CLOSE ? OPEN : OPEN_LIST))
        return spoil('has brackets that do not match');
      open.pop();
      if (open.length === 0) finish();
    }
  };
  const isFirstOnLine = () => /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, at - 80), at));
  /** Nothing is made of the object, nor of the rest of its line. */
  const spoil = (message: string) => {
    fault(startLine, message);
    close();
    skipping = true;
  };
  const finish = () => {
    const value = parsed(text.slice(start, at + 1));
    if (value === undefined) fault(startLine, 'is no JSON');
    else found.push({ kind: 'value', line: startLine, value });
    close();
  };
  /** Of an object that is given up, whole lines behind its first may be events all the same. */
  const salvage = (end: number) => {
    const lines = text.slice(start, end).split('\n');
    lines.slice(1).forEach((rest, i) => {
      const value = rest.startsWith('{') ? parsed(rest) : undefined;
      if (value !== undefined) found.push({ kind: 'value', line: startLine + i + 1, value });
    });
  };
  const abandon = (message: string) => {
    fault(startLine, message);
    salvage(text.length);
    close();
    at = text.length;
  };
  const taken = () => {
    const all = found;
    found = [];
    return all;
  };

  return {
    feed(piece) {
      const kept = start < 0 ? at : start;
      text = text.slice(kept) + piece;
      at -= kept;
      if (start >= 0) start = 0;
      while (at < text.length) {
        if (start >= 0 || begin()) advance();
        else break;
        if (start >= 0) break; // the object goes on in the next piece
      }
      if (start >= 0 && text.length > longest) abandon('is too long');
      else if (start < 0 && text.length - at > longest) {
        fault(line, 'is no JSON object');
        at = text.length;
      }
      return taken();
    },
    end() {
      if (start >= 0) abandon('ends before its last brace');
      else if (at < text.length) fault(line, 'is no JSON object');
      at = text.length;
      return taken();
    },
  };
}

/** The objects in a whole text. */
export function valuesIn(text: string): readonly Found[] {
  const values = createValues();
  return [...values.feed(text), ...values.end()];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
