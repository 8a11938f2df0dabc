import { createOpeningReader, type Opening } from '../../../src/gate/opening.ts';

/** The opening of a connection whose octets come in these pieces; undefined where they are too few. */
export function readPieces(...pieces: readonly Uint8Array[]): Opening | undefined {
  const reader = createOpeningReader();
  let opening: Opening | undefined;
  for (const piece of pieces) opening = reader.push(piece);
  return opening;
}

/** The same, an octet at a time; `after` is how many octets it took. */
export function readDripping(octets: Uint8Array): {
  readonly opening: Opening | undefined;
  readonly after: number;
} {
  const reader = createOpeningReader();
  for (let i = 0; i < octets.length; i++) {
    const opening = reader.push(octets.subarray(i, i + 1));
    if (opening) return { opening, after: i + 1 };
  }
  return { opening: undefined, after: octets.length };
}

/** What has to be the same however octets are cut: `first` is as long as was needed to tell. */
export function withoutFirst(opening: Opening | undefined): unknown {
  return opening?.kind === 'other' ? { kind: 'other' } : opening;
}
