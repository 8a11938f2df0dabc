import { isAtOrBelow, labelsOf, type Name, parseDomain } from '../../policy/name.ts';
import { covers, type NamePattern } from '../../policy/pattern.ts';
import { ParseError, type Place } from '../../policy/problem.ts';
import { type Finding, finding } from './finding.ts';

/** What a policy and the catalogue say about doors. */
export type Doors = {
  /** The organisation's own ingresses; each with all below it. */
  readonly sanctioned: readonly Name[];
  /** What agents dial unless told otherwise; a `*` in it stands for a region. */
  readonly defaults: readonly NamePattern[];
};

/** Whose door a text names; `unknown` is a variable, or no name at all. */
export type Door = 'sanctioned' | 'default' | 'regional' | 'other' | 'unknown';

export function doorOf({ sanctioned, defaults }: Doors, text: string): Door {
  const host = hostOf(text);
  if (host === undefined) return 'unknown';
  // An address shows no server name, so nothing tells whose it is.
  if (isAddress(host)) return 'other';
  const name = nameOf(host);
  if (name === undefined) return 'unknown';
  if (sanctioned.some((domain) => isAtOrBelow(name, domain))) return 'sanctioned';
  const labels = labelsOf(name);
  const found = defaults.filter((pattern) => covers(pattern, name, labels));
  if (found.length === 0) return 'other';
  return found.some(({ name, anchor }) => name === anchor) ? 'default' : 'regional';
}

/** The host of `[user@]host[:port]` or a URL; undefined where a variable or a template stands in it. */
export function hostOf(text: string): string | undefined {
  if (/[$%{}<>\s]/.test(text)) return undefined;
  const bare = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/^[^@/]*@/, '');
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^/:]+))(?:[:/].*)?$/s.exec(bare) ?? [];
  const host = bracketed ?? plain;
  return host === undefined || host === '' ? undefined : host;
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^\d+(\.\d+){3}$/.test(host);
}

function nameOf(host: string): Name | undefined {
  if (!host.includes('.') && host !== 'localhost') return undefined;
  try {
    return parseDomain(host);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

const RULES = {
  default: 'default-door',
  regional: 'regional-door',
  other: 'other-door',
} as const;

/** What is wrong with a door that an agent is told to dial; nothing where it is sanctioned or a variable. */
export function doorFindings(
  doors: Doors,
  place: Place,
  text: string,
  setting: string,
): readonly Finding[] {
  const door = doorOf(doors, text);
  if (door === 'sanctioned' || door === 'unknown') return [];
  return [finding(RULES[door], place, hostOf(text) ?? '', dialRemedy(doors, setting))];
}

/** `set connect_url to tunnels.example.com:443`. */
export function dialRemedy({ sanctioned }: Doors, setting: string): string {
  const [first, ...others] = sanctioned.map((domain) => `${domain}:443`);
  if (first === undefined) {
    return 'this policy has no ingress that could stand there; add one under `ingress`, or remove the agent';
  }
  const more = others.length === 0 ? '' : ` (or ${others.join(', ')})`;
  return `set ${setting} to ${first}${more}`;
}
