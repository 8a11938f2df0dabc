/** A text as a word of a configuration: `tunnels_example_com`. */
export function wordOf(text: string): string {
  const word = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return /^[a-z]/.test(word) ? word : `n_${word}`.replace(/_$/, '');
}

/** A word for each text, no two the same although the texts may differ in signs only. */
export function wordsOf<T>(
  items: readonly T[],
  textOf: (item: T) => string,
): readonly (readonly [string, T])[] {
  const taken = new Set<string>();
  return items.map((item) => {
    const word = wordOf(textOf(item));
    let free = word;
    for (let i = 2; taken.has(free); i++) free = `${word}_${i}`;
    taken.add(free);
    return [free, item];
  });
}
