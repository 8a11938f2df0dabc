import { CHECKS, type Check, type Status } from '../ingress/verify/check.ts';
import { forTerminal } from '../text.ts';
import { wrap } from './output.ts';
import type { Verified } from './verifying.ts';

const WORDS: Readonly<Record<Status, string>> = {
  ok: 'OK',
  fail: 'FAIL',
  warn: 'WARN',
  skip: 'SKIP',
};
const WIDTH = 80;
const STATUS = 6;
const CHECK = Math.max(...CHECKS.map(({ length }) => length)) + 2;

/** What was verified, for 80 columns: a line a check, and below it what to do. */
export function asTable(verified: readonly Verified[]): string {
  const parts = verified.map(({ domain, checks }) =>
    [forTerminal(domain), '', ...checks.flatMap(linesOf), '', summary(checks)].join('\n'),
  );
  return `${parts.join('\n\n')}\n`;
}

function linesOf({ status, check, why, remedy }: Check): readonly string[] {
  const indent = STATUS + CHECK;
  const texts = [why, ...(remedy === undefined ? [] : [`to do: ${remedy}`])];
  const lines = texts.flatMap((text) => wrap(forTerminal(text), WIDTH - indent));
  const head = WORDS[status].padEnd(STATUS) + check.padEnd(CHECK);
  return lines.map((line, i) => (i === 0 ? head : ' '.repeat(indent)) + line);
}

function summary(checks: readonly Check[]): string {
  const count = (wanted: Status) => checks.filter(({ status }) => status === wanted).length;
  const [failed, warned] = [count('fail'), count('warn')];
  if (failed > 0) return `It does not hold: ${failed} FAIL, ${warned} WARN.`;
  return warned > 0 ? `It holds, with ${warned} WARN.` : 'It holds.';
}
