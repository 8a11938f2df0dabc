import { jsonLine } from '../text.ts';
import type { Alert, Message } from './alert.ts';
import { alertText, heldBackText, lookText, shownInChat } from './words.ts';

/** A message for programs, as docs/policy.md has its keys: one line of JSON. */
export function payloadOf(message: Message): string {
  const { organisation, alerts, heldBack, test } = message;
  return jsonLine({
    text: textOf(message),
    ...{ program: 'tunnelwarden', organisation, test: test === true, heldBack },
    alerts: alerts.map(fieldsOf),
  });
}

function textOf({ alerts, heldBack, test }: Message): string {
  const more = heldBackText(heldBack);
  return [
    ...(test ? ['This is a test; nothing happened.'] : []),
    ...alerts.map((alert) => `${alertText(alert, shownInChat)}: ${lookText(alert)}`),
    ...(more === undefined ? [] : [more]),
  ].join('\n');
}

function fieldsOf({ first, last, ...rest }: Alert) {
  return {
    ...rest,
    first: new Date(first).toISOString(),
    last: new Date(last).toISOString(),
    look: lookText(rest),
  };
}
