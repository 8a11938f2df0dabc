/**
 * How well a text answers what was typed: the letters of `typed` in their order, better where they
 * begin words or follow each other. Undefined where one is missing. Higher is better.
 */
export function fuzzyScore(typed: string, text: string): number | undefined {
  const [wanted, letters] = [typed.toLowerCase().replaceAll(' ', ''), text.toLowerCase()];
  const start = letters.indexOf(wanted);
  if (wanted === '') return 0;
  if (start >= 0)
    return 1000 - start - letters.length / 100 + (isWordStart(letters, start) ? 500 : 0);
  let [score, at] = [0, -1];
  for (const letter of wanted) {
    const found = letters.indexOf(letter, at + 1);
    if (found < 0) return undefined;
    score += found === at + 1 ? 3 : isWordStart(letters, found) ? 2 : -0.1;
    at = found;
  }
  return score;
}

function isWordStart(text: string, at: number): boolean {
  return at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1] as string);
}

/** The rows that answer what was typed, the best first; all of them, as they stand, where nothing was. */
export function ranked<Row>(
  rows: readonly Row[],
  typed: string,
  textOf: (row: Row) => string,
): readonly Row[] {
  return rows
    .map((row) => ({ row, score: fuzzyScore(typed, textOf(row)) }))
    .filter(({ score }) => score !== undefined)
    .sort((a, b) => (b.score as number) - (a.score as number))
    .map(({ row }) => row);
}
