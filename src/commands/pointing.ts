import { CLASS, TYPE } from '../dns/constants.ts';
import { decodeResponse } from '../dns/decode.ts';
import type { Forwarder } from '../dns/forward.ts';
import type { Answer } from '../dns/message.ts';
import { type Name, nameFromWire, nameToWire } from '../policy/name.ts';

/** Octets of a message's header. */
const HEADER = 12;

/** Milliseconds for one name. */
const PATIENCE = 2_000;

/** Looks up what reverse names point to, as a client of ours would, but for the policy. Never rejects. */
export function createPointers(
  find: () => Forwarder['find'],
): (name: Name) => Promise<readonly Name[]> {
  return async (name) => {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, PATIENCE, undefined);
    timer.unref();
    try {
      const question = { name, type: TYPE.PTR, class: CLASS.IN };
      const flags = { dnssecOk: false, checkingDisabled: false };
      const found = await Promise.race([find()(question, flags), late]);
      return found?.kind === 'fresh' ? pointersIn(name, found.answer) : [];
    } catch {
      return []; // an engine that a reload has closed meanwhile
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The targets of the PTR records of an answer, also behind a CNAME (RFC 2317). */
function pointersIn(name: Name, { sections }: Answer): readonly Name[] {
  const wire = nameToWire(name);
  // Answers are kept without the question their compression points into.
  const message = Buffer.alloc(HEADER + wire.length + 4 + sections.octets.length);
  message.writeUInt16BE(1, 4);
  message.writeUInt16BE(sections.answers, 6);
  message.set(wire, HEADER);
  message.writeUInt16BE(TYPE.PTR, HEADER + wire.length);
  message.writeUInt16BE(CLASS.IN, HEADER + wire.length + 2);
  message.set(sections.octets, HEADER + wire.length + 4);
  return decodeResponse(message, wire.length + 4).answers.flatMap(({ type, data }) =>
    type === TYPE.PTR ? [nameFromWire(data, 0, data.length)] : [],
  );
}
