import type { Port } from '../policy/service.ts';

/** The ports of `some` that `all` holds; no port at all in `all` is every port. */
export function sharedPorts(all: readonly Port[], some: readonly Port[]): readonly Port[] {
  if (all.length === 0) return some;
  return some.flatMap(({ number, last = number, transport }) =>
    all
      .filter((port) => port.transport === transport)
      .map((port) => ({
        number: Math.max(number, port.number),
        last: Math.min(last, port.last ?? port.number),
        transport,
      }))
      .filter((port) => port.number <= port.last),
  );
}

/** True where a port is in both; none is every port. */
export function portsMeet(a: readonly Port[], b: readonly Port[]): boolean {
  return a.length === 0 || b.length === 0 || sharedPorts(a, b).length > 0;
}
