/** Reads what `ipset save` prints, of our sets only, and writes what `ipset restore` reads. */

export type SavedSet = {
  readonly name: string;
  /** Behind the name in its `create` line. */
  readonly options: string;
  /** Behind the name in its `add` lines. */
  readonly elements: readonly string[];
};

export function ourSets(text: string): SavedSet[] {
  const sets = new Map<string, { name: string; options: string; elements: string[] }>();
  for (const line of text.split('\n')) {
    const [, verb, name = '', rest = ''] = /^(create|add) (tw_\S+) (.*)$/.exec(line) ?? [];
    if (verb === 'create') sets.set(name, { name, options: rest, elements: [] });
    else if (verb === 'add') sets.get(name)?.elements.push(rest);
  }
  return [...sets.values()];
}

/** Sets with timeouts are filled by the resolver while it runs. */
export function isLive({ options }: SavedSet): boolean {
  return / timeout \d/.test(options);
}

export function formatSets(sets: readonly SavedSet[]): string {
  return sets
    .flatMap(({ name, options, elements }) => [
      `create ${name} ${options}`,
      ...elements.map((element) => `add ${name} ${element}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

/**
 * Brings sets back under rules that may be using them: each is filled beside and swapped, so that
 * no packet meets one that is half full.
 */
export function refill(sets: readonly SavedSet[]): string {
  return sets
    .flatMap(({ name, options, elements }) => [
      `create ${name} ${options} -exist`,
      `create tw_restoring ${options}`,
      ...elements.map((element) => `add tw_restoring ${element} -exist`),
      `swap tw_restoring ${name}`,
      'destroy tw_restoring',
    ])
    .map((line) => `${line}\n`)
    .join('');
}
