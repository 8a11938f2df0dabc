import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is asked: names in the cache, names of the list, names nobody asked before. */
export const KINDS = ['refused', 'cached', 'forwarded'] as const;
export type Kind = (typeof KINDS)[number];

/** Files of questions in dnsperf's form. `first` warms the server up, the others are measured. */
export type Questions = {
  readonly first: string;
  readonly fixed: string;
  readonly saturated: string;
};

/** Different names in the hot sets. The refused ones are as many, so the log folds them alike. */
const HOT = 1000;
/** More than any server here forwards in a second; one that is faster ends its run early. */
const FRESH_A_SECOND = 40_000;

/** `count` different names under many parents, the same in every run. */
export function blockedNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    // A bijection on 32 bits: scattered, and still all different.
    const scattered = Math.imul(i + 1, 2_654_435_761) >>> 0;
    return `${scattered.toString(36)}.blocked-${scattered % 997}.example.com`;
  });
}

export function cachedQuestions(folder: string): Questions {
  const names = Array.from({ length: HOT }, (_, i) => `www${i}.hot-${i % 37}.example.net`);
  return sameForAll(write(folder, 'cached', names));
}

/** Names from all over the list; every other one with a label in front, as only a subtree covers. */
export function refusedQuestions(folder: string, blocked: readonly string[]): Questions {
  const names = Array.from({ length: HOT }, (_, i) => {
    const name = blocked[Math.floor((i / HOT) * blocked.length)] as string;
    return i % 2 === 0 ? name : `host${i}.${name}`;
  });
  return sameForAll(write(folder, `refused-${blocked.length}`, names));
}

export function forwardedQuestions(folder: string, seconds: number): Questions {
  const fresh = (run: string) =>
    write(
      folder,
      `forwarded-${run}`,
      Array.from(
        { length: Math.ceil(FRESH_A_SECOND * seconds) },
        (_, i) => `${run}${i}.new-${i % 997}.example.org`,
      ),
    );
  return { first: fresh('first'), fixed: fresh('fixed'), saturated: fresh('saturated') };
}

const sameForAll = (file: string): Questions => ({ first: file, fixed: file, saturated: file });

function write(folder: string, name: string, names: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, names.map((each) => `${each} A\n`).join(''));
  return file;
}
