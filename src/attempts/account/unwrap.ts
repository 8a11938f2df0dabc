import { gunzipSync } from 'node:zlib';
import { type Found, valuesIn } from './values.ts';

/** Octets that one record may unpack to. */
const MOST = 64 * 1024 ** 2;
/** CloudWatch in Firehose in a Lambda event is three. */
const MOST_WRAPPERS = 4;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The events in a value: itself, or those that a destination has wrapped up. A fault is told at the line of
 * the whole, as what is within a record has no lines of its own.
 */
export function eventsIn(found: Found, depth = 0): readonly Found[] {
  if (found.kind === 'fault') return [found];
  const { line, value } = found;
  const fault = (message: string): readonly Found[] => [{ kind: 'fault', line, message }];
  if (!isFields(value)) return fault('is no JSON object');
  if (typeof value.event_type === 'string') return [found];
  // CloudWatch asks now and then whether the way is free.
  if (value.messageType === 'CONTROL_MESSAGE') return [];
  const texts = recordsOf(value)?.map(textOf);
  if (!texts) return fault('is no event of an account');
  if (depth === MOST_WRAPPERS) return fault('is wrapped too often');
  return texts.flatMap((text) => {
    if (text === undefined) return fault('holds a record that cannot be unpacked');
    return valuesIn(text).flatMap((inner) => eventsIn({ ...inner, line }, depth + 1));
  });
}

/** The records of a wrapper, as text or as base64; undefined for what is none we know. */
function recordsOf(value: Fields): readonly Packed[] | undefined {
  const { logEvents, events, Records, records, awslogs, message } = value;
  // A CloudWatch subscription; `aws logs filter-log-events` and `get-log-events`.
  const messages = listOf(logEvents) ?? listOf(events);
  if (messages) return messages.map(({ message }) => ({ text: message }));
  // `aws kinesis get-records`, and what Kinesis hands to a Lambda function.
  const ofKinesis = listOf(Records);
  if (ofKinesis) {
    return ofKinesis.map(({ Data, kinesis }) => ({
      base64: Data ?? (isFields(kinesis) ? kinesis.data : undefined),
    }));
  }
  // Firehose to an HTTP endpoint or a Lambda function.
  const ofFirehose = listOf(records);
  if (ofFirehose) return ofFirehose.map(({ data }) => ({ base64: data }));
  if (isFields(awslogs)) return [{ base64: awslogs.data }];
  return typeof message === 'string' ? [{ text: message }] : undefined;
}

type Packed = { readonly text: unknown } | { readonly base64: unknown };

function textOf(packed: Packed): string | undefined {
  if ('text' in packed) return typeof packed.text === 'string' ? packed.text : undefined;
  if (typeof packed.base64 !== 'string') return undefined;
  const octets = Buffer.from(packed.base64, 'base64');
  if (!isGzip(octets)) return octets.toString('utf8');
  try {
    return gunzipSync(octets, { maxOutputLength: MOST }).toString('utf8');
  } catch {
    return undefined;
  }
}

/** RFC 1952 2.3.1. */
export function isGzip(octets: Uint8Array): boolean {
  return octets[0] === 0x1f && octets[1] === 0x8b;
}

function listOf(value: unknown): readonly Fields[] | undefined {
  return Array.isArray(value) && value.every(isFields) ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
