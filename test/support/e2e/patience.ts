import { setTimeout as delay } from 'node:timers/promises';

/** Looks again and again until something holds, and gives it; throws where it never does. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  patience = 20_000,
): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`${patience} ms without: ${what}`);
    await delay(50);
  }
}
