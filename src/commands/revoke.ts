import { Command } from 'commander';
import { formatMoment } from '../attempts/moment.ts';
import { formatExceptionClients, formatExceptionSubject } from '../policy/exception-text.ts';
import { ParseError } from '../policy/problem.ts';
import { forTerminal } from '../text.ts';
import { authorOf } from './author.ts';
import { inDatabase } from './database.ts';
import { collecting } from './options.ts';
import type { Output } from './output.ts';

/** Exit 1 where one of them is not in force. */
export function revokeCommand(
  output: Output = process.stdout,
  complaints: Output = process.stderr,
): Command {
  return new Command('revoke')
    .description('end exceptions before their time; a running `serve` follows within a second')
    .argument('<id...>', 'numbers, as `tunnelwarden exceptions` lists them', collecting(parseId))
    .option('-d, --database <file>', 'where `serve` keeps attempts', 'tunnelwarden.db')
    .action(async (ids: readonly number[], { database }: { readonly database: string }) => {
      const { revokeException } = await import('../attempts/exceptions.ts');
      const { openForReview } = await import('../attempts/store.ts');
      const by = authorOf(process.env);
      const revokings = inDatabase(database, openForReview, (db) =>
        [...new Set(ids)].map((id) => ({ id, ...revokeException(db, id, by, Date.now()) })),
      );
      for (const revoking of revokings) {
        const { kind, id } = revoking;
        if (kind === 'unknown') {
          complaints.write(
            `There is no exception ${id}; \`tunnelwarden exceptions\` lists them.\n`,
          );
          process.exitCode = 1;
          continue;
        }
        const { exception } = revoking;
        const about = `${forTerminal(formatExceptionSubject(exception))} for ${formatExceptionClients(exception)}`;
        if (kind === 'revoked') {
          output.write(`Exception ${id} is revoked: ${about}.\n`);
          continue;
        }
        const ended = formatMoment(exception.revoked?.time ?? exception.until);
        complaints.write(`Exception ${id} was over before, ${ended}: ${about}.\n`);
        process.exitCode = 1;
      }
    });
}

function parseId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new ParseError(`"${text}" is not the number of an exception, such as 12`);
}
