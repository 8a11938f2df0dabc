import { Command } from 'commander';
import { exceptionView } from '../attempts/exception-view.ts';
import { createPrinter } from '../attempts/print.ts';
import { inDatabase } from './database.ts';
import { BrokenPipe, type Pipe, write } from './pipe.ts';

type Flags = { readonly all?: boolean; readonly json?: true; readonly database: string };

export function exceptionsCommand(
  stdout: Pipe = process.stdout,
  stderr: Pipe = process.stderr,
): Command {
  return new Command('exceptions')
    .description('what is allowed for some time by `tunnelwarden allow`, and by whom and why')
    .option('--all', 'also those that have ended or were revoked')
    .option('--json', 'one JSON object a line')
    .option('-d, --database <file>', 'where `serve` keeps attempts', 'tunnelwarden.db')
    .action(async ({ all = false, json, database }: Flags) => {
      const { listExceptions } = await import('../attempts/exceptions.ts');
      const { openForReading } = await import('../attempts/store.ts');
      const now = Date.now();
      const found = inDatabase(database, openForReading, (db) => listExceptions(db, { all, now }));
      const screen = {
        width: (stdout.isTTY && stdout.columns) || 80,
        colour: stdout.isTTY === true && !process.env.NO_COLOR,
      };
      const print = createPrinter(exceptionView(now, all), json ? 'json' : 'table', screen);
      try {
        await write(stdout, print(found));
        if (found.length > 0 || json) return;
        const none = all ? 'There has never been an exception' : 'No exception is in force';
        await write(stderr, `${none}; \`tunnelwarden allow\` makes one.\n`);
      } catch (error) {
        if (!(error instanceof BrokenPipe)) throw error;
      }
    });
}
