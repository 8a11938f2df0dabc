import { Command } from 'commander';
import { answerFor, refusalText } from '../dns/blocked.ts';
import { describeTarget } from '../policy/compile.ts';
import { clientsText, type Explanation, explainAddress, explainName } from '../policy/explain.ts';
import { loadPolicy } from '../policy/load.ts';
import { parseName } from '../policy/name.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import { formatPlace } from '../policy/problem.ts';
import type { Rule, Ruleset } from '../policy/ruleset.ts';
import { forTerminal } from '../text.ts';
import { parsing, withPolicy } from './options.ts';
import type { Output } from './output.ts';

type Flags = {
  readonly policy: string;
  readonly client: Address;
  readonly type: string;
  readonly json?: true;
};

export function explainCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('explain'))
    .description('say what a client asking for a name gets, and which line of which file decides')
    .argument('<name>', 'a domain name, or an address that an answer might hold')
    .option('-c, --client <address>', 'who asks', parsing(parseAddress), '127.0.0.1' as Address)
    .option('-t, --type <type>', 'the type of the question', 'A')
    .option('--json', 'print one JSON object')
    .action((text: string, flags: Flags) => explain(text, flags, output));
}

function explain(text: string, flags: Flags, output: Output): void {
  const { ruleset } = loadPolicy(flags.policy, Date.now());
  const { client, type } = flags;
  const address = addressOf(text);
  const subject = address ?? parsing(parseName)(text);
  const explanation = address
    ? explainAddress(ruleset, client, address)
    : explainName(ruleset, client, parsing(parseName)(text));
  const shown = flags.json
    ? `${JSON.stringify(asJson(ruleset, subject, client, type, explanation))}\n`
    : asText(ruleset, subject, client, type, explanation);
  output.write(shown);
}

function addressOf(text: string): Address | undefined {
  return /^[\d.]+$/.test(text) || text.includes(':') ? parsing(parseAddress)(text) : undefined;
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
  const lines = [`${forTerminal(subject)} ${MEANS[verdict.kind]} (asked by ${client})`];
  if (verdict.kind !== 'unmatched') {
    const { rule } = verdict;
    lines.push(
      '',
      ...facts(rule).map(([label, value]) => `  ${label.padEnd(10)}${forTerminal(value)}`),
    );
    if (verdict.kind === 'blocked') {
      lines.push(
        `  ${'gets'.padEnd(10)}${answerText(ruleset, rule, type)}`,
        `  ${'is told'.padEnd(10)}${forTerminal(refusalText(ruleset, rule))}`,
      );
    }
  }
  if (others.length > 0) {
    lines.push('', 'Other rules about it, and why they do not decide:');
    for (const { rule, why } of others) {
      lines.push(
        `  ${rule.action} ${forTerminal(rule.id)}`,
        `    ${forTerminal(why)} (${formatPlace(rule.from)})`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function facts(rule: Rule): [string, string][] {
  return [
    ['rule', rule.id],
    ['target', describeTarget(rule.target)],
    ['for', clientsText(rule)],
    ['because', rule.reason],
    ['asked by', formatPlace(rule.from)],
    ...(rule.catalogue ? [['named in', formatPlace(rule.catalogue)] as [string, string]] : []),
    ...(rule.until === undefined
      ? []
      : [['until', new Date(rule.until).toISOString()] as [string, string]]),
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
      return /^(A|AAAA)$/i.test(type)
        ? `the refuser's address (${addresses.join(', ')}), ${kept}`
        : `no data for type ${forTerminal(type)}, ${kept}`;
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
