import type { Label } from '../attempts/facts.ts';
import { formatMoment } from '../attempts/moment.ts';
import { type Column, createTable } from '../attempts/table.ts';
import type { Difference, Replay } from '../backtest/replay.ts';
import { type Change, type Share, type Sum, whatOf } from '../backtest/sums.ts';
import type { Address } from '../policy/network.ts';
import { counted, forTerminal, jsonLine } from '../text.ts';
import { wrap } from './output.ts';

export type Backtest = {
  readonly file: string;
  /** The policy it is held against; what was recorded, where there is none. */
  readonly against: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly limit: number;
  readonly result: Replay;
  readonly changes: readonly [Change, Change];
  readonly labels: ReadonlyMap<Address, Label>;
};

const SCREEN = { width: 80, colour: false };

export function backtestText(backtest: Backtest): string {
  const { changes, result } = backtest;
  const lines = [
    ...wrap(headline(backtest), 80),
    ...changes.flatMap((change) => changeLines(change, backtest)),
    ...(result.differences.length === 0 ? [] : ['', ...wrap(CAVEAT, 80)]),
  ];
  return `${lines.join('\n')}\n`;
}

const CAVEAT = 'A name that no rule was about was not recorded, so nothing can be said of it here.';

function headline({ file, against, since, result }: Backtest): string {
  const { attempts, same, undecided, excepted } = result;
  const from = formatMoment(since).slice(0, 16);
  if (attempts === 0) {
    return `Nothing is recorded since ${from}: choose an earlier --since, or another --database.`;
  }
  const other = against === undefined ? 'what was recorded' : forTerminal(against);
  const sentences = [
    `${forTerminal(file)} against ${other}, since ${from}: ${counted(attempts, 'attempt')}, of which ${same} come out alike.`,
  ];
  if (undecided > 0) {
    sentences.push(`${undecided} were seen by an address alone and cannot be replayed.`);
  }
  if (excepted > 0) {
    sentences.push(`${excepted} were allowed by an exception, whatever the policy.`);
  }
  return sentences.join(' ');
}

function changeLines(change: Change, { labels, limit }: Backtest): readonly string[] {
  const { fate, sum, services, clients, differences } = change;
  if (sum.attempts === 0) return ['', `Nothing would newly be ${fate}.`];
  const callOf = (client: Address) => {
    const label = labels.get(client)?.label;
    return label === undefined ? client : `${label} (${client})`;
  };
  return [
    '',
    ...wrap(`Newly ${fate}: ${sumText(sum)}.`, 80),
    ...tableOf(SERVICES, services, limit),
    ...tableOf(clientColumns(callOf), clients, limit),
    ...tableOf(differenceColumns(callOf), differences, limit),
  ];
}

function sumText({ attempts, clients, names }: Sum): string {
  return `${counted(attempts, 'attempt')} of ${counted(clients, 'client')} at ${counted(names, 'name')}`;
}

function tableOf<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  limit: number,
): readonly string[] {
  const more = rows.length - limit;
  return [
    '',
    ...createTable(columns, SCREEN)(rows.slice(0, limit)),
    ...(more > 0 ? [`and ${more} more; --limit ${rows.length} shows all`] : []),
  ];
}

const figures = <Row extends Sum>(): readonly Column<Row>[] => [
  { title: 'ATTEMPTS', text: ({ attempts }) => String(attempts), align: 'right' },
  { title: 'NAMES', text: ({ names }) => String(names), align: 'right' },
];

const SERVICES: readonly Column<Share<string | undefined>>[] = [
  { title: 'SERVICE', text: ({ key }) => key ?? '-', least: 15 },
  ...figures(),
  { title: 'CLIENTS', text: ({ clients }) => String(clients), align: 'right' },
];

const clientColumns = (callOf: (client: Address) => string): readonly Column<Share<Address>>[] => [
  { title: 'CLIENT', text: ({ key }) => callOf(key), least: 15 },
  ...figures(),
];

const differenceColumns = (callOf: (client: Address) => string): readonly Column<Difference>[] => [
  { title: 'CLIENT', text: ({ client }) => callOf(client), least: 12 },
  { title: 'NAME', text: whatOf, least: 15 },
  { title: 'TIMES', text: ({ attempts }) => String(attempts), align: 'right' },
  { title: 'WAS', text: ({ verdict }) => verdict },
  { title: 'RULE', text: ({ rule }) => rule ?? 'none', least: 12 },
];

/** All of it as one object; times as ISO 8601. */
export function backtestJson({ file, against, since, result, changes }: Backtest): string {
  const { differences: _, ...sums } = result;
  const [refused, allowed] = changes.map(({ fate: __, differences, ...change }) => ({
    ...change,
    differences: differences.map((difference) => ({
      ...difference,
      first: new Date(difference.first).toISOString(),
      last: new Date(difference.last).toISOString(),
    })),
  }));
  const about = { policy: file, against: against ?? null, since: new Date(since).toISOString() };
  return `${jsonLine({ ...about, ...sums, refused, allowed })}\n`;
}
