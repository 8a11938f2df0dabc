import { Command } from 'commander';
import type { Backend } from '../firewall/backend.ts';
import { gapsOf } from '../policy/gaps.ts';
import { type Loaded, loadPolicy } from '../policy/load.ts';
import { formatProblem, InputError } from '../policy/problem.ts';
import type { Rule } from '../policy/ruleset.ts';
import { forTerminal } from '../text.ts';
import { backendOf, print } from './artifacts.ts';
import { checkInventory } from './identifying.ts';
import { collecting, withPolicy } from './options.ts';
import { type Output, wrap } from './output.ts';

type Flags = {
  readonly policy: string;
  readonly json?: true;
  readonly for?: readonly Backend[];
};

export function checkCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('check'))
    .description(
      'read a policy and say all that is wrong with it, what it means and what it leaves open',
    )
    .option(
      '--for <format>',
      'also say what a format of `generate` cannot enforce of it (repeatable)',
      collecting(backendOf),
    )
    .option('--json', 'print one JSON object')
    .action((flags: Flags) => check(flags, output));
}

function check(flags: Flags, output: Output): void {
  let loaded: Loaded;
  try {
    loaded = loadPolicy(flags.policy, Date.now());
    checkInventory(loaded.policy);
  } catch (error) {
    if (flags.json && error instanceof InputError) {
      output.write(`${JSON.stringify({ ok: false, problems: error.problems })}\n`);
    }
    throw error;
  }
  const { policy, ruleset, catalogue, warnings } = loaded;
  const gaps = gapsOf(policy, catalogue, ruleset);
  const formats = (flags.for ?? []).map((backend) => {
    const { plan } = print(loaded, backend);
    return { format: backend.id, gaps: plan.gaps, collisions: plan.collisions };
  });
  const summary = summaryOf(loaded);
  if (flags.json) {
    output.write(
      `${JSON.stringify({ ok: true, ...summary, warnings, gaps, ...(flags.for ? { formats } : {}) })}\n`,
    );
    return;
  }
  const lines = [
    `${flags.policy} is fine.`,
    '',
    `  organisation  ${forTerminal(policy.organisation.name)}`,
    `  mode          ${summary.mode}`,
    `  ingress       ${summary.ingress.join(', ') || 'none'}`,
    `  rules         ${summary.rules} (${summary.block} block, ${summary.watch} watch, ${summary.allow} allow)`,
    `  services      ${listed(summary.services)}`,
    `  lists         ${summary.lists.map(({ file, names }) => `${file} (${names} names)`).join(', ') || 'none'}`,
    `  groups        ${summary.groups.join(', ') || 'none'}`,
    `  refusals get  ${policy.refusal.answer}`,
    `  digest        ${summary.digest}`,
  ];
  if (warnings.length > 0)
    lines.push('', ...warnings.map((problem) => forTerminal(formatProblem(problem))));
  if (gaps.length > 0) {
    lines.push('', 'What it leaves open, or you may not have meant:');
    for (const { about, text } of gaps) lines.push(...indented(`${about}: ${text}`));
  }
  for (const { format, gaps, collisions } of formats) {
    lines.push('', `What ${format} does not enforce:`);
    if (gaps.length === 0) lines.push('  nothing: all of it is there');
    for (const { about, text } of gaps) lines.push(...indented(`${about}: ${text}`));
    for (const { address, sanctioned, blocked } of collisions) {
      lines.push(
        ...indented(`${address}: ${sanctioned.join(', ')} lives beside ${blocked.join(', ')}`),
      );
    }
  }
  output.write(`${lines.join('\n')}\n`);
}

function indented(text: string): string[] {
  return wrap(forTerminal(text), 78).map((line) => `  ${line}`);
}

function summaryOf({ policy, ruleset, lists }: Loaded) {
  const count = (action: Rule['action']) =>
    ruleset.rules.filter((rule) => rule.action === action).length;
  // Those the policy names come first: what `others` sweeps in is the longer and lesser part.
  const blocked = ruleset.rules.filter(({ action }) => action === 'block');
  const idsOf = (rules: readonly Rule[]) =>
    [...new Set(rules.flatMap(({ service }) => service ?? []))].sort();
  const named = idsOf(blocked.filter(({ origin }) => origin !== 'others'));
  const services = [...new Set([...named, ...idsOf(blocked)])];
  return {
    digest: ruleset.digest,
    mode: ruleset.mode,
    ingress: ruleset.ingress,
    rules: ruleset.rules.length,
    block: count('block'),
    watch: count('watch'),
    allow: count('allow'),
    services,
    lists: lists.map(({ file, count, skipped }) => ({ file, names: count, skipped })),
    groups: policy.scopes.flatMap(({ group }) => (group ? [group.id] : [])),
  };
}

function listed(services: readonly string[]): string {
  if (services.length === 0) return 'none blocked';
  const first = services.slice(0, 4).join(', ');
  return services.length <= 4
    ? `${first} blocked`
    : `${first} and ${services.length - 4} more blocked`;
}
