import { Command } from 'commander';
import { answerFor, refusalText } from '../dns/blocked.ts';
import { excepting } from '../policy/excepting.ts';
import type { Exception } from '../policy/exception.ts';
import { clientsText, type Explanation, explainAddress, explainName } from '../policy/explain.ts';
import { loadPolicy } from '../policy/load.ts';
import { type Name, parseName } from '../policy/name.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import { formatPlace } from '../policy/problem.ts';
import { describeTarget } from '../policy/rule-text.ts';
import type { Rule, Ruleset } from '../policy/ruleset.ts';
import { forTerminal } from '../text.ts';
import { inDatabase } from './database.ts';
import { parseType, parsing, withPolicy } from './options.ts';
import { type Output, wrap } from './output.ts';

type Flags = {
  readonly policy: string;
  readonly client: Address;
  readonly type: string;
  readonly database?: string;
  readonly json?: true;
};

export function explainCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('explain'))
    .description('say what a client asking for a name gets, and which line of which file decides')
    .argument(
      '<name>',
      'a domain name, or an address that an answer might hold',
      parsing(parseSubject),
    )
    .option('-c, --client <address>', 'who asks', parsing(parseAddress), '127.0.0.1' as Address)
    .option('-t, --type <type>', 'the type of the question', parsing(parseType), 'A')
    .option('-d, --database <file>', 'where `serve` keeps exceptions, to heed them as well')
    .option('--json', 'print one JSON object')
    .action((subject: Subject, flags: Flags) => explain(subject, flags, output));
}

type Subject = { readonly address: Address } | { readonly name: Name };

/** `192.0.2.1` and `2001:db8::1` are addresses; everything else is a name. */
function parseSubject(text: string): Subject {
  return /^[\d.]+$/.test(text) || text.includes(':')
    ? { address: parseAddress(text) }
    : { name: parseName(text) };
}

async function explain(subject: Subject, flags: Flags, output: Output): Promise<void> {
  const now = Date.now();
  const { ruleset: written, catalogue } = loadPolicy(flags.policy, now);
  const exceptions = flags.database === undefined ? [] : await exceptionsIn(flags.database, now);
  const { ruleset } = excepting(written, exceptions, catalogue, now);
  const { client, type } = flags;
  const [asked, explanation] =
    'address' in subject
      ? [subject.address, explainAddress(ruleset, client, subject.address)]
      : [subject.name, explainName(ruleset, client, subject.name)];
  const shown = flags.json
    ? `${JSON.stringify(asJson(ruleset, asked, client, type, explanation))}\n`
    : asText(ruleset, asked, client, type, explanation);
  output.write(shown);
}

async function exceptionsIn(database: string, now: number): Promise<readonly Exception[]> {
  const { listExceptions } = await import('../attempts/exceptions.ts');
  const { openForReading } = await import('../attempts/store.ts');
  return inDatabase(database, openForReading, (db) => listExceptions(db, { now }));
}

const MEANS = {
  blocked: 'is refused',
  observed: 'is answered and recorded; it would be refused if this policy were enforced',
  watched: 'is answered and recorded',
  allowed: 'is answered',
  unmatched: 'is answered: no rule is about it',
} as const;

function asText(
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

function asJson(
  ruleset: Ruleset,
  subject: string,
  client: Address,
  type: string,
  { verdict, others }: Explanation,
) {
  const ruleOf = (rule: Rule) => ({
    id: rule.id,
    action: rule.action,
    origin: rule.origin,
    target: describeTarget(rule.target),
    clients: clientsText(rule),
    reason: rule.reason,
    from: rule.from,
    ...(rule.catalogue ? { catalogue: rule.catalogue } : {}),
    ...(rule.service === undefined ? {} : { service: rule.service }),
    ...(rule.role === undefined ? {} : { role: rule.role }),
    ...(rule.until === undefined ? {} : { until: new Date(rule.until).toISOString() }),
  });
  return {
    asked: subject,
    client,
    type,
    verdict: verdict.kind,
    ...(verdict.kind === 'unmatched' ? {} : { rule: ruleOf(verdict.rule) }),
    ...(verdict.kind === 'blocked'
      ? { answer: answerFor(ruleset, verdict.rule), told: refusalText(ruleset, verdict.rule) }
      : {}),
    others: others.map(({ rule, why }) => ({ ...ruleOf(rule), why })),
  };
}
