import { formatEndpoint } from '../policy/endpoint.ts';
import type { AttemptVerdict, StoredAttempt } from './attempt.ts';
import { formatMoment } from './moment.ts';
import type { Group, Grouping, Tally } from './query.ts';
import type { Column } from './table.ts';

/** How rows are shown: as fields for programs, and as columns for people. */
export type View<Row> = {
  readonly fields: readonly Field<Row>[];
  /** What fits into so many columns of characters. */
  readonly columns: (width: number) => readonly Column<Row>[];
};

type Field<Row> = {
  readonly name: string;
  readonly value: (row: Row) => string | number | undefined;
};

/** From this width on there is room for what a narrow table leaves out. */
const WIDE = 120;

const COLOURS = {
  blocked: 'red',
  observed: 'yellow',
  watched: 'cyan',
  excepted: 'cyan',
  sanctioned: 'green',
} as const satisfies Record<AttemptVerdict, string>;

const isoTime = (time: number) => new Date(time).toISOString();

/** Without year and seconds where there is no room for them. */
const shownTime = (time: number, width: number) =>
  width >= WIDE ? formatMoment(time) : formatMoment(time).slice(5, 16);

export const attemptView: View<StoredAttempt> = {
  fields: [
    { name: 'id', value: ({ id }) => id },
    { name: 'first', value: ({ first }) => isoTime(first) },
    { name: 'last', value: ({ last }) => isoTime(last) },
    { name: 'count', value: ({ count }) => count },
    { name: 'client', value: ({ client }) => client },
    { name: 'transport', value: ({ transport }) => transport },
    { name: 'name', value: ({ name }) => name },
    { name: 'type', value: ({ type }) => type },
    { name: 'via', value: ({ via }) => via },
    { name: 'rule', value: ({ rule }) => rule },
    { name: 'service', value: ({ service }) => service },
    { name: 'role', value: ({ role }) => role },
    { name: 'verdict', value: ({ verdict }) => verdict },
    { name: 'answer', value: ({ answer }) => answer },
    // Behind the others: who reads a CSV file by position finds what was there before in its place.
    { name: 'point', value: ({ point }) => point },
    { name: 'destination', value: ({ destination }) => destination },
    { name: 'port', value: ({ port }) => port },
    { name: 'ja4', value: ({ ja4 }) => ja4 },
    { name: 'lead', value: ({ lead }) => lead },
  ],
  columns(width) {
    const narrow: readonly Column<StoredAttempt>[] = [
      { title: 'LAST SEEN', text: ({ last }) => shownTime(last, width) },
      { title: 'CLIENT', text: ({ client }) => client, least: 15 },
      {
        title: 'NAME',
        text: whatWasTried,
        least: 15,
      },
      { title: 'SERVICE', text: ({ service }) => service ?? '-', least: 8 },
      {
        title: 'VERDICT',
        text: ({ verdict }) => verdict,
        colour: ({ verdict }) => COLOURS[verdict],
      },
      { title: 'COUNT', text: ({ count }) => String(count), align: 'right' },
    ];
    if (width < WIDE) return narrow;
    return [
      ...narrow,
      { title: 'SEEN BY', text: ({ point }) => point },
      { title: 'TYPE', text: ({ type }) => type },
      { title: 'RULE', text: ({ rule }) => rule, least: 15 },
    ];
  },
};

/** The name, or the address where nobody knows one, and what of it the rule is about. */
function whatWasTried({ name, via, rule, ...attempt }: StoredAttempt): string {
  const destination = destinationText(attempt);
  // An entry of the rule set is about the address, whatever name led there.
  const about = via ?? (rule.startsWith('TW-') ? destination : undefined);
  if (name === undefined) return about ?? destination ?? '-';
  return about === undefined ? name : `${name} → ${about}`;
}

/** Where the client meant to go, as `192.0.2.1:443`; undefined where nobody knows. */
export function destinationText({
  destination: address,
  port,
}: Pick<StoredAttempt, 'destination' | 'port'>): string | undefined {
  if (address === undefined || port === undefined) return address;
  return formatEndpoint({ address, port });
}

export function groupView(by: Grouping): View<Group> {
  return {
    fields: [
      { name: by, value: ({ key }) => key },
      { name: 'attempts', value: ({ attempts }) => attempts },
      { name: 'first', value: ({ first }) => isoTime(first) },
      { name: 'last', value: ({ last }) => isoTime(last) },
    ],
    columns: (width) => [
      { title: by.toUpperCase(), text: ({ key }) => key ?? '-', least: 15 },
      { title: 'ATTEMPTS', text: ({ attempts }) => String(attempts), align: 'right' },
      { title: 'FIRST SEEN', text: ({ first }) => shownTime(first, width) },
      { title: 'LAST SEEN', text: ({ last }) => shownTime(last, width) },
    ],
  };
}

export const tallyView: View<Tally> = {
  fields: [
    { name: 'attempts', value: ({ attempts }) => attempts },
    { name: 'rows', value: ({ rows }) => rows },
  ],
  columns: () => [
    { title: 'ATTEMPTS', text: ({ attempts }) => String(attempts), align: 'right' },
    { title: 'ROWS', text: ({ rows }) => String(rows), align: 'right' },
  ],
};
