import { Command } from 'commander';
import { answerFor, refusalText } from '../dns/blocked.ts';
import { excepting } from '../policy/excepting.ts';
import type { Exception } from '../policy/exception.ts';
import { clientsText, type Explanation } from '../policy/explain.ts';
import { loadPolicy } from '../policy/load.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import { describeTarget } from '../policy/rule-text.ts';
import type { Rule, Ruleset } from '../policy/ruleset.ts';
import { inDatabase } from './database.ts';
import { explanationOf, explanationText, parseSubject, type Subject } from './explaining.ts';
import { parseType, parsing, withPolicy } from './options.ts';
import type { Output } from './output.ts';

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

async function explain(subject: Subject, flags: Flags, output: Output): Promise<void> {
  const now = Date.now();
  const { ruleset: written, catalogue } = loadPolicy(flags.policy, now);
  const exceptions = flags.database === undefined ? [] : await exceptionsIn(flags.database, now);
  const { ruleset } = excepting(written, exceptions, catalogue, now);
  const { client, type } = flags;
  const [asked, explanation] = explanationOf(ruleset, client, subject);
  const shown = flags.json
    ? `${JSON.stringify(asJson(ruleset, asked, client, type, explanation))}\n`
    : explanationText(ruleset, asked, client, type, explanation);
  output.write(shown);
}

async function exceptionsIn(database: string, now: number): Promise<readonly Exception[]> {
  const { listExceptions } = await import('../attempts/exceptions.ts');
  const { openForReading } = await import('../attempts/store.ts');
  return inDatabase(database, openForReading, (db) => listExceptions(db, { now }));
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
