/** What terminals take of base64 at once; xterm's limit is the lowest of those in use. */
const MOST = 74_994;

/** GNU screen takes no longer strings. */
const SCREEN_MOST = 768;

export type Multiplexer = 'tmux' | 'screen' | undefined;

export function multiplexerOf({
  TMUX,
  STY,
}: {
  readonly TMUX?: string | undefined;
  readonly STY?: string | undefined;
}): Multiplexer {
  return TMUX ? 'tmux' : STY ? 'screen' : undefined;
}

/**
 * What puts a text into the clipboard of the terminal, however far away that is (OSC 52); undefined
 * where it is too long. Nobody answers: whether the terminal did it cannot be known.
 */
export function clipboardSequence(text: string, within: Multiplexer): string | undefined {
  const base64 = Buffer.from(text, 'utf8').toString('base64');
  if (base64.length > MOST) return undefined;
  const sequence = `\x1b]52;c;${base64}\x07`;
  switch (within) {
    case 'tmux':
      // Bare, for a tmux that takes it itself (set-clipboard on), and wrapped, for one that lets it through.
      return `${sequence}\x1bPtmux;${sequence.replaceAll('\x1b', '\x1b\x1b')}\x1b\\`;
    case 'screen':
      return (sequence.match(new RegExp(`[^]{1,${SCREEN_MOST}}`, 'g')) ?? [])
        .map((part) => `\x1bP${part}\x1b\\`)
        .join('');
    default:
      return sequence;
  }
}
