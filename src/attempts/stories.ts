import type { StoredAttempt } from './attempt.ts';
import type { Filter } from './filter.ts';
import { LONGEST_WINDOW } from './fold.ts';
import { listAttempts } from './query.ts';
import { STEP_GAP } from './step.ts';
import type { Database } from './store.ts';
import { type Story, storiesOf } from './story.ts';

/** Which stories are meant. Any other filter would take steps out of the middle of them. */
export type StoryFilter = Pick<Filter, 'client' | 'service' | 'since' | 'until'>;

export type Stories = {
  readonly stories: readonly Story[];
  /** Why these are not all: there are more than were asked for, or more attempts than are read at once. */
  readonly cut?: 'limit' | 'attempts';
};

/** Rows read for the first look, and at most: memory has to hold them. */
const FIRST_LOOK = 2000;
const MOST_ROWS = 100_000;

/** The newest stories, from no more rows than it takes to tell them. */
export function readStories(
  db: Database,
  { service, ...filter }: StoryFilter,
  limit: number,
  most = MOST_ROWS,
): Stories {
  let rows: readonly StoredAttempt[] = [];
  for (;;) {
    const wanted = Math.min(Math.max(FIRST_LOOK, rows.length), most - rows.length);
    const page = listAttempts(db, { ...filter, steps: true }, wanted, rows.at(-1));
    rows = [...rows, ...page];
    const isAll = page.length < wanted;
    // What was not read is older than this, and no window of it reaches further.
    const reach = (rows.at(-1)?.first ?? 0) + LONGEST_WINDOW + STEP_GAP;
    const told = storiesOf(rows).filter(
      (story) =>
        (service === undefined || story.service === service) && (isAll || story.first > reach),
    );
    if (told.length > limit) return { stories: told.slice(0, limit), cut: 'limit' };
    if (isAll) return { stories: told };
    if (rows.length >= most) return { stories: told, cut: 'attempts' };
  }
}
