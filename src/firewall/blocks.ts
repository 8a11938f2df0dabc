import type { Artifact } from './backend.ts';

/** Lines in a block: few enough to die young, enough that there are few blocks. */
const PER_BLOCK = 1024;

/** Lines of a long file, as blocks of them that are to be joined like lines. */
export type Blocks = {
  readonly add: (line: string) => void;
  readonly all: () => readonly string[];
};

/**
 * Joins lines by and by. An array with all lines of a long file would keep each of them, and the
 * pieces it was put together from, until the end: much of the time would go into moving them
 * about (garbage collection), and most of the memory.
 */
export function createBlocks(): Blocks {
  const blocks: string[] = [];
  let lines: string[] = [];
  const close = () => {
    if (lines.length > 0) blocks.push(lines.join('\n'));
    lines = [];
  };
  return {
    add: (line) => {
      lines.push(line);
      if (lines.length === PER_BLOCK) close();
    },
    all: () => {
      close();
      return blocks;
    },
  };
}

/** The lines of each item, in blocks. */
export function blocksOf<T>(
  items: Iterable<T>,
  linesOf: (item: T) => readonly string[],
): readonly string[] {
  const blocks = createBlocks();
  for (const item of items) for (const line of linesOf(item)) blocks.add(line);
  return blocks.all();
}

/** A list that has nothing but its lines, each with its end. */
export function listText(blocks: readonly string[]): string {
  return blocks.length === 0 ? '' : `${blocks.join('\n')}\n`;
}

/** A long file: joined only for whoever wants its text as one. */
export function longArtifact(path: string, blocks: readonly string[]): Artifact {
  return {
    path,
    blocks,
    get text() {
      return blocks.join('\n');
    },
  };
}
