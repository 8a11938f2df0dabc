// Performs harmless acts, of which each is a way that a tunnel's agent takes or could be made to take, and tells
// what came of each.
import { type Act, type Fate, perform } from '../acts.ts';

type Walk = { readonly acts: readonly Act[]; readonly refusers: readonly string[] };

/** Acts at once: a client that tries everything, not a flood. */
const AT_ONCE = 16;

process.once('message', async ({ acts, refusers }: Walk) => {
  const fates: Fate[] = [];
  let next = 0;
  const work = async () => {
    while (next < acts.length) {
      const i = next++;
      fates[i] = await perform(acts[i] as Act, refusers);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  process.send?.(fates, () => process.exit(0));
});
