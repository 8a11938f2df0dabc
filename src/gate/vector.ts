/** Some octets of a message, read from the front. */
export type Vector = { readonly octets: Uint8Array; at: number; readonly end: number };

/** What is wrong with a message, in English; ordinary work, so it carries no stack. */
export class Fault extends Error {
  override name = 'Fault';
}

export function fault(reason: string): Fault {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new Fault(reason);
  Error.stackTraceLimit = limit;
  return error;
}

export function vectorOf(octets: Uint8Array): Vector {
  return { octets, at: 0, end: octets.length };
}

export function isDone(vector: Vector): boolean {
  return vector.at === vector.end;
}

/** The next `size` octets as a number, 1 or 2 of them. Throws Fault where they are not there. */
export function take(vector: Vector, size: 1 | 2, what: string): number {
  const { octets, at } = vector;
  skip(vector, size, what);
  const first = octets[at] as number;
  return size === 1 ? first : (first << 8) | (octets[at + 1] as number);
}

/** Reads over octets. Throws Fault where they are not there. */
export function skip(vector: Vector, size: number, what: string): void {
  if (vector.end - vector.at < size) throw fault(`${what} is cut short`);
  vector.at += size;
}

/** A vector within, behind its length in `size` octets (RFC 8446 section 3.4). Throws Fault. */
export function takeVector(vector: Vector, size: 1 | 2, what: string): Vector {
  const length = take(vector, size, what);
  const at = vector.at;
  skip(vector, length, what);
  return { octets: vector.octets, at, end: at + length };
}

/** The vector that is all there is. Throws Fault. */
export function takeOnly(vector: Vector, size: 1 | 2, what: string): Vector {
  const inner = takeVector(vector, size, what);
  if (!isDone(vector)) throw fault(`${what} ends too early`);
  return inner;
}

/** All that is left, as numbers of two octets. Throws Fault where one octet is over. */
export function takeNumbers(vector: Vector, what: string): readonly number[] {
  const numbers: number[] = [];
  while (!isDone(vector)) numbers.push(take(vector, 2, what));
  return numbers;
}

/** All that is left. */
export function restOf({ octets, at, end }: Vector): Uint8Array {
  return octets.subarray(at, end);
}
