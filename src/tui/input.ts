import type { Input } from './event.ts';
import type { Key } from './screen.ts';

/** What a terminal sends, read: what came, and the beginning of something that is not whole yet. */
export type Read = { readonly inputs: readonly Input[]; readonly rest: string };

const ESC = '\x1b';
const PASTE_END = `${ESC}[201~`;

/** A paste longer than this is no text for a field, and its end may never come. */
const LONGEST_PASTE = 1_000_000;

/** CSI: parameters, intermediates, one final octet. */
const CSI = /^\x1b\[([\x30-\x3f]*)([\x20-\x2f]*)([\x40-\x7e])/;
const CSI_BEGUN = /^\x1b\[[\x30-\x3f]*[\x20-\x2f]*$/;
const SS3 = /^\x1bO(?:1;(\d))?([A-Za-z])/;
/** A string that a terminal answers with (OSC, DCS, APC, PM, SOS): nothing for us. */
const STRING = /^\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)/;
const STRING_BEGUN = /^\x1b[\]P_^X][^\x07\x1b]*\x1b?$/;

const BY_LETTER: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  M: 'enter',
};

const BY_NUMBER: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  ...Object.fromEntries([11, 12, 13, 14, 15].map((n) => [n, `f${n - 10}`])),
  ...Object.fromEntries([17, 18, 19, 20, 21].map((n) => [n, `f${n - 11}`])),
  23: 'f11',
  24: 'f12',
};

/** Reads what came; `rest` is to be put in front of what comes next. */
export function readInput(text: string): Read {
  const inputs: Input[] = [];
  let rest = text;
  while (rest !== '') {
    const step = rest.startsWith(ESC) ? escaped(rest) : letter(rest);
    if (step === undefined) break;
    inputs.push(...step.inputs);
    rest = rest.slice(step.length);
  }
  return { inputs, rest };
}

/** What a beginning means when nothing follows it: escape pressed by itself, or with a letter. */
export function readRest(rest: string): readonly Input[] {
  if (rest === '' || rest.startsWith(`${ESC}[200~`)) return [];
  if (rest === ESC) return [keyOf('escape')];
  // Escape and a letter that could have begun something.
  return /^\x1b[[\]OP_^X]$/.test(rest) ? [keyOf('escape'), ...letter(rest.slice(1)).inputs] : [];
}

type Step = { readonly inputs: readonly Input[]; readonly length: number };

function keyOf(name: string, text = ''): Input & { readonly kind: 'key' } {
  return { kind: 'key', key: { name, text } };
}

function letter(text: string): Step {
  const char = String.fromCodePoint(text.codePointAt(0) as number);
  const named = keyOfChar(char);
  return { inputs: named ? [{ kind: 'key', key: named }] : [], length: char.length };
}

function keyOfChar(char: string): Key | undefined {
  const code = char.codePointAt(0) as number;
  if (char === '\r' || char === '\n') return { name: 'enter', text: '' };
  if (char === '\t') return { name: 'tab', text: '' };
  if (char === ' ') return { name: 'space', text: ' ' };
  if (code === 0x7f || code === 0x08) return { name: 'backspace', text: '' };
  if (code === 0) return { name: 'ctrl+space', text: '' };
  if (code < 0x20) return { name: `ctrl+${String.fromCharCode(code + 0x60)}`, text: '' };
  if (code < 0xa0 && code > 0x7e) return undefined;
  return { name: char, text: char };
}

/** Undefined where more must come before it can be told. */
function escaped(text: string): Step | undefined {
  if (text.startsWith(`${ESC}[200~`)) return paste(text);
  const csi = CSI.exec(text);
  if (csi) return { inputs: ofCsi(csi), length: csi[0].length };
  if (CSI_BEGUN.test(text)) return undefined;
  const ss3 = SS3.exec(text);
  if (ss3) {
    const name = BY_LETTER[ss3[2] as string];
    return { inputs: name ? [keyOf(modified(name, ss3[1]))] : [], length: ss3[0].length };
  }
  const string = STRING.exec(text);
  if (string) return { inputs: [], length: string[0].length };
  if (text === ESC || text === `${ESC}O` || STRING_BEGUN.test(text)) return undefined;
  if (/^\x1b[\x7f\b]/.test(text)) return { inputs: [keyOf('alt+backspace')], length: 2 };
  // On a slow line escape and the next key come together, and nothing else here wants alt.
  return { inputs: [keyOf('escape')], length: 1 };
}

function paste(text: string): Step | undefined {
  const start = `${ESC}[200~`.length;
  const end = text.indexOf(PASTE_END, start);
  if (end >= 0) {
    return {
      inputs: [{ kind: 'paste', text: text.slice(start, end) }],
      length: end + PASTE_END.length,
    };
  }
  return text.length > LONGEST_PASTE ? { inputs: [], length: text.length } : undefined;
}

function ofCsi([, parameters = '', , final = '']: RegExpExecArray): readonly Input[] {
  if (parameters.startsWith('<') && (final === 'M' || final === 'm')) {
    return ofMouse(parameters.slice(1), final === 'M');
  }
  if (final === 'Z') return [keyOf('shift+tab')];
  const [number = '', modifier] = parameters.split(';');
  const name = final === '~' ? BY_NUMBER[number] : BY_LETTER[final];
  // CSI M would be a mouse of the oldest kind, which is never asked for.
  return name === undefined || final === 'M' ? [] : [keyOf(modified(name, modifier))];
}

/** SGR mouse reports: button and modifiers, column, row, the last two counted from 1. */
function ofMouse(parameters: string, isPressed: boolean): readonly Input[] {
  const [button = -1, column = 0, row = 0] = parameters.split(';').map(Number);
  if (!isPressed) return [];
  if (button === 64) return [{ kind: 'wheel', by: -1 }];
  if (button === 65) return [{ kind: 'wheel', by: 1 }];
  return button === 0 ? [{ kind: 'click', column: column - 1, row: row - 1 }] : [];
}

/** xterm's modifiers: one more than shift 1, alt 2, ctrl 4. */
function modified(name: string, modifier = '1'): string {
  const bits = Number(modifier) - 1;
  const words = [bits & 4 ? 'ctrl+' : '', bits & 2 ? 'alt+' : '', bits & 1 ? 'shift+' : ''];
  return words.join('') + name;
}
