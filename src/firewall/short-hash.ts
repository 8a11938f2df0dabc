import { createHash } from 'node:crypto';

/** Eight hexadecimal digits that always stand for the same text: for ids that must not be long. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
