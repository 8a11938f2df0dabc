import type { Figures } from '../attempts/figures.ts';
import type { Note, PartState, ServiceState } from '../attempts/note.ts';
import type { Log } from '../log.ts';

/** What a program that runs lets others know of itself, by way of the database. */
export type Presence = {
  /** The program's log: what is told there is kept as well, where it is of use to who reviews. */
  readonly log: Log;
  /** Begins to write; what was told before comes first. */
  readonly start: (parts: PresenceParts) => void;
  /** Writes what is left, and that the program has ended. */
  readonly stop: () => void;
};

export type PresenceParts = {
  readonly note: (note: Note) => void;
  /** All but what the log has told. */
  readonly state: () => Omit<ServiceState, 'parts'>;
  readonly figures: Figures;
};

/** What an event of the log says of a part. */
type Telling = Pick<PartState, 'part' | 'is'>;

const TELLINGS: Readonly<Record<string, Telling>> = {
  listening: { part: 'resolver', is: 'up' },
  'not listening': { part: 'resolver', is: 'down' },
  feeding: { part: 'feed', is: 'up' },
  'firewall sets not there': { part: 'feed', is: 'down' },
  'firewall sets lost': { part: 'feed', is: 'down' },
  'firewall sets filled': { part: 'feed', is: 'up' },
  'gate listening': { part: 'gate', is: 'up' },
  'gate down': { part: 'gate', is: 'down' },
  'fronts come to the gate': { part: 'fronts', is: 'up' },
  'fronts pass by the gate': { part: 'fronts', is: 'down' },
  'refuser listening': { part: 'refuser', is: 'up' },
};

/** Events that are worth a line to who reviews though nothing is wrong. */
const WORTH_TELLING: ReadonlySet<string> = new Set([
  ...['ready', 'stopping', 'reloaded', 'timed rules looked at', 'exceptions'],
  ...['firewall sets filled', 'fronts come to the gate', 'attempts recovered'],
]);

/** Milliseconds between two signs of life. */
const BEAT = 5_000;
/** Events kept until they can be written. */
const MOST = 200;

export function createPresence(
  program: ServiceState['program'],
  log: Log,
  now: () => number,
): Presence {
  const parts = new Map<string, PartState>();
  const waiting: Note[] = [];
  let running: PresenceParts | undefined;
  let timer: NodeJS.Timeout | undefined;

  const write = (note: Note): void => {
    if (running) running.note(note);
    else if (waiting.length < MOST) waiting.push(note);
  };
  const beat = (): void => {
    if (!running) return;
    const { state, figures } = running;
    for (const minute of figures.take(now())) write({ kind: 'minute', minute });
    write({ kind: 'state', time: now(), state: { ...state(), parts: [...parts.values()] } });
  };

  return {
    log(level, event, particulars = {}) {
      log(level, event, particulars);
      const telling = TELLINGS[event];
      if (telling)
        parts.set(telling.part, stateAfter(parts.get(telling.part), telling, particulars));
      if (level !== 'info' || WORTH_TELLING.has(event)) {
        const text = sentenceOf(event, particulars);
        write({ kind: 'event', event: { program, time: now(), level, text } });
      }
      // What has changed is seen at once.
      if (telling) beat();
    },
    start(wanted) {
      running = wanted;
      for (const note of waiting.splice(0)) write(note);
      beat();
      timer = setInterval(beat, BEAT).unref();
    },
    stop() {
      clearInterval(timer);
      if (!running) return;
      for (const minute of running.figures.take(now(), true)) write({ kind: 'minute', minute });
      const over = [...parts.values()].map((part): PartState => ({ ...part, is: 'off' }));
      write({ kind: 'state', time: now(), state: { ...running.state(), parts: over } });
    },
  };
}

/** A part that is up at several addresses names them all. */
function stateAfter(
  before: PartState | undefined,
  { part, is }: Telling,
  particulars: Parameters<Log>[2],
): PartState {
  const about = wordsOf(particulars);
  const isMore = is === 'up' && before?.is === 'up' && before.about !== '' && about !== '';
  if (!isMore || before.about.split(', ').includes(about)) return { part, is, about };
  return { part, is, about: `${before.about}, ${about}` };
}

function wordsOf(particulars: Parameters<Log>[2] = {}): string {
  const { address, message, sets, feed } = particulars;
  return [address, feed, sets, message].filter((word) => word !== undefined).join(' ');
}

function sentenceOf(event: string, particulars: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(particulars).filter(([, value]) => value !== '');
  const words = told.map(([key, value]) => {
    return `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
  });
  return words.length === 0 ? event : `${event}: ${words.join(', ')}`;
}
