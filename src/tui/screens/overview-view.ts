import { EMPTY_LINE, type Line, line, span } from '../line.ts';
import { type List, seen } from '../list.ts';
import type { Context } from '../screen.ts';
import type { KnownIncident, Overview } from '../source.ts';
import { tableLines } from '../table.ts';
import { changeLines, minutesFor, sparkLines, topLines } from './figures.ts';
import { partLines, ruleLines, standingLines } from './health.ts';
import { incidentColumns } from './incident-list.ts';
import { BESIDE_GAP, beside, fitted, hanging, isWide, titleLine, wrapped } from './layout.ts';
import { verdictOf } from './verdict.ts';

/** A part of the screen that takes what lines are left. */
type Block = {
  /** With fewer it is left out. */
  readonly least: number;
  readonly most: number;
  readonly lines: (height: number) => readonly Line[];
};

/** Everything at a glance: what matters most is at the top and stays where there is little room. */
export function overviewLines(
  overview: Overview,
  worst: List<KnownIncident>,
  failure: string | undefined,
  context: Context,
): readonly Line[] {
  const { width, height, now, glyphs } = context;
  const top = [
    ...(failure === undefined ? [] : wrapped(`${glyphs.bad} ${failure}`, width, 'bad')),
    ...verdictLines(overview, context),
    ...partLines(overview, context),
    ...ruleLines(overview, context),
  ];
  const isRoomy = height >= 28;
  const minutes = Math.min(minutesFor(width), 24 * 60);
  const sparks = [
    ...(isRoomy ? [EMPTY_LINE, titleLine(`The last ${minutes} minutes`, width, glyphs)] : []),
    ...sparkLines(overview, context),
    ...(isRoomy ? [EMPTY_LINE] : []),
  ];
  const foot = standingLines(overview, context);
  if (isUntouched(overview)) return fitted([...top, EMPTY_LINE, ...firstSteps(width)], context);
  const rest = height - top.length - sparks.length - foot.length;
  const body = isWide(context)
    ? wideBody(overview, worst, rest, context)
    : stacked(
        [
          worstBlock(worst, { width, now, glyphs }),
          {
            least: 2,
            most: 1 + Math.max(1, Math.min(8, overview.changes.length)),
            lines: (lines) => changeLines(overview, lines, context),
          },
          {
            least: 2,
            most: 1 + Math.max(1, overview.topClients.length, overview.topServices.length),
            lines: (lines) => topLines(overview, lines, context),
          },
        ],
        rest,
      );
  return fitted([...top, ...sparks, ...body, ...foot], context);
}

/** True where no program has ever written. */
function isUntouched({ states, minutes, worst, changes }: Overview): boolean {
  return [states, minutes, worst, changes].every(({ length }) => length === 0);
}

const FIRST_STEPS = [
  'Start the resolver: tunnelwarden serve --policy policy.yaml --listen 192.0.2.1:53 --database ...',
  'Hand out its address by DHCP, and close the ways round it: tunnelwarden generate, then apply.',
  'See that it works: dig connect.ngrok-agent.com @192.0.2.1 is refused, and shows up here.',
];

function firstSteps(width: number): readonly Line[] {
  return FIRST_STEPS.flatMap((text, i) =>
    hanging(span(`${i + 1}.`, 'key'), text, { width: Math.min(100, width), indent: 3 }),
  );
}

function verdictLines(overview: Overview, { width, now, glyphs }: Context): readonly Line[] {
  const { tone, text, advice } = verdictOf(overview, now);
  const mark = { good: glyphs.good, warn: glyphs.warn, bad: glyphs.bad }[tone];
  const whole = `${mark} ${text}`;
  const both = advice === undefined ? whole : `${whole} ${advice}`;
  // The advice stands on the same line where it fits there.
  if (advice !== undefined && both.length <= width) {
    return [line(span(`${whole} `, tone), span(advice, 'key'))];
  }
  return [
    ...wrapped(whole, width, tone),
    ...(advice === undefined ? [] : wrapped(`  ${advice}`, width, 'key')),
  ];
}

function worstBlock(
  worst: List<KnownIncident>,
  { width, now, glyphs }: Pick<Context, 'width' | 'now' | 'glyphs'>,
): Block {
  const columns = incidentColumns({ width, now, glyphs });
  return {
    least: 2,
    most: 1 + Math.max(1, worst.rows.length),
    lines: (lines) =>
      worst.rows.length === 0
        ? [titleLine('To look at', width, glyphs), line(span('no incident is open', 'good'))]
        : tableLines(columns, seen(worst, lines - 1), worst.at, { width, glyphs }),
  };
}

/** Incidents and changes at the left, who and what at the right. */
function wideBody(
  overview: Overview,
  worst: List<KnownIncident>,
  height: number,
  context: Context,
): readonly Line[] {
  const left = Math.floor((context.width - BESIDE_GAP) * 0.6);
  const right = context.width - BESIDE_GAP - left;
  const space = { ...context, width: left };
  const changes: Block = {
    least: 2,
    most: 1 + Math.max(1, overview.changes.length),
    lines: (lines) => changeLines(overview, lines, space),
  };
  const lefts = stacked([worstBlock(worst, space), changes], height);
  const tops = 4 + overview.topClients.length + overview.topServices.length;
  const rights = topLines(overview, Math.min(height, tops), { ...context, width: right }, true);
  return beside(lefts, rights, left, context).slice(0, Math.max(0, height));
}

/** Rows that the first block gets before the others get more than their least. */
const FIRST_ROWS = 3;

/** Blocks above each other: each gets its least if it can, then a line at a time in turn; what is left sets them apart. */
function stacked(blocks: readonly Block[], height: number): readonly Line[] {
  let left = height;
  const heights = blocks.map(({ least }) => {
    const given = least <= left ? least : 0;
    left -= given;
    return given;
  });
  const wants = (i: number) =>
    (heights[i] as number) > 0 && (heights[i] as number) < (blocks[i] as Block).most;
  const grow = (i: number) => {
    if (left === 0 || !wants(i)) return;
    heights[i] = (heights[i] as number) + 1;
    left -= 1;
  };
  // The first matters most, up to a few rows.
  for (let row = 0; row < FIRST_ROWS; row += 1) grow(0);
  while (left > 0 && blocks.some((_, i) => wants(i))) for (const i of blocks.keys()) grow(i);
  const shown = blocks.flatMap((block, i) => {
    const given = heights[i] as number;
    return given === 0 ? [] : [block.lines(given).slice(0, given)];
  });
  const isSetApart = left >= shown.length;
  return shown.flatMap((lines) => (isSetApart ? [...lines, EMPTY_LINE] : lines));
}
