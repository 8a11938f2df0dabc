import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

/** What is set in an entry: texts, or lists of them. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** Which entry of which list. */
export type EntryChoice = {
  /** The key of the list, at the top of the file. */
  readonly list: string;
  /** The key that entries are told apart by, which comes first in a new one. */
  readonly by: string;
  readonly isMeant: (value: string) => boolean;
};

type Edit = { readonly from: number; readonly to: number; readonly text: string };

/**
 * Sets keys of one entry of a list, or adds the entry, in sound YAML. Only the lines concerned change:
 * printing the whole document anew would move comments about.
 */
export function editEntry(text: string, choice: EntryChoice, fields: Fields): string {
  const document = parseDocument(text);
  const root = document.contents;
  const pair = isMap(root) ? pairOf(root, choice.list) : undefined;
  if (root !== null && (!isMap(root) || root.flow)) {
    return printedAnew(document, choice, fields);
  }
  const block = entryText(fields);
  if (pair === undefined) {
    const gap = text === '' || text.endsWith('\n') ? '' : '\n';
    return `${text}${gap}${choice.list}:\n${indented(block, '  ')}\n`;
  }
  const list = pair.value;
  if (!isSeq(list) || list.items.length === 0) {
    // What follows the `[]`, or the colon, on its line is a comment.
    const colon = text.indexOf(':', endOf(pair.key)) + 1;
    const line = lineEnd(text, Math.max(colon, isSeq(list) ? endOf(list) : 0));
    const comment = text.slice(isSeq(list) ? endOf(list) : colon, line);
    return `${text.slice(0, colon)}${comment}\n${indented(block, '  ')}${text.slice(line)}`;
  }
  if (list.flow) {
    setIn(document, list, choice, fields);
    return applied(text, [replacing(document, list)]);
  }
  const entry = entryOf(list, choice);
  if (entry === undefined) {
    const dash = columnOf(text, startOf(list));
    const at = lineEnd(text, lastContent(list));
    return applied(text, [{ from: at, to: at, text: `\n${indented(block, ' '.repeat(dash))}` }]);
  }
  if (entry.flow) {
    setKeys(document, entry, fields);
    return applied(text, [replacing(document, entry)]);
  }
  return applied(text, keyEdits(text, entry, choice.by, fields));
}

/** A new list with one entry, as it stands at the top of a file. */
export function listWithEntries(list: string, entries: readonly Fields[]): string {
  return stringify({ [list]: entries }, { lineWidth: 0 });
}

/** The keys that are there get new values in their place, the others come behind the first. */
function keyEdits(text: string, entry: YAMLMap, by: string, fields: Fields): readonly Edit[] {
  const indent = ' '.repeat(columnOf(text, startOf(entry)));
  const behind = lineEnd(text, lastContent(pairOf(entry, by)?.value));
  const missing: string[] = [];
  const edits: Edit[] = [];
  for (const [key, value] of Object.entries(fields)) {
    const pair = pairOf(entry, key);
    if (pair === undefined) missing.push(indented(stringifyBlock({ [key]: value }), indent));
    else if (!isSame(pair.value, value)) {
      const from = startOf(pair.key);
      const to = lineEnd(text, Math.max(endOf(pair.key), lastContent(pair.value)));
      edits.push({
        from,
        to,
        text: indented(stringifyBlock({ [key]: value }), indent).trimStart(),
      });
    }
  }
  if (missing.length > 0) {
    edits.push({ from: behind, to: behind, text: `\n${missing.join('\n')}` });
  }
  return edits;
}

function isSame(node: unknown, value: Fields[string]): boolean {
  const now = isNode(node) ? node.toJSON() : undefined;
  return JSON.stringify(now) === JSON.stringify(value);
}

function printedAnew(document: Document, choice: EntryChoice, fields: Fields): string {
  if (!document.has(choice.list)) document.set(choice.list, document.createNode([]));
  setIn(document, document.get(choice.list) as YAMLSeq, choice, fields);
  return document.toString({ lineWidth: 0 });
}

function setIn(document: Document, list: YAMLSeq, choice: EntryChoice, fields: Fields): void {
  const entry = entryOf(list, choice);
  if (entry === undefined) list.add(document.createNode(fields, { flow: true }));
  else setKeys(document, entry, fields);
}

function setKeys(document: Document, entry: YAMLMap, fields: Fields): void {
  for (const [key, value] of Object.entries(fields)) {
    if (!isSame(entry.get(key, true), value)) entry.set(key, document.createNode(value));
  }
}

function replacing(document: Document, node: YAMLSeq | YAMLMap): Edit {
  const alone = document.clone() as Document;
  const copy = node.clone() as YAMLSeq | YAMLMap;
  // Comments around it are not in its range, and so stay where they are.
  Object.assign(copy, { comment: undefined, commentBefore: undefined, spaceBefore: false });
  Object.assign(alone, { contents: copy, comment: null, commentBefore: null });
  const text = alone.toString({ lineWidth: 0 }).trimEnd();
  return { from: startOf(node), to: endOf(node), text };
}

function entryOf(list: YAMLSeq, { by, isMeant }: EntryChoice): YAMLMap | undefined {
  return list.items.find(
    (item): item is YAMLMap => isMap(item) && isMeant(String(item.get(by) ?? '')),
  );
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function entryText(fields: Fields): string {
  return stringifyBlock([fields]);
}

function stringifyBlock(value: unknown): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

function indented(text: string, indent: string): string {
  return text
    .split('\n')
    .map((line) => `${indent}${line}`)
    .join('\n');
}

function applied(text: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((a, b) => b.from - a.from)
    .reduce((rest, { from, to, text: now }) => rest.slice(0, from) + now + rest.slice(to), text);
}

function startOf(node: unknown): number {
  return (isNode(node) && node.range?.[0]) || 0;
}

function endOf(node: unknown): number {
  return (isNode(node) && node.range?.[1]) || 0;
}

/** Where the last value ends: a block collection itself reaches over the comments behind it. */
function lastContent(node: unknown): number {
  if (!isCollection(node) || node.flow || node.items.length === 0) return endOf(node);
  const last = node.items.at(-1) as Pair | unknown;
  return isMap(node)
    ? Math.max(endOf((last as Pair).key), lastContent((last as Pair).value))
    : lastContent(last);
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  const at = end < 0 ? text.length : end;
  return text[at - 1] === '\r' ? at - 1 : at;
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1);
}
