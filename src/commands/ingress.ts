import { Command } from 'commander';

/** Everything about the organisation's own ingress, each as a command below this one. */
export function ingressCommand(): Command {
  const command = new Command('ingress').description(
    'the records, checks, agent settings and account controls of your own ingress',
  );
  for (const part of [] as readonly Command[]) command.addCommand(part);
  return command;
}
