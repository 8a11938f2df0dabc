import { Command } from 'commander';
import { actOn, type Deed } from '../attempts/incident/act.ts';
import type { Incident } from '../attempts/incident/incident.ts';
import { readIncident } from '../attempts/incident/query.ts';
import { ParseError } from '../policy/problem.ts';
import { forTerminal } from '../text.ts';
import { inDatabase } from './database.ts';
import { collecting, parsing } from './options.ts';
import { noIncident, parseIncidentId, type Surroundings } from './reviewing.ts';

type Flags = { readonly database: string; readonly note?: string };
type Kind = Exclude<Deed['kind'], 'except'>;

/** What was done, as a sentence begins. */
const DONE: Readonly<Record<Kind, string>> = {
  acknowledge: 'Acknowledged',
  close: 'Closed',
  reopen: 'Reopened',
  note: 'Noted about',
};

/** Characters of a note; what is longer belongs elsewhere. */
const LONGEST_NOTE = 2000;

/** The subcommands that write down what a person decides. Exit 1 where there is no such incident. */
export function actCommands(surroundings: Surroundings): readonly Command[] {
  const deciding = (name: string, kind: Kind, description: string) =>
    new Command(name)
      .description(description)
      .argument('<id...>', 'numbers, as the list has them', collecting(parseIncidentId))
      .option('--note <text>', 'why, for who comes after you', parsing(parseNote))
      .action((ids: readonly number[], { database, note }: Flags) =>
        act(database, ids, { kind, ...(note === undefined ? {} : { note }) }, surroundings),
      );
  return [
    deciding('ack', 'acknowledge', 'somebody looks after it: quiet until it grows worse'),
    deciding('close', 'close', 'it is dealt with: quiet until there is another attempt'),
    deciding('reopen', 'reopen', 'it has to be looked at again'),
    new Command('note')
      .description('write something down about it; its state stays what it is')
      .argument('<id>', 'number, as the list has it', parsing(parseIncidentId))
      .argument('<text>', 'what there is to say', parsing(parseNote))
      .action((id: number, note: string, { database }: Flags) =>
        act(database, [id], { kind: 'note', note }, surroundings),
      ),
  ];
}

async function act(
  database: string,
  ids: readonly number[],
  deed: Omit<Deed, 'author' | 'kind'> & { readonly kind: Kind },
  { author, now, stdout, stderr }: Surroundings,
): Promise<void> {
  const { openForReview } = await import('../attempts/store.ts');
  const wanted = [...new Set(ids)];
  const found = inDatabase(database, openForReview, (db) => {
    const there = wanted.filter((id) => readIncident(db, id) !== undefined);
    actOn(db, there, { ...deed, author }, now());
    return there.flatMap((id) => readIncident(db, id) ?? []);
  });
  for (const incident of found) {
    stdout.write(`${DONE[deed.kind]} incident ${incident.id}: ${aboutOf(incident)}.\n`);
  }
  for (const id of wanted.filter((id) => !found.some((incident) => incident.id === id))) {
    stderr.write(noIncident(id));
    process.exitCode = 1;
  }
}

function aboutOf({ client, service = 'no service' }: Incident): string {
  return forTerminal(`${service} on ${client}`);
}

function parseNote(text: string): string {
  const note = text.trim();
  if (note !== '' && note.length <= LONGEST_NOTE) return note;
  throw new ParseError(
    note === ''
      ? 'is empty; write what there is to say'
      : `is longer than ${LONGEST_NOTE} characters`,
  );
}
