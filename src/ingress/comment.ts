import { printable } from '../text.ts';

/** Where a comment's lines end at the latest. */
const WIDTH = 100;

/** Lines of a comment that begins with `#`; the text may be anyone's. */
export function commentLines(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of printable(text).split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > WIDTH - 1) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
