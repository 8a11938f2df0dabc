import type { Point, Turn } from './contest.ts';

/** A server under one load, over all rounds. */
export type Row = {
  readonly server: string;
  readonly names: number;
  readonly kind: Point['kind'];
  readonly rate: Point['rate'];
  /** Microseconds of processor time a question: the median, and the rounds' extremes. */
  readonly cpu: number;
  readonly least: number;
  readonly most: number;
  readonly perSecond: number;
  readonly share: number;
  /** Of all rounds together. */
  readonly lost: number;
  readonly wrong: number;
  /** Processor time over another server's of the same round: the median of the rounds. */
  readonly ratios: Readonly<Partial<Record<Measure, number>>>;
};

/** A server with a list of one size: how long it takes to start, and what it holds. */
export type Size = Pick<Turn, 'server' | 'names' | 'ready' | 'memory'>;

/** How much of the server's core went to others while a server was measured. */
export type Disturbance = { readonly usual: number; readonly worst: number };

/** What the servers are compared with: each other, and the floor. */
export const MEASURES = ['unbound', 'dnsmasq', 'node echo'] as const;
export type Measure = (typeof MEASURES)[number];

type Rounds = readonly (readonly Turn[])[];

export function rowsOf(rounds: Rounds): Row[] {
  return (rounds[0] ?? []).flatMap((turn) =>
    turn.points.map((point) => rowOf(rounds, turn, point)),
  );
}

function rowOf(rounds: Rounds, { server, names }: Turn, { kind, rate }: Point): Row {
  const points = rounds.flatMap((round) => pointIn(round, server, names, kind, rate) ?? []);
  const figures = (of: (point: Point) => number) => points.map(of);
  const cpu = figures((point) => point.cpu);
  const ratios = MEASURES.filter((measure) => measure !== server).flatMap((measure) => {
    const compared = rounds.flatMap((round, i) => {
      const other =
        measure === 'node echo'
          ? pointIn(round, measure, 0, 'floor', rate)
          : pointIn(round, measure, names, kind, rate);
      return other ? [(cpu[i] ?? Number.NaN) / other.cpu] : [];
    });
    return compared.length > 0 ? [[measure, median(compared)]] : [];
  });
  return {
    server,
    names,
    kind,
    rate,
    cpu: median(cpu),
    least: Math.min(...cpu),
    most: Math.max(...cpu),
    perSecond: median(figures(({ perSecond }) => perSecond)),
    share: median(figures(({ share }) => share)),
    lost: sum(figures(({ lost }) => lost)),
    wrong: sum(figures(({ wrong }) => wrong)),
    ratios: Object.fromEntries(ratios),
  };
}

export function sizesOf(rounds: Rounds): Size[] {
  return (rounds[0] ?? [])
    .filter(({ names }) => names > 0)
    .map(({ server, names }) => {
      const turns = rounds.flat().filter((turn) => turn.server === server && turn.names === names);
      const ready = median(turns.map((turn) => turn.ready));
      return { server, names, ready, memory: median(turns.map(({ memory }) => memory)) };
    });
}

export function disturbanceOf(rounds: Rounds): Disturbance {
  const shares = rounds.flat().flatMap(({ points }) => points.map(({ disturbed }) => disturbed));
  return { usual: median(shares), worst: Math.max(...shares) };
}

function pointIn(
  round: readonly Turn[],
  server: string,
  names: number,
  kind: Point['kind'],
  rate: Point['rate'],
): Point | undefined {
  return round
    .find((turn) => turn.server === server && turn.names === names)
    ?.points.find((point) => point.kind === kind && point.rate === rate);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
