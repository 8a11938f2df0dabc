import { withoutUndefined } from './defined.ts';
import { ParseError, type Place } from './problem.ts';
import { parseDuration } from './quantity.ts';
import type { PolicyFile } from './schema.ts';

/** Where to learn who clients are. */
export type IdentitySettings = {
  readonly neighbours: boolean;
  readonly hosts: boolean;
  readonly reverse: boolean;
  /** Seen from the policy file; undefined is wherever DHCP servers usually keep them. */
  readonly leases?: readonly string[];
  /** Seen from the policy file, and where it is named. */
  readonly inventory?: { readonly file: string; readonly from: Place };
  /** Milliseconds between two looks. */
  readonly every: number;
};

/** How far apart two looks may be: what is known counts as outdated when it is much older. */
const [SHORTEST, LONGEST] = [10_000, 1_800_000];

/** Reads how often to look, `10s` to `30m`, as milliseconds. Throws ParseError. */
export function parseEvery(text: string): number {
  const every = parseDuration(text);
  if (every >= SHORTEST && every <= LONGEST) return every;
  throw new ParseError(`"${text}" is not between 10s and 30m; write one such as 5m`);
}

export function identityOf(
  { identity }: PolicyFile,
  placeOf: (path: readonly PropertyKey[]) => Place,
): IdentitySettings {
  const { inventory: file, ...rest } = identity;
  const from = placeOf(['identity', 'inventory']);
  return withoutUndefined({ ...rest, inventory: file === undefined ? undefined : { file, from } });
}
