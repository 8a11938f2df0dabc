/**
 * What several backends work out from the same value, worked out once and kept as long as the value is.
 * By the value's identity, so only for what nobody changes; a printer stays a function of its plan.
 */
export function oncePer<K extends object, V>(work: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, { readonly result: V }>();
  return (key) => {
    let found = known.get(key);
    if (!found) {
      found = { result: work(key) };
      known.set(key, found);
    }
    return found.result;
  };
}

/** A function that works each answer out once; values with the same key have the same answer. */
export function memoised<A, V>(
  work: (about: A) => V,
  keyOf: (about: A) => unknown = (about) => about,
): (about: A) => V {
  const known = new Map<unknown, V>();
  return (about) => {
    const key = keyOf(about);
    if (!known.has(key)) known.set(key, work(about));
    return known.get(key) as V;
  };
}
