import { answerFor, refusalText } from '../dns/blocked.ts';
import { clientsText, type Explanation, explainAddress, explainName } from '../policy/explain.ts';
import { type Name, parseName } from '../policy/name.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import { formatPlace } from '../policy/problem.ts';
import { describeTarget } from '../policy/rule-text.ts';
import type { Rule, Ruleset } from '../policy/ruleset.ts';
import { forTerminal } from '../text.ts';
import { wrap } from './output.ts';

/** What is asked about. */
export type Subject = { readonly address: Address } | { readonly name: Name };

/** `192.0.2.1` and `2001:db8::1` are addresses; everything else is a name. Throws ParseError. */
export function parseSubject(text: string): Subject {
  return /^[\d.]+$/.test(text) || text.includes(':')
    ? { address: parseAddress(text) }
    : { name: parseName(text) };
}

/** The subject as it is written, and what is to be said of it. */
export function explanationOf(
  ruleset: Ruleset,
  client: Address,
  subject: Subject,
): readonly [asked: string, explanation: Explanation] {
  return 'address' in subject
    ? [subject.address, explainAddress(ruleset, client, subject.address)]
    : [subject.name, explainName(ruleset, client, subject.name)];
}

const MEANS = {
  blocked: 'is refused',
  observed: 'is answered and recorded; it would be refused if this policy were enforced',
  watched: 'is answered and recorded',
  allowed: 'is answered',
  unmatched: 'is answered: no rule is about it',
} as const;

/** What a subject gets and why, in lines of at most 80 columns. */
export function explanationText(
  ruleset: Ruleset,
  subject: string,
  client: Address,
  type: string,
  { verdict, others }: Explanation,
): string {
  const lines = wrap(`${forTerminal(subject)} ${MEANS[verdict.kind]} (asked by ${client})`, 80);
  if (verdict.kind !== 'unmatched') {
    const { rule } = verdict;
    lines.push('', ...facts(rule).flatMap(factLines));
    if (verdict.kind === 'blocked') {
      lines.push(
        ...factLines(['gets', answerText(ruleset, rule, type)]),
        ...factLines(['is told', refusalText(ruleset, rule)]),
      );
    }
  }
  if (others.length > 0) {
    lines.push('', 'Other rules about it, and why they do not decide:');
    for (const { rule, why } of others) {
      lines.push(
        `  ${rule.action} ${forTerminal(rule.id)}`,
        ...wrap(`${forTerminal(why)} (${askedBy(rule)})`, 76).map((line) => `    ${line}`),
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

type Fact = readonly [label: string, value: string];

function factLines([label, value]: Fact): string[] {
  const [first = '', ...rest] = wrap(forTerminal(value), 68);
  return [`  ${label.padEnd(10)}${first}`, ...rest.map((line) => `${' '.repeat(10)}${line}`)];
}

/** Exceptions stand in no file, and their reason says whose they are. */
const isException = ({ origin }: Rule) => origin === 'exception';

function askedBy(rule: Rule): string {
  return isException(rule) ? forTerminal(rule.reason) : formatPlace(rule.from);
}

function facts(rule: Rule): Fact[] {
  return [
    ['rule', rule.id],
    ['target', describeTarget(rule.target)],
    ['for', clientsText(rule)],
    ['because', rule.reason],
    ...(isException(rule) ? [] : [['asked by', formatPlace(rule.from)] as const]),
    ...(rule.catalogue ? [['named in', formatPlace(rule.catalogue)] as const] : []),
    ...(rule.until === undefined ? [] : [['until', new Date(rule.until).toISOString()] as const]),
  ];
}

function answerText(ruleset: Ruleset, rule: Rule, type: string): string {
  const { addresses, ttl } = ruleset.refusal;
  const kept = `kept for ${ttl} s`;
  switch (answerFor(ruleset, rule)) {
    case 'nxdomain':
      return `NXDOMAIN, ${kept}, whatever the type`;
    case 'nodata':
      return `no data, ${kept}, whatever the type`;
    case 'refused':
      return 'REFUSED, which makes many clients ask their next resolver';
    case 'sinkhole':
      return type === 'A' || type === 'AAAA'
        ? `the refuser's address (${addresses.join(', ')}), ${kept}`
        : `no data for type ${type}, ${kept}`;
  }
}
