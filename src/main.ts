import { Command, CommanderError } from 'commander';
import { addressesCommand } from './commands/addresses.ts';
import { alertCommand } from './commands/alert.ts';
import { allowCommand } from './commands/allow.ts';
import { applyCommand, confirmCommand, removeCommand, rollbackCommand } from './commands/apply.ts';
import { attemptsCommand } from './commands/attempts.ts';
import { auditCommand } from './commands/audit.ts';
import { backtestCommand } from './commands/backtest.ts';
import { checkCommand } from './commands/check.ts';
import { clientsCommand } from './commands/clients.ts';
import { closureCommand } from './commands/closure.ts';
import { doctorCommand } from './commands/doctor.ts';
import { eventsCommand } from './commands/events.ts';
import { exceptionsCommand } from './commands/exceptions.ts';
import { explainCommand } from './commands/explain.ts';
import { CommandFailure, UsageFailure } from './commands/failure.ts';
import { gateCommand } from './commands/gate.ts';
import { generateCommand } from './commands/generate.ts';
import { incidentsCommand } from './commands/incidents.ts';
import { ingressCommand } from './commands/ingress.ts';
import { reportCommand } from './commands/report.ts';
import { revokeCommand } from './commands/revoke.ts';
import { serveCommand } from './commands/serve.ts';
import { servicesCommand } from './commands/services.ts';
import { statusCommand } from './commands/status.ts';
import { testCommand } from './commands/test.ts';
import { tuiCommand } from './commands/tui.ts';
import { InputError } from './policy/problem.ts';
import { version } from './version.ts';

/** Exit codes: 0 fine, 1 failed, 2 the input is at fault. */
const FAILED = 1;
const INPUT = 2;

/** Runs the command line and gives the exit code; nothing else in the program ends the process. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('tunnelwarden')
    .description(
      'Take control of shadow-IT tunnels: refuse unsanctioned ones by name, keep your own ingress working.',
    )
    .version(version())
    .exitOverride()
    .configureHelp({ helpWidth: Math.min(process.stdout.columns ?? 80, 100) })
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for the options)');
  const commands = [
    serveCommand(),
    gateCommand(),
    checkCommand(),
    closureCommand(),
    ingressCommand(),
    auditCommand(),
    explainCommand(),
    testCommand(),
    attemptsCommand(),
    incidentsCommand(),
    clientsCommand(),
    alertCommand(),
    allowCommand(),
    exceptionsCommand(),
    revokeCommand(),
    tuiCommand(),
    reportCommand(),
    backtestCommand(),
    eventsCommand(),
    servicesCommand(),
    generateCommand(),
    applyCommand(),
    confirmCommand(),
    rollbackCommand(),
    removeCommand(),
    statusCommand(),
    doctorCommand(),
    addressesCommand(),
  ];
  for (const command of commands) {
    program.addCommand(command);
    for (const part of [command, ...command.commands])
      part.exitOverride().copyInheritedSettings(program);
  }
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    console.error(`cannot print: ${message}`);
    process.exitCode = FAILED;
  });
  // Nobody reads the log any more, but there are still questions to answer.
  process.stderr.on('error', () => {});
  try {
    await program.parseAsync(argv);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  // Commander has printed its own message by now; its exit code 1 for bad words is our 2.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : INPUT;
  if (error instanceof InputError || error instanceof UsageFailure) {
    console.error(error.message);
    return INPUT;
  }
  console.error(error instanceof CommandFailure ? error.message : error);
  return FAILED;
}
