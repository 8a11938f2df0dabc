import type { Endpoint } from './endpoint.ts';
import { ParseError } from './problem.ts';
import type { PolicyFile } from './schema.ts';

/** When to tell people of an incident, and how. */
export type AlertSettings = {
  /** As severe, or more so. */
  readonly severity: 'info' | 'low' | 'medium' | 'high';
  /** Milliseconds in which alerts are gathered into one message. */
  readonly group: number;
  /** Messages an hour. */
  readonly most: number;
  readonly sinks: readonly SinkSettings[];
};

/** One way that alerts take. */
export type SinkSettings =
  | { readonly kind: 'webhook'; readonly url: string }
  | {
      readonly kind: 'sendmail';
      readonly to: readonly string[];
      readonly from?: string;
      readonly program: string;
    }
  | {
      readonly kind: 'syslog';
      /** Where it listens over UDP, or the path of its socket. */
      readonly to: Endpoint | string;
      readonly facility: Facility;
    }
  | { readonly kind: 'command'; readonly words: readonly [string, ...string[]] };

/** RFC 5424 table 1: those that a service may use, by their names in syslog.conf. */
export const FACILITIES = {
  user: 1,
  daemon: 3,
  auth: 4,
  authpriv: 10,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;
export type Facility = keyof typeof FACILITIES;

/** The path of the socket of this machine's own syslog. */
const LOG_SOCKET = '/dev/log';

/** The alerts of a checked file; without a sink, nobody is told. */
export function alertsOf({ alerts }: PolicyFile): AlertSettings {
  const { severity, group, most, webhook, sendmail, syslog, command } = alerts;
  const sinks: SinkSettings[] = [];
  if (webhook !== undefined) sinks.push({ kind: 'webhook', url: webhook });
  if (sendmail) {
    const { to, from, program } = sendmail;
    const recipients = typeof to === 'string' ? [to] : to;
    sinks.push({
      ...{ kind: 'sendmail', to: recipients, program },
      ...(from === undefined ? {} : { from }),
    });
  }
  if (syslog) {
    const { address, unix, facility } = syslog;
    sinks.push({ kind: 'syslog', to: address ?? unix ?? LOG_SOCKET, facility });
  }
  if (command) sinks.push({ kind: 'command', words: command as [string, ...string[]] });
  return { severity, group, most, sinks };
}

/** Reads the URL of a webhook. Throws ParseError. */
export function parseWebhook(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ParseError(
      `"${text}" is not a whole address; write one such as https://chat.example.com/hooks/4711`,
    );
  }
  // fetch takes none of these; and whoever reads the log would read them too.
  if (url.username !== '' || url.password !== '') {
    throw new ParseError(
      'has a user name or password before the @; a webhook is asked without, so leave them out',
    );
  }
  return url.href;
}

/** Reads a mail address, the plain form only: it stands in headers. Throws ParseError. */
export function parseMailAddress(text: string): string {
  const isPlain = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?$/i.test(text);
  // What begins with a dash could be taken for an option by the program that sends it.
  if (isPlain && !text.startsWith('-')) return text;
  throw new ParseError(`"${text}" is not a mail address; write one such as security@example.com`);
}
