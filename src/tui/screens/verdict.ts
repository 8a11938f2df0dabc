import type { ServiceState } from '../../attempts/note.ts';
import { beginningOf, span, type Tone, widthOf } from '../line.ts';
import type { Overview } from '../source.ts';
import { agoOf, spokenDuration } from './times.ts';

/** Milliseconds after which a program that says nothing counts as silent; it speaks every few seconds. */
export const SILENT_AFTER = 15_000;

export type Verdict = {
  readonly tone: Extract<Tone, 'good' | 'warn' | 'bad'>;
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
};

type Stated = Overview['states'][number];

/** Is it working, and is anything open: in a sentence or two. */
export function verdictOf(overview: Overview, now: number): Verdict {
  const health = healthOf(overview, now);
  const { open } = overview;
  const count = open.high + open.medium + open.low;
  const isUnknown = overview.states.length === 0 && count === 0;
  const text = isUnknown
    ? health.text
    : `${health.text} ${openText(count, open.high, health.tone)}`;
  const tone = health.tone === 'good' && open.high + open.medium > 0 ? 'warn' : health.tone;
  const advice = health.advice ?? (count > 0 ? 'enter opens the chosen one.' : undefined);
  return { tone, text, ...(advice === undefined ? {} : { advice }) };
}

function openText(count: number, high: number, tone: Verdict['tone']): string {
  // Where something is wrong, that needs a look.
  if (count === 0) return tone === 'good' ? 'Nothing needs a look.' : 'No incident is open.';
  const many = count === 1 ? '1 incident needs a look' : `${count} incidents need a look`;
  if (high === 0) return `${many}, none of them high.`;
  return count === 1 ? `${many}, a high one.` : `${many}, ${high} of them high.`;
}

function healthOf({ states }: Overview, now: number): Verdict {
  const serve = states.find(({ state }) => state.program === 'serve');
  if (!serve) return withoutServe(states);
  if (isStopped(serve.state)) {
    return {
      tone: 'bad',
      text: `serve was stopped ${agoOf(serve.time, now)}: nobody is answered.`,
      advice: `Start it again: tunnelwarden serve --policy ${serve.state.policy} --database ...`,
    };
  }
  if (isSilent(serve, now)) {
    return {
      tone: 'bad',
      text: `The resolver does not answer: serve has said nothing for ${spokenDuration(now - serve.time)}.`,
      advice: `See whether process ${serve.state.pid} still runs, and what its log says last.`,
    };
  }
  return faultOf(states, now) ?? { tone: 'good', text: 'Working.' };
}

function withoutServe(states: readonly Stated[]): Verdict {
  const gate = states.length > 0 ? ' (a gate has)' : '';
  return {
    tone: 'bad',
    text: `No serve has written here yet${gate}: start tunnelwarden serve --database ...`,
    advice: 'Name the same database there and here.',
  };
}

/** The worst of what is wrong where serve runs. */
function faultOf(states: readonly Stated[], now: number): Verdict | undefined {
  const running = states.filter(({ state }) => !isStopped(state));
  const down = running.flatMap(({ state }) => state.parts).filter(({ is }) => is === 'down');
  const resolver = down.find(({ part }) => part === 'resolver');
  if (resolver) return { tone: 'bad', text: `The resolver is down${becauseOf(resolver.about)}.` };
  const silent = running.find((stated) => isSilent(stated, now));
  if (silent) {
    const silence = spokenDuration(now - silent.time);
    const text = `Working, but the ${silent.state.program} has said nothing for ${silence}.`;
    const advice = `See whether process ${silent.state.pid} still runs.`;
    return { tone: 'bad', text, advice };
  }
  const [first, ...others] = down;
  if (first) {
    const more = others.length === 0 ? '' : ` (and ${others.map(({ part }) => part).join(', ')})`;
    const text = `Working, but the ${first.part} is down${more}${becauseOf(first.about)}.`;
    return { tone: 'bad', text };
  }
  const dropped = running.reduce((sum, { state }) => sum + state.dropped, 0);
  if (dropped > 0) {
    const text = `Working, but ${dropped} attempts could not be stored.`;
    return { tone: 'warn', text, advice: 'See whether the disk is full or slow.' };
  }
  const isObserving = running.some(({ state }) => state.mode === 'observe');
  return isObserving
    ? { tone: 'warn', text: 'Observing only: NOTHING IS REFUSED, all is recorded.' }
    : undefined;
}

/** The cause as the end of a sentence, no longer than leaves the rest of it in sight. */
function becauseOf(about: string): string {
  if (about === '') return '';
  const safe = span(about).text;
  return `: ${widthOf(safe) > LONGEST_CAUSE ? `${beginningOf(safe, LONGEST_CAUSE)}...` : safe}`;
}

const LONGEST_CAUSE = 60;

export function isSilent({ time }: Stated, now: number): boolean {
  return now - time > SILENT_AFTER;
}

/** A program that ends says so: all its parts are off. */
export function isStopped({ parts }: ServiceState): boolean {
  return parts.length > 0 && parts.every(({ is }) => is === 'off');
}
