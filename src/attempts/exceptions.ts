import type { Exception } from '../policy/exception.ts';

/** An exception as it is kept: also after its end. */
export type StoredException = Exception & {
  readonly revoked?: { readonly time: number; readonly by: string };
};
