import type { SinkSettings } from '../policy/alerts.ts';
import { forTerminal } from '../text.ts';
import type { Alert, Message } from './alert.ts';
import { runProgram } from './program.ts';
import type { Sink } from './sink.ts';
import { alertText, heldBackText, lookText, subjectText } from './words.ts';

type Settings = Pick<Extract<SinkSettings, { kind: 'sendmail' }>, 'to' | 'from' | 'program'>;

/** Characters of a line of base64 (RFC 2045 6.8), and octets of text in one encoded word (RFC 2047 2). */
const [LINE, WORD] = [76, 39];

/** Hands mail to a program that is called as sendmail is; it finds the recipients in the header. */
export function createSendmail(settings: Settings): Sink {
  return {
    name: `sendmail ${settings.program}`,
    async send(message, signal) {
      const mail = mailOf(message, settings, new Date());
      await runProgram([settings.program, '-t', '-i'], mail, signal);
      return 'taken by the mail system';
    },
  };
}

/** A message as mail (RFC 5322), with the line ends of this machine, as sendmail wants it. */
export function mailOf(
  message: Message,
  { to, from }: Pick<Settings, 'to' | 'from'>,
  now: Date,
): string {
  const body = Buffer.from(bodyOf(message)).toString('base64');
  return [
    ...(from === undefined ? [] : [`From: ${from}`]),
    `To: ${to.join(',\n ')}`,
    `Subject: ${encoded(`[tunnelwarden] ${subjectText(message)}`)}`,
    `Date: ${now.toUTCString().replace('GMT', '+0000')}`,
    'Auto-Submitted: auto-generated', // RFC 3834: no absence notices, please
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    ...(body.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? []),
    '',
  ].join('\n');
}

function bodyOf({ organisation, alerts, heldBack, test }: Message): string {
  const more = heldBackText(heldBack);
  return [
    ...(test ? ['This is a test; nothing happened.', ''] : []),
    ...alerts.flatMap((alert) => [...linesOf(alert), '']),
    ...(more === undefined ? [] : [`${more}.`, '']),
    '-- ',
    `tunnelwarden of ${forTerminal(organisation)}`,
    '',
  ].join('\n');
}

function linesOf(alert: Alert): readonly string[] {
  return [
    alertText(alert),
    ...alert.reasons.map((reason) => `  ${forTerminal(reason)}`),
    `  first ${new Date(alert.first).toISOString()}, last ${new Date(alert.last).toISOString()}`,
    `  ${lookText(alert)}`,
  ];
}

/**
 * A text for a header, in encoded words where it is not plain: nothing of it can end the header or be taken for an
 * encoded word of its own (RFC 2047).
 */
function encoded(text: string): string {
  if (/^[\x20-\x7e]{1,200}$/.test(text) && !text.includes('=?')) return text;
  const words: string[] = [''];
  for (const char of text) {
    const last = words.at(-1) as string;
    if (Buffer.byteLength(last + char) > WORD) words.push(char);
    else words[words.length - 1] = last + char;
  }
  return words.map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join('\n ');
}
