import type { Opening } from '../gate/opening.ts';
import { labelsOf, type Name, parseName } from '../policy/name.ts';
import { type Address, addressFromOctets, type Network } from '../policy/network.ts';
import type { NamePattern } from '../policy/pattern.ts';
import type { FallbackStep, Port } from '../policy/service.ts';
import type { Step, StepId, Way } from './step.ts';

/** What the catalogue says, as far as steps are made of it. */

/** The names that a pattern is known to stand for; `known` are labels for its `*`. */
export function writtenOut({ name }: NamePattern, known: readonly string[]): readonly Name[] {
  if (!labelsOf(name).includes('*')) return [name];
  const texts = known.map((label) => name.replace('*', label));
  return texts.flatMap((text) => (text.includes('*') ? [] : [parseName(text)]));
}

/** One address of each family stands for all that a file lists: they are in the same rule. */
export function samplesOf(networks: readonly Network[]): readonly Address[] {
  return [4, 16].flatMap((size) => {
    const found = networks.find(({ octets }) => octets.length === size);
    return found ? [addressFromOctets(found.octets)] : [];
  });
}

type Via = FallbackStep['via'];

/** What the lines of a fallback chain name that are about one of some ways. */
export function namesBy(fallback: readonly FallbackStep[], vias: readonly Via[]): readonly Name[] {
  const patterns = fallback.filter(({ via }) => vias.includes(via)).flatMap(({ names }) => names);
  return patterns.flatMap((pattern) => writtenOut(pattern, ['x']));
}

export function networksBy(
  fallback: readonly FallbackStep[],
  vias: readonly Via[],
): readonly Network[] {
  return fallback.filter(({ via }) => vias.includes(via)).flatMap(({ networks }) => networks);
}

export function portsBy(fallback: readonly FallbackStep[], vias: readonly Via[]): readonly Port[] {
  return fallback.filter(({ via }) => vias.includes(via)).flatMap(({ ports }) => ports);
}

/** The step, where it has any way at all; what the catalogue says of it comes later. */
export function stepOf(id: StepId, ways: readonly Way[]): readonly Step[] {
  return ways.length === 0 ? [] : [{ id, known: false, notes: [], ways }];
}

/** A hello of no program in particular. */
export function tls(serverName?: Name): Opening {
  const common = { alpn: [], ech: false, ja4: '' };
  return { kind: 'tls', hello: serverName === undefined ? common : { ...common, serverName } };
}
