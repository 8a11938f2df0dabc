import { Command } from 'commander';
import { markFor } from '../firewall/apply/apply.ts';
import type { Mark } from '../firewall/apply/loader.ts';
import { type Standing, type Status, statusOf } from '../firewall/apply/status.ts';
import { InputError } from '../policy/problem.ts';
import {
  type ArtifactsFor,
  artifactsOfPolicy,
  failing,
  formatArgument,
  formatOf,
  requestOf,
  siteAt,
  stateOption,
} from './apply-site.ts';
import { UsageFailure } from './failure.ts';
import { withPolicy } from './options.ts';
import type { Output } from './output.ts';

type Flags = { readonly policy: string; readonly state: string; readonly json?: true };

const MEANING: Readonly<Record<Standing, string>> = {
  absent: 'no rules of ours are loaded; `tunnelwarden apply` loads them',
  awaiting: 'loaded, and taken back unless `tunnelwarden confirm` follows',
  altered: 'not as `apply` has loaded them: somebody changed them; apply again',
  outdated: 'the policy yields other rules now; apply again',
  'in-sync': 'loaded, as the policy says',
};

/** Exit 0 only where the rules are in force as the policy says, and stay so. */
export function statusCommand(
  artifactsFor: ArtifactsFor = artifactsOfPolicy,
  output: Output = process.stdout,
): Command {
  return withPolicy(new Command('status'))
    .description(
      'what is loaded, whether it is what the policy says, and what its rules have counted; exits 1 unless in sync',
    )
    .addArgument(formatArgument())
    .option('--json', 'print one JSON object')
    .addOption(stateOption())
    .action(async (word: string | undefined, flags: Flags) => {
      const site = siteAt(flags.state);
      const format = failing(() => formatOf(word, site));
      let wanted: Mark | undefined;
      let problem: InputError | UsageFailure | undefined;
      try {
        wanted = markFor(site, requestOf(format, await artifactsFor(flags.policy, format)));
      } catch (error) {
        // What is loaded is worth knowing all the same.
        if (!(error instanceof InputError || error instanceof UsageFailure)) throw error;
        problem = error;
      }
      const status = failing(() => statusOf(site, format, wanted));
      output.write(flags.json ? `${JSON.stringify(status)}\n` : textOf(status));
      if (problem) throw problem;
      if (status.standing !== 'in-sync') process.exitCode = 1;
    });
}

function textOf({ standing, format, loaded, wanted, record, pending, last, counters }: Status) {
  const lines = [
    `${format}: ${MEANING[standing]}.`,
    '',
    `  state    ${standing}`,
    `  loaded   ${loaded ? `policy ${loaded.policy}${record ? `, ${record.at}` : ''}` : 'nothing'}`,
    `  policy   ${wanted?.policy ?? 'cannot be read'}`,
    ...(pending ? [`  pending  until ${pending.until}, by ${pending.timer}`] : []),
    ...(last ? [`  last     ${last.what}, ${last.at}`] : []),
  ];
  if (counters.length > 0) {
    const width = Math.max(...counters.map(({ id }) => id.length));
    lines.push('', `  ${'rule'.padEnd(width)}  ${'packets'.padStart(10)}  ${'bytes'.padStart(12)}`);
    for (const { id, packets, bytes } of counters)
      lines.push(
        `  ${id.padEnd(width)}  ${String(packets).padStart(10)}  ${String(bytes).padStart(12)}`,
      );
  }
  return `${lines.join('\n')}\n`;
}
