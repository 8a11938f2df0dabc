import { isAtOrBelow, labelsOf, type Name, ROOT } from '../policy/name.ts';
import { formatPattern } from '../policy/pattern.ts';
import type { RefusalAnswer } from '../policy/ruleset.ts';
import { printable } from '../text.ts';
import type { NameEntry } from './backend.ts';
import { isPlain } from './plain-name.ts';

/**
 * A name with what decides it, and with what decides the names below it that have no node of their
 * own. Undefined where the policy says nothing.
 */
export type ZoneNode = {
  readonly name: Name;
  readonly own: NameEntry | undefined;
  readonly below: NameEntry | undefined;
  /** What would decide if the node were not there. */
  readonly inherited: NameEntry | undefined;
  /**
   * False for an empty non-terminal: nothing is said of it but that names below it have nodes. In a
   * zone it has to be written all the same, as it keeps the wildcard above from all below itself
   * (RFC 4592 2.2.2 and 4.2); where the longest match decides it does not.
   */
  readonly said: boolean;
};

export type Zone = {
  /** A name stands before all below it. */
  readonly nodes: readonly ZoneNode[];
  /** Entries that the dialect has no words for, as patterns, with the reason. */
  readonly omitted: readonly { readonly pattern: string; readonly why: string }[];
};

/** Why a dialect cannot say a name; undefined where it can. */
export type Unsayable = (name: Name) => string | undefined;

/** The part of a tree of names at one name. */
type Branch = {
  readonly name: Name;
  readonly label: string;
  children?: Map<string, Branch>;
  exact?: NameEntry;
  subtree?: NameEntry;
  /** `*.name`: all below, not the name. */
  star?: NameEntry;
};

/**
 * Lays names out as DNS needs them. With one entry a name and scope, what decides a name is found on
 * the way down from the root: its own entry, else that of the wildcard next to it, else whatever
 * holds below its parent; this is `compareSpecificity`, step by step.
 */
export function zoneOf(names: readonly NameEntry[], unsayable: Unsayable): Zone {
  const root = branchAt(ROOT, '');
  const omitted: { pattern: string; why: string }[] = [];
  for (const entry of names) {
    const { pattern } = entry;
    const labels = labelsOf(pattern.name);
    const stars = labels[0] === '*' ? 1 : 0;
    const why =
      labels.includes('*', stars) || (stars === 1 && pattern.scope === 'exact')
        ? 'a * that stands for one label cannot be said here'
        : unsayable(pattern.anchor);
    if (why === undefined) plant(root, labels.slice(stars), stars === 1, entry);
    else omitted.push({ pattern: formatPattern(pattern), why });
  }
  const nodes: ZoneNode[] = [];
  gather(root, undefined, nodes);
  return { nodes, omitted };
}

function branchAt(name: Name, label: string): Branch {
  return { name, label };
}

function plant(root: Branch, labels: readonly string[], isStar: boolean, entry: NameEntry): void {
  let branch = root;
  for (let i = labels.length - 1; i >= 0; i--) {
    const label = labels[i] as string;
    branch.children ??= new Map();
    let child = branch.children.get(label);
    if (!child) {
      const name = (branch === root ? label : `${label}.${branch.name}`) as Name;
      child = branchAt(name, label);
      branch.children.set(label, child);
    }
    branch = child;
  }
  if (isStar) branch.star = entry;
  else if (entry.pattern.scope === 'exact') branch.exact = entry;
  else branch.subtree = entry;
}

function gather(branch: Branch, inherited: NameEntry | undefined, nodes: ZoneNode[]): void {
  const { name, exact, subtree, star, children } = branch;
  const isIngress = subtree !== undefined && isSanctioned(subtree);
  const own = isIngress ? subtree : (exact ?? subtree ?? inherited);
  const below = isIngress ? subtree : (star ?? subtree ?? inherited);
  const said = (exact ?? subtree ?? star) !== undefined;
  nodes.push({ name, own, below, inherited, said });
  // The sanctioned ingress outweighs everything, however deep: nothing else is said inside it.
  if (isIngress || !children) return;
  const sorted = [...children.values()].sort((a, b) => (a.label < b.label ? -1 : 1));
  for (const child of sorted) gather(child, below, nodes);
}

function isSanctioned({ id, action }: NameEntry): boolean {
  return action === 'allow' && id.startsWith('ingress/');
}

/** What becomes of a question: `open` is answered as if no policy were there. */
export type Effect = 'open' | 'watch' | RefusalAnswer;

export function effectOf(entry: NameEntry | undefined): Effect {
  if (entry === undefined || entry.action === 'allow') return 'open';
  return entry.action === 'watch' ? 'watch' : entry.answer;
}

export function isBlocked(entry: NameEntry | undefined): boolean {
  return entry?.action === 'block';
}

/** For dialects without escapes. */
export function plainOnly(name: Name): string | undefined {
  return name === ROOT || isPlain(name)
    ? undefined
    : 'it has characters that cannot be written here';
}

/** For dialects that, besides, have no word for every name there is. */
export function plainBelowRoot(name: Name): string | undefined {
  return name === ROOT ? 'every name there is cannot be said here' : plainOnly(name);
}

/** A node's lines, each followed by its rule where the node has one of its own. */
export type Said = { readonly line: string; readonly entry?: NameEntry | undefined };

/**
 * Lines of an artifact: the rule's reason above them where it changes, and what was left out.
 * Reasons hold whatever a policy holds, so they are made printable, and comments are whole lines.
 */
export function withReasons(
  said: Iterable<Said>,
  omitted: Zone['omitted'],
  mark: string,
): readonly string[] {
  const lines = omitted.map(
    ({ pattern, why }) => `${mark} left out: ${printable(pattern)}: ${why}`,
  );
  if (lines.length > 0) lines.push('');
  let last: string | undefined;
  for (const { line, entry } of said) {
    const reason = entry && `${entry.service ? `${entry.service}: ` : ''}${entry.reason}`;
    if (reason !== undefined && reason !== last) {
      lines.push(`${mark} ${printable(reason)}`);
      last = reason;
    }
    lines.push(line);
  }
  return lines;
}

/**
 * What becomes of a name and all below it in a dialect that cannot tell the two apart. A name that
 * nobody rules on goes with those refused below it, but one that is allowed keeps them open: an
 * outage of what somebody asked for is the worse fault.
 */
export function isCovered({ own, below }: ZoneNode): boolean {
  return isBlocked(below) && (own === undefined || isBlocked(own));
}

/** What `isCovered` gives up: names that stay open only because an allowed name stands above them. */
export function openedWith({ name, own, below }: ZoneNode): Zone['omitted'] {
  if (!isBlocked(below) || own === undefined || isBlocked(own)) return [];
  return [{ pattern: `*.${name}`, why: 'open, as the name above is and cannot be told from it' }];
}

/** Remembers what holds around a node while nodes are gone through in their order. */
export function createSurroundings<T>(): {
  /** What was set for the nearest node above; undefined where there is none. */
  readonly above: (name: Name) => T | undefined;
  readonly set: (name: Name, value: T) => void;
} {
  const stack: { name: Name; value: T }[] = [];
  return {
    above: (name) => {
      while (stack.length > 0 && !isAtOrBelow(name, (stack.at(-1) as { name: Name }).name)) {
        stack.pop();
      }
      return stack.at(-1)?.value;
    },
    set: (name, value) => stack.push({ name, value }),
  };
}
