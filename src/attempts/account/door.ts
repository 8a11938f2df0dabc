import { isAtOrBelow, labelsOf, type Name } from '../../policy/name.ts';
import { covers, type NamePattern } from '../../policy/pattern.ts';
import type { TunnelService } from '../../policy/service.ts';

/**
 * Whose name a session came by.
 *
 * - ours: at or below an ingress of the policy
 * - default: what agents dial unless they are told otherwise
 * - regional: one region's, or another that some agents dial by themselves
 * - vendor: another name of the vendor, which agents do not dial
 * - strange: nobody's that policy or catalogue know
 * - unnamed: nobody has said
 */
export type Door = 'ours' | 'default' | 'regional' | 'vendor' | 'strange' | 'unnamed';

export type Doors = {
  readonly doorOf: (name: Name | undefined) => Door;
  /** True for a server name put on to deceive: it says nothing of the door. */
  readonly isDisguise: (name: Name) => boolean;
};

export function createDoors(ingress: readonly Name[], service: TunnelService): Doors {
  const asked = service.fallback.flatMap(({ via, names }) => (via === 'system-dns' ? names : []));
  const ofSessions = service.names.flatMap(({ role, pattern }) =>
    role === 'session' && isWild(pattern) ? [pattern] : [],
  );
  const plain = new Set(asked.filter((pattern) => !isWild(pattern)).map(({ name }) => name));
  const dialled = [...asked.filter(isWild), ...ofSessions, ...service.sni];
  const all = service.names.map(({ pattern }) => pattern);
  const isAmong = (patterns: readonly NamePattern[], name: Name) => {
    const labels = labelsOf(name);
    return patterns.some((pattern) => covers(pattern, name, labels));
  };
  const find = (name: Name): Door => {
    // First, as an ingress may well lie below a name of the vendor.
    if (ingress.some((domain) => isAtOrBelow(name, domain))) return 'ours';
    if (plain.has(name)) return 'default';
    if (isAmong(dialled, name)) return 'regional';
    return isAmong(all, name) ? 'vendor' : 'strange';
  };
  const known = new Map<Name, Door>();
  return {
    doorOf(name) {
      if (name === undefined) return 'unnamed';
      const door = known.get(name) ?? find(name);
      if (known.size < MOST_KNOWN) known.set(name, door);
      return door;
    },
    isDisguise: (name) => isAmong(service.sni, name),
  };
}

/** Sessions by the hundred thousand come by a handful of names. */
const MOST_KNOWN = 1000;

const isWild = ({ name }: NamePattern) => name.includes('*');
