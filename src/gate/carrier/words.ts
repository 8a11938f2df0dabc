import type { Bound } from '../decide.ts';

/**
 * What a gate and a carrier say to each other, a line of JSON each. `take` comes with two descriptors: the
 * client's connection and the server's.
 */
export type ToCarrier =
  | { readonly kind: 'take'; readonly id: string; readonly about: Bound }
  | { readonly kind: 'cut'; readonly id: string };
export type ToGate =
  /** What it carries; told of each to a gate that comes. */
  | { readonly kind: 'carrying'; readonly id: string; readonly about: Bound }
  | { readonly kind: 'welcomed' }
  | { readonly kind: 'ended'; readonly id: string };

/**
 * Where the carrier of a gate is found, as an abstract UNIX address: it needs no file, goes with its
 * process, and belongs to one network namespace. The number is the version of the words above.
 */
export function carrierAddress(port: number): string {
  return `\0tunnelwarden-carrier-1-${port}`;
}

export function encodeLine(words: ToCarrier | ToGate): Uint8Array {
  return Buffer.from(`${JSON.stringify(words)}\n`);
}

/** Lines of octets that come in pieces. A line longer than so many octets throws. */
export function createLines(most: number): (octets: Uint8Array) => readonly string[] {
  let rest = '';
  return (octets) => {
    const lines = (rest + Buffer.from(octets).toString('utf8')).split('\n');
    rest = lines.pop() as string;
    if (rest.length > most) throw new Error('a line is too long');
    return lines;
  };
}
