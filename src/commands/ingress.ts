import { Command } from 'commander';
import { ingressAgentConfigCommand } from './ingress-agent-config.ts';
import { ingressBaselineCommand } from './ingress-baseline.ts';
import { ingressImportCommand } from './ingress-import.ts';
import { ingressLintCommand } from './ingress-lint.ts';
import { ingressRecordsCommand } from './ingress-records.ts';
import { ingressTrafficPolicyCommand } from './ingress-traffic-policy.ts';
import { ingressVerifyCommand } from './ingress-verify.ts';

/** Everything about the organisation's own ingress, each as a command below this one. */
export function ingressCommand(): Command {
  const command = new Command('ingress').description(
    'the records, checks, agent settings and account controls of your own ingress',
  );
  for (const part of [
    ingressImportCommand(),
    ingressRecordsCommand(),
    ingressVerifyCommand(),
    ingressAgentConfigCommand(),
    ingressBaselineCommand(),
    ingressTrafficPolicyCommand(),
    ingressLintCommand(),
  ])
    command.addCommand(part);
  return command;
}
