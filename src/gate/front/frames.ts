import { deserialize, serialize } from 'node:v8';

/** Octets in front of a value: how long the whole is. */
const HEAD = 4;

/** A value as V8 writes it, behind the length of the whole. What threads share goes as a copy. */
export function encodeFrame(value: unknown): Uint8Array {
  const body = serialize(value);
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(HEAD + body.length);
  return Buffer.concat([head, body]);
}

/** Takes octets as they come, and gives the values of the frames that are whole now. */
export function createFrames(): (octets: Uint8Array) => readonly unknown[] {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let wanted = HEAD;
  return (octets) => {
    pieces.push(octets);
    held += octets.length;
    const values: unknown[] = [];
    // Joined once there is enough: a long frame comes in many pieces.
    while (held >= wanted) {
      const all = Buffer.concat(pieces, held);
      pieces = [all];
      const length = all.readUInt32LE();
      if (held >= length) {
        values.push(deserialize(all.subarray(HEAD, length)));
        pieces = [all.subarray(length)];
        held -= length;
        wanted = HEAD;
      } else wanted = length;
    }
    return values;
  };
}
