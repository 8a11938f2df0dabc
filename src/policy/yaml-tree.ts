import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { InputError, type Place } from './problem.ts';

/** A file whose shape is not ours to say, as it was written: YAML, or JSON, with the place of each value. */
export type YamlNode =
  | { readonly kind: 'map'; readonly place: Place; readonly entries: readonly YamlEntry[] }
  | { readonly kind: 'list'; readonly place: Place; readonly items: readonly YamlNode[] }
  | {
      readonly kind: 'scalar';
      readonly place: Place;
      readonly value: YamlScalar;
      readonly style: 'plain' | 'quoted' | 'block';
    }
  /** `!word …`: most often an expression that begins with `!` and lacks its quotes; `text` is all of it. */
  | { readonly kind: 'tagged'; readonly place: Place; readonly text: string }
  | { readonly kind: 'alias'; readonly place: Place; readonly name: string };

export type YamlScalar = string | number | boolean | null;

export type YamlEntry = {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: YamlNode;
};

/** Deeper than any file a person writes; what walks the tree may recurse. */
const DEEPEST = 100;

/** Reads a YAML or JSON file of any shape. Throws InputError with all its faults. */
export function readYamlTree(file: string, text: string): YamlNode {
  const source = text.replace(/^\ufeff/, '');
  const lines = new LineCounter();
  const document = parse(file, source, lines);
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const fault = (offset: number, message: string) => ({
    severity: 'error' as const,
    place: placeAt(offset),
    path: '',
    message,
  });
  if (document.errors.length > 0) {
    throw new InputError(
      document.errors.map(({ pos, message }) =>
        fault(pos[0], `is not valid YAML: ${message.split('\n')[0]}`),
      ),
    );
  }
  // Tags that nobody defined; the parser tells where each begins, the nodes do not.
  const tags = document.warnings
    .filter(({ code }) => code === 'TAG_RESOLVE_FAILED')
    .map(({ pos }) => pos[0]);
  const tagBefore = (offset: number) => tags.findLast((start) => start <= offset);

  const nodeOf = (node: unknown, near: number, depth: number): YamlNode => {
    if (depth > DEEPEST) throw new InputError([fault(near, 'is nested too deeply to be read')]);
    if (isMap(node)) {
      const place = placeAt(node.range?.[0] ?? near);
      const entries = node.items.map(({ key, value }): YamlEntry => {
        const at = (isScalar(key) && key.range?.[0]) || near;
        if (!isScalar(key)) throw new InputError([fault(at, 'this key is not one word')]);
        return {
          key: String(key.value),
          keyPlace: placeAt(at),
          value: nodeOf(value, at, depth + 1),
        };
      });
      return { kind: 'map', place, entries };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => nodeOf(item, node.range?.[0] ?? near, depth + 1));
      return { kind: 'list', place: placeAt(node.range?.[0] ?? near), items };
    }
    if (isAlias(node)) {
      return { kind: 'alias', place: placeAt(node.range?.[0] ?? near), name: node.source };
    }
    const at = (isScalar(node) && node.range?.[0]) || near;
    const start = isScalar(node) && node.tag?.startsWith('!') ? tagBefore(at) : undefined;
    if (start !== undefined) {
      const line = source.slice(start).split('\n', 1)[0] as string;
      return { kind: 'tagged', place: placeAt(start), text: line.replace(/\s+#.*$/, '').trim() };
    }
    return { kind: 'scalar', place: placeAt(at), value: scalarOf(node), style: styleOf(node) };
  };
  return nodeOf(document.contents, 0, 0);
}

function parse(file: string, source: string, lineCounter: LineCounter) {
  try {
    return parseDocument(source, { lineCounter, prettyErrors: false, logLevel: 'silent' });
  } catch (error) {
    // The parser recurses, so a file of brackets alone ends it.
    const message = `is not YAML that can be read: ${(error as Error).message}`;
    throw new InputError([
      { severity: 'error', place: { file, line: 1, column: 1 }, path: '', message },
    ]);
  }
}

function styleOf(node: unknown): 'plain' | 'quoted' | 'block' {
  const type = isScalar(node) ? node.type : undefined;
  if (type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') return 'quoted';
  return type === 'BLOCK_FOLDED' || type === 'BLOCK_LITERAL' ? 'block' : 'plain';
}

function scalarOf(node: unknown): YamlScalar {
  const value = isScalar(node) ? node.value : null;
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return typeof value === 'number' ? value : String(value);
}
