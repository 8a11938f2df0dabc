import { styleText } from 'node:util';
import { forTerminal, jsonLine } from '../text.ts';
import { formatMoment } from './moment.ts';
import type { Step, Story } from './story.ts';
import { type Column, createTable, type Screen } from './table.ts';

const INDENT = '  ';

/** The columns of steps, without titles; the time as `timeOf` writes it. */
export function stepColumns(timeOf: (time: number) => string): readonly Column<Step>[] {
  return [
    { title: '', text: ({ first }) => timeOf(first) },
    { title: '', text: ({ via }) => via },
    { title: '', text: ({ what }) => what, least: 15 },
    {
      title: '',
      text: ({ closed }) => (closed ? 'refused' : 'open'),
      colour: ({ closed }) => (closed ? 'green' : 'red'),
    },
    { title: '', text: ({ count }) => `×${count}`, align: 'right' },
  ];
}

const COLUMNS = stepColumns((time) => formatMoment(time).slice(11));

/** Turns stories into text for people, a block each; steps of all of them stand in the same columns. */
export function createStoryPrinter(screen: Screen): (stories: readonly Story[]) => string {
  const table = createTable(COLUMNS, { ...screen, width: screen.width - INDENT.length });
  table([ABOUT_NOTHING]); // its line of titles, which would tell nothing here
  return (stories) => stories.map((story) => blockOf(story, table(story.steps), screen)).join('\n');
}

const ABOUT_NOTHING: Step = {
  via: 'system-dns',
  what: '',
  first: 0,
  last: 0,
  count: 1,
  closed: true,
};

function blockOf(story: Story, steps: readonly string[], { colour }: Screen): string {
  const title = forTerminal(`${story.service} on ${story.client}, ${spanOf(story)}`);
  const shown = colour ? styleText('bold', title, { validateStream: false }) : title;
  return [shown, ...steps.map((line) => INDENT + line)].map((line) => `${line}\n`).join('');
}

function spanOf({ first, last }: Story): string {
  const [from, to] = [formatMoment(first), formatMoment(last)];
  if (from === to) return from;
  const sameDay = from.slice(0, 10) === to.slice(0, 10);
  return `${from} to ${sameDay ? to.slice(11) : to}`;
}

/** One story as a line of JSON. */
export function storyJson({ steps, ...story }: Story): string {
  return `${jsonLine({ ...withIsoTimes(story), steps: steps.map(withIsoTimes) })}\n`;
}

function withIsoTimes<T extends { readonly first: number; readonly last: number }>(timed: T) {
  const { first, last } = timed;
  return { ...timed, first: new Date(first).toISOString(), last: new Date(last).toISOString() };
}
