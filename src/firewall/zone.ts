import { isAtOrBelow, labelsOf, type Name, ROOT } from '../policy/name.ts';
import { formatPattern, type NamePattern } from '../policy/pattern.ts';
import type { RefusalAnswer } from '../policy/ruleset.ts';
import { printable } from '../text.ts';
import type { NameEntry } from './backend.ts';
import { createBlocks } from './blocks.ts';
import { oncePer } from './once.ts';
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
  /** By label. */
  readonly children: Branch[];
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
  const omitted: { pattern: string; why: string }[] = [];
  const isSaid = ({ pattern }: NameEntry): boolean => {
    const why = isOneLabelStar(pattern)
      ? 'a * that stands for one label cannot be said here'
      : unsayable(pattern.anchor);
    if (why !== undefined) omitted.push({ pattern: formatPattern(pattern), why });
    return why === undefined;
  };
  const said = names.filter(isSaid);
  // Most often a dialect can say them all, and one layout serves several.
  return { nodes: layOut(omitted.length === 0 ? names : said), omitted };
}

/** True for a `*` that does not stand for all there is below a name. */
function isOneLabelStar({ name, scope }: NamePattern): boolean {
  if (!name.includes('*')) return false;
  const labels = labelsOf(name);
  const stars = labels[0] === '*' ? 1 : 0;
  return labels.includes('*', stars) || (stars === 1 && scope === 'exact');
}

const layOut = oncePer((names: readonly NameEntry[]): readonly ZoneNode[] => {
  const root: Branch = { name: ROOT, label: '', children: [] };
  for (const entry of names) plant(root, entry);
  const nodes: ZoneNode[] = [];
  gather(root, undefined, nodes);
  return nodes;
});

function plant(root: Branch, entry: NameEntry): void {
  const { name, anchor, scope } = entry.pattern;
  const labels = labelsOf(anchor);
  let branch = root;
  for (let i = labels.length - 1; i >= 0; i--) {
    branch = childOf(branch, labels[i] as string, i === 0 ? anchor : undefined);
  }
  if (name !== anchor) branch.star = entry;
  else if (scope === 'exact') branch.exact = entry;
  else branch.subtree = entry;
}

function childOf(branch: Branch, label: string, known: Name | undefined): Branch {
  const { children, name: parent } = branch;
  // Names come in order, so it is the last, or a new one behind it.
  let at = children.length;
  while (at > 0 && (children[at - 1] as Branch).label > label) at -= 1;
  const found = children[at - 1];
  if (found?.label === label) return found;
  const name = known ?? ((parent === ROOT ? label : `${label}.${parent}`) as Name);
  const child: Branch = { name, label, children: [] };
  if (at === children.length) children.push(child);
  else children.splice(at, 0, child);
  return child;
}

function gather(branch: Branch, inherited: NameEntry | undefined, nodes: ZoneNode[]): void {
  const { name, exact, subtree, star, children } = branch;
  const isIngress = subtree !== undefined && isSanctioned(subtree);
  const own = isIngress ? subtree : (exact ?? subtree ?? inherited);
  const below = isIngress ? subtree : (star ?? subtree ?? inherited);
  const said = (exact ?? subtree ?? star) !== undefined;
  nodes.push({ name, own, below, inherited, said });
  // The sanctioned ingress outweighs everything, however deep: nothing else is said inside it.
  if (isIngress) return;
  for (const child of children) gather(child, below, nodes);
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
 * Lines of an artifact, in blocks: the rule's reason above them where it changes, and what was left out.
 * Reasons hold whatever a policy holds, so they are made printable, and comments are whole lines.
 */
export function withReasons(
  said: Iterable<Said>,
  omitted: Zone['omitted'],
  mark: string,
): readonly string[] {
  const lines = createBlocks();
  for (const { pattern, why } of omitted) {
    lines.add(`${mark} left out: ${printable(pattern)}: ${why}`);
  }
  if (omitted.length > 0) lines.add('');
  let last: string | undefined;
  for (const { line, entry } of said) {
    const reason = entry && `${entry.service ? `${entry.service}: ` : ''}${entry.reason}`;
    if (reason !== undefined && reason !== last) {
      lines.add(`${mark} ${printable(reason)}`);
      last = reason;
    }
    lines.add(line);
  }
  return lines.all();
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
