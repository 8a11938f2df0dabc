import { counted, forTerminal } from '../text.ts';
import type { Alert, Message } from './alert.ts';

const WHY = {
  new: '',
  risen: ', which rose to this',
  reopened: ', again after somebody looked at it',
} as const satisfies Record<Alert['why'], string>;

/** The command that shows more of an incident. */
export function lookText({ incident }: Pick<Alert, 'incident'>): string {
  return `tunnelwarden incidents show ${incident}`;
}

/** `ada-laptop (192.0.2.17) of Research`, or the address alone; `quote` makes inert what strangers wrote. */
export function whoText(
  { client, label, team }: Pick<Alert, 'client' | 'label' | 'team'>,
  quote: (text: string) => string = shown,
): string {
  const who = label === undefined ? client : `${quote(label)} (${client})`;
  return team === undefined ? who : `${who} of ${quote(team)}`;
}

/** One alert on one line, without how to look. */
export function alertText(alert: Alert, quote = shown): string {
  const { severity, service, count, why, incident } = alert;
  const tries = count === 1 ? 'once' : `${count} times`;
  return `${severity}: ${whoText(alert, quote)} tried ${service} ${tries} (incident ${incident}${WHY[why]})`;
}

/** What to say of alerts that are in no message; undefined where there are none. */
export function heldBackText(heldBack: number): string | undefined {
  if (heldBack === 0) return undefined;
  const were = heldBack === 1 ? 'was' : 'were';
  return `${counted(heldBack, 'more alert')} ${were} held back; \`tunnelwarden incidents\` lists them`;
}

/** A message in one line. */
export function subjectText({ alerts, heldBack, test }: Message): string {
  const [first] = alerts;
  const rest = alerts.length - 1 + heldBack;
  const what = first
    ? `${alertText(first)}${rest > 0 ? `, and ${rest} more` : ''}`
    : `${counted(heldBack, 'alert')} held back`;
  return `${test ? 'Test: ' : ''}${what}`;
}

/** Characters of a name that are shown: it is somebody's to choose. */
const LONGEST = 80;

function shown(text: string): string {
  const inert = forTerminal(text);
  return inert.length > LONGEST ? `${inert.slice(0, LONGEST)}…` : inert;
}

/**
 * The same for chat programs, each of which gives other characters a meaning (`<!channel>`, `@all`, links,
 * bold): only letters, digits and plain punctuation are left as they are.
 */
export function shownInChat(text: string): string {
  return shown(text).replace(/[^\p{L}\p{M}\p{N} .,()'…-]/gu, '_');
}
