import { EMPTY_LINE, type Line, line, span } from '../line.ts';
import { type List, seen } from '../list.ts';
import type { Context } from '../screen.ts';
import { type Column, tableLines } from '../table.ts';
import { listRoom } from './browse.ts';
import { BESIDE_GAP, beside, fitted, isWide, listWidth, wrapped } from './layout.ts';
import { scrolledLines } from './scroll.ts';

/** What a list shows of itself. */
export type Browsed<Row> = {
  readonly list: List<Row>;
  readonly reading: string | undefined;
  readonly scroll: number;
  readonly failure: string | undefined;
  /** Sums up, above the rows. */
  readonly head: Line;
  readonly columns: readonly Column<Row>[];
  /** Said where there is nothing to list, a paragraph each. */
  readonly empty: readonly string[];
  /** What is read, or beside the list the chosen row; undefined where that is not known yet. */
  readonly detail: (width: number) => readonly Line[] | undefined;
};

/** Columns of what is read. */
export const detailWidth = ({ width }: Pick<Context, 'width'>) =>
  isWide({ width }) ? width - BESIDE_GAP - listWidth({ width }) : width;

const LOOKING = 'Looking it up ...';

/** The list with its detail beside it, or one of them where there is no room for both. */
export function browseView<Row>(shown: Browsed<Row>, context: Context): readonly Line[] {
  const { reading } = shown;
  const right = () => {
    const width = detailWidth(context);
    const lines = shown.detail(width) ?? [line(span(LOOKING, 'dim'))];
    return scrolledLines(lines, shown.scroll, context);
  };
  if (!isWide(context)) {
    return fitted(reading === undefined ? listLines(shown, context) : right(), context);
  }
  const left = listLines(shown, { ...context, width: listWidth(context) });
  const isEmpty = shown.list.rows.length === 0 && reading === undefined;
  if (isEmpty) return fitted(listLines(shown, context), context);
  return fitted(
    beside(filled(left, context.height), right(), listWidth(context), context),
    context,
  );
}

/** As many lines as there is room for, so that the bar between two blocks is whole. */
function filled(lines: readonly Line[], height: number): readonly Line[] {
  const missing = Math.max(0, height - lines.length);
  return [...lines, ...Array.from({ length: missing }, () => EMPTY_LINE)];
}

function listLines<Row>(shown: Browsed<Row>, context: Context): readonly Line[] {
  const { list, failure, head, columns, empty } = shown;
  const { width, glyphs } = context;
  if (list.rows.length > 0) {
    const top = failure === undefined ? head : line(span(`${glyphs.bad} ${failure}`, 'bad'));
    const rows = seen(list, listRoom(context));
    return [top, ...tableLines(columns, rows, list.at, { width, glyphs })];
  }
  if (failure !== undefined) return wrapped(`${glyphs.bad} ${failure}`, width, 'bad');
  if (!list.isKnown) return [line(span(LOOKING, 'dim'))];
  return empty.flatMap((text, i) => [
    ...(i === 0 ? [] : [EMPTY_LINE]),
    ...wrapped(text, Math.min(width, 100), i === 0 ? 'strong' : 'plain'),
  ]);
}
