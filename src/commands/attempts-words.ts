import type { Filter } from '../attempts/filter.ts';
import { attemptFilterOf } from '../attempts/search/filters.ts';
import { parseSearch } from '../attempts/search/parse.ts';
import { NOBODY, peopleOf } from '../attempts/search/people.ts';
import type { Database } from '../attempts/store.ts';
import { ParseError } from '../policy/problem.ts';
import { UsageFailure } from './failure.ts';

export const WORDS_HELP = `

Words are FIELD:VALUE, with a - in front to leave out what they find, or a part
of a name, of what a client is called, or of a service. Behind -- they may begin
with a -. Fields: client, name, service, since, until, verdict, rule, role,
type, point, destination, ja4, team, person, id. The UI has the same in its /.`;

/**
 * Reads words of a command line, as the UI's `/` takes them, beside options that must apply too. What they
 * mean is asked of a database, which knows who the clients are. Throws UsageFailure.
 */
export function parseWords(
  words: readonly string[],
  flags: { readonly verdict?: unknown; readonly stories?: true },
  now: number,
): (db: Database) => Filter {
  try {
    const search = parseSearch(words.join(' '), now);
    if (flags.stories && search.terms.length > 0) {
      throw new ParseError('--stories takes no words: they would take steps out of the stories');
    }
    attemptFilterOf(search, NOBODY);
    return (db) =>
      besideOptions(attemptFilterOf(search, peopleOf(db)), flags.verdict === undefined);
  } catch (error) {
    if (error instanceof ParseError) throw new UsageFailure(error.message, { cause: error });
    throw error;
  }
}

/** With times in another place, since options have them too. */
function besideOptions(
  { unsanctioned, since, until, either = [], not = [] }: Filter,
  isAnyVerdict: boolean,
): Filter {
  return {
    ...(unsanctioned && isAnyVerdict ? { unsanctioned } : {}),
    either: [
      ...either,
      ...(since === undefined ? [] : [[{ since }]]),
      ...(until === undefined ? [] : [[{ until }]]),
    ],
    not,
  };
}
