import { withoutUndefined } from '../../policy/defined.ts';
import { type Name, parseDomain } from '../../policy/name.ts';
import { type Address, parseAddress } from '../../policy/network.ts';
import { ParseError } from '../../policy/problem.ts';
import type { AccountSession, SessionFacts } from './session.ts';

/** What an event of the account's stream is to us. */
export type AccountEvent =
  | { readonly kind: 'start' | 'stop'; readonly session: AccountSession }
  /** Of another type: a stream carries what it is subscribed to. */
  | { readonly kind: 'other' }
  | { readonly kind: 'fault'; readonly message: string };

type Fields = Readonly<Record<string, unknown>>;

const TYPE = /^agent_session_(start|stop)\.v(\d+)$/;
const ID = /^ev_[0-9A-Za-z]{1,60}$/;
const RESOURCE = /^[a-z]{1,12}_[0-9A-Za-z]{1,60}$/;
/** RFC 3339. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;
/** Earlier than the vendor: the zero time that stands where there is none. */
const EPOCH = Date.UTC(2010, 0);
/** Characters kept of what an agent says of itself. */
const LONGEST = 400;

/** Reads one event. The vendor may add fields without notice, so what is not known is left alone. */
export function readEvent(value: Fields): AccountEvent {
  const [, kind, version] = TYPE.exec(String(value.event_type)) ?? [];
  if (kind === undefined) return { kind: 'other' };
  if (version !== '0') return fault(`event_type: version ${version} is not known here, only v0 is`);
  const { event_id: id, account_id: account, object } = value;
  if (!matches(id, ID)) return fault('event_id: is no id such as ev_25X2AsJ5xpvuOParTYUQWe12XKo');
  if (!matches(account, RESOURCE)) return fault('account_id: is no id of an account');
  const told = timeOf(value.event_timestamp);
  if (told === undefined) return fault('event_timestamp: is no time of RFC 3339');
  if (!isFields(object)) return fault('object: is missing');
  const session = idOf(object.session) ?? idOf(object);
  if (session === undefined) return fault('object.session.id: is no id of a session');
  const agent = addressOf(object.agent_ip);
  if (agent === undefined) return fault('object.agent_ip: is no IP address');
  const begun = { account, session, ...factsOf(object, agent) };
  const error = textOf(object.error);
  const started = timeOf(object.started_at);
  return kind === 'start'
    ? {
        kind,
        session: withoutUndefined({
          ...begun,
          started: started ?? told,
          startEvent: id,
          failure: error,
        }),
      }
    : { kind: 'stop', session: stopOf({ ...begun, id, error, started }, object, told) };
}

type Stop = SessionFacts & {
  readonly account: string;
  readonly session: string;
  readonly id: string;
  readonly error: string | undefined;
  readonly started: number | undefined;
};

function stopOf(
  { id, error, started, ...begun }: Stop,
  object: Fields,
  told: number,
): AccountSession {
  const stopped = timeOf(object.stopped_at) ?? told;
  return withoutUndefined({
    ...begun,
    started: started !== undefined && started <= stopped ? started : stopped,
    stopped,
    stopEvent: id,
    reason: error,
  });
}

function factsOf(object: Fields, agent: Address): SessionFacts {
  return withoutUndefined({
    credential: idOf(object.credential),
    agent,
    server: addressOf(object.ingress_server_ip),
    name: nameOf(object.ingress_hostname),
    region: textOf(object.region),
    userAgent: textOf(object.user_agent),
    transport: textOf(object.transport),
    os: textOf(object.os),
    arch: textOf(object.arch),
  });
}

function fault(message: string): AccountEvent {
  return { kind: 'fault', message };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

/** The id of a resource that is written as `{"id", "uri"}`. */
function idOf(value: unknown): string | undefined {
  return isFields(value) && matches(value.id, RESOURCE) ? value.id : undefined;
}

function timeOf(value: unknown): number | undefined {
  const time = matches(value, TIME) ? Date.parse(value) : Number.NaN;
  return time >= EPOCH ? time : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== ''
    ? value.slice(0, LONGEST).toWellFormed()
    : undefined;
}

function addressOf(value: unknown): Address | undefined {
  return typeof value === 'string' ? perhaps(parseAddress, value) : undefined;
}

/** Without the port that a connect URL has. */
function nameOf(value: unknown): Name | undefined {
  return typeof value === 'string' ? perhaps(parseDomain, value.replace(/:\d+$/, '')) : undefined;
}

function perhaps<T>(parse: (text: string) => T, text: string): T | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}
