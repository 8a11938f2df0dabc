import type { Place, Problem } from '../../policy/problem.ts';
import type { YamlNode } from '../../policy/yaml-tree.ts';

/** A fault of a Traffic Policy: an error where ngrok would refuse it or it does not do what it says. */
export type Finding = Problem & {
  /** What it is a case of, for those who count or sort them: `unknown-action`. */
  readonly rule: string;
};

export type Path = readonly (string | number)[];

/** Takes findings in; how the parts of the linter speak. */
export type Report = (
  rule: string,
  place: Place,
  path: Path,
  message: string,
  severity?: Problem['severity'],
) => void;

export function createReport(): { readonly report: Report; readonly findings: Finding[] } {
  const findings: Finding[] = [];
  const report: Report = (rule, place, path, message, severity = 'error') => {
    findings.push({ rule, severity, place, path: path.join('.'), message });
  };
  return { report, findings };
}

/** The place of a character of a text; that of the text itself where it spans lines. */
export function placeIn(node: YamlNode, at: number): Place {
  const { place } = node;
  if (node.kind === 'scalar' && node.style === 'block') return place;
  const quote = node.kind === 'scalar' && node.style === 'quoted' ? 1 : 0;
  return { ...place, column: place.column + quote + at };
}

/** What a value is, in the words of those who write YAML. */
export function kindOf(node: YamlNode): string {
  if (node.kind === 'map') return 'a mapping (key: value)';
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'alias') return 'an alias';
  if (node.kind === 'tagged') return 'a YAML tag';
  if (node.value === null) return 'empty';
  return { string: 'text', number: 'a number', boolean: 'true or false' }[
    typeof node.value as 'string'
  ];
}

/** The known word that was meant, as ` did you mean …?`; empty where none is near. */
export function nearest(word: string, known: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const wanted = plain(word);
  const near =
    known.find((candidate) => plain(candidate) === wanted) ??
    known.find((candidate) => distance(plain(candidate), wanted) <= 2);
  return near === undefined ? '' : `did you mean ${near}?`;
}

/** Levenshtein's; the words are short, and long ones are not compared. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2 || b.length > 60) return 3;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, char] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(
        Math.min(
          (next[j] as number) + 1,
          (row[j + 1] as number) + 1,
          (row[j] as number) + (b[j] === char ? 0 : 1),
        ),
      );
    }
    row = next;
  }
  return row.at(-1) as number;
}
