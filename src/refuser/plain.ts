import { forTerminal } from '../text.ts';
import { messageOf } from './message.ts';
import type { Notice } from './notice.ts';
import { ENGLISH, type Words } from './words.ts';

/** A notice for programs that show no page: curl, a log, an error of an API client. */
export function plainText(notice: Notice, words: Words): string {
  const { sentences, details } = messageOf(notice, words, (_, text) => forTerminal(text));
  const { help } = notice.organisation;
  return [
    ...sentences,
    ...(help === undefined ? [] : [`${words.help}: ${help}`]),
    '',
    ...details.map(([label, text]) => `${label}: ${text}`),
    '',
  ].join('\n');
}

/** OpenSSH shows 400 octets of what a server says last, whatever is behind them. */
const LINE_LIMIT = 400;

/** A notice on one line of at most 400 octets of UTF-8; the way and the contact come before the rest. */
export function plainLine(notice: Notice): string {
  const { contact, help } = notice.organisation;
  const { sentences } = messageOf(notice, ENGLISH, (_, text) => forTerminal(text));
  const essential = sentences.filter((sentence) => sentence !== ENGLISH.calm);
  const more = contact === undefined && help !== undefined ? [`${ENGLISH.help}: ${help}`] : [];
  return cut([...essential, ...more].join(' '), LINE_LIMIT);
}

/** Cut at a character: a torn one would not be UTF-8. */
function cut(text: string, limit: number): string {
  const octets = Buffer.from(text, 'utf8');
  if (octets.length <= limit) return text;
  return `${new TextDecoder().decode(octets.subarray(0, limit - 3), { stream: true })}…`;
}
