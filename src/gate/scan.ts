import type { Opening } from './opening.ts';

/** Looks at all octets there are so far, each time more of them; undefined as long as they are too few to tell. */
export type Scan = (seen: Uint8Array) => Opening | undefined;
