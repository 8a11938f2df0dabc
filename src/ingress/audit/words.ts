import type { Place } from '../../policy/problem.ts';
import { type Finding, finding } from './finding.ts';
import { secretFindings } from './secret.ts';

/** A word of a command line, and where it stands. */
export type Word = { readonly text: string; readonly place: Place };

/** What is wrong with the flags of an ngrok command line. */
export function wordFindings(words: readonly Word[]): readonly Finding[] {
  return words.flatMap(({ text, place }, i): readonly Finding[] => {
    const [, flag, inline] = /^--(authtoken|api-key|region)(?:=(.*))?$/s.exec(text) ?? [];
    if (flag === undefined) return [];
    const next = words[i + 1];
    const value = inline ?? next?.text ?? '';
    const at = inline === undefined ? (next?.place ?? place) : place;
    if (flag === 'authtoken') return secretFindings('literal-authtoken', at, value);
    if (flag === 'api-key') return secretFindings('literal-api-key', at, value);
    return value === '' ? [] : [finding('region', place, '', 'remove --region')];
  });
}
