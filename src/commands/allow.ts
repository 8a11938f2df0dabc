import { Command } from 'commander';
import { readIncident } from '../attempts/incident/query.ts';
import { formatMoment } from '../attempts/moment.ts';
import type { ExceptionSubject } from '../policy/exception.ts';
import {
  formatExceptionClients,
  formatExceptionSubject,
  parseExceptionDuration,
  parseExceptionName,
  parseExceptionReason,
} from '../policy/exception-text.ts';
import { hintFor } from '../policy/expand-parts.ts';
import { readCatalogue, SHIPPED_RULES } from '../policy/load.ts';
import { type Network, parseNetwork } from '../policy/network.ts';
import type { NamePattern } from '../policy/pattern.ts';
import { ParseError } from '../policy/problem.ts';
import { forTerminal } from '../text.ts';
import { authorOf } from './author.ts';
import { inDatabase } from './database.ts';
import { CommandFailure, UsageFailure } from './failure.ts';
import { collecting, parsing } from './options.ts';
import type { Output } from './output.ts';

type Flags = {
  readonly service?: string;
  readonly client?: readonly Network[];
  readonly everyone?: true;
  readonly for: number;
  readonly reason: string;
  readonly incident?: number;
  readonly database: string;
  readonly json?: true;
};

const EXAMPLES = `
A name stands for itself and all below it, as in policies; =NAME is only itself.
A running \`serve\` or \`gate\` takes it over within a second.

Examples:
  tunnelwarden allow demo.example.net --client 10.1.2.3 --for 2h --reason demo
  tunnelwarden allow --service zrok --client 10.1.0.0/24 --for 1d --reason pilot`;

export function allowCommand(output: Output = process.stdout): Command {
  return new Command('allow')
    .description('allow a name or a service to some clients for some time, beside the policy')
    .argument('[name]', 'a name as policies write it', parsing(parseExceptionName))
    .option('--service <id>', 'all that is known of a service, in place of a name')
    .option(
      '--client <network>',
      'an address or a network it is for (repeatable)',
      collecting(parseNetwork),
    )
    .option('--everyone', 'for every client; has to be said')
    .requiredOption(
      '--for <duration>',
      'how long: 90s, 30m, 12h, 7d; at most 30d',
      parsing(parseExceptionDuration),
    )
    .requiredOption('--reason <text>', 'why, for whoever asks later', parsing(parseExceptionReason))
    .option('--incident <id>', 'the incident that it settles', parsing(parseId))
    .option('-d, --database <file>', 'where `serve` keeps attempts', 'tunnelwarden.db')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action((name: NamePattern | undefined, flags: Flags) => allow(name, flags, output));
}

async function allow(name: NamePattern | undefined, flags: Flags, output: Output): Promise<void> {
  const subject = subjectOf(name, flags.service);
  const clients = clientsOf(flags);
  const { addException } = await import('../attempts/exceptions.ts');
  const { openForReview } = await import('../attempts/store.ts');
  const { reason, incident, for: duration } = flags;
  const made = inDatabase(flags.database, openForReview, (db) => {
    if (incident !== undefined && !readIncident(db, incident)) {
      throw new CommandFailure(`there is no incident ${incident}; nothing is allowed`);
    }
    const wanted = { subject, clients, reason, duration, author: authorOf(process.env) };
    const settles = incident === undefined ? {} : { incident };
    return addException(db, { ...wanted, ...settles }, Date.now());
  });
  if (flags.json) {
    const until = new Date(made.until).toISOString();
    output.write(`${JSON.stringify({ id: made.id, until })}\n`);
    return;
  }
  output.write(
    `Exception ${made.id}: ${forTerminal(formatExceptionSubject(made))} for ` +
      `${formatExceptionClients(made)} until ${formatMoment(made.until)}.\n` +
      `\`tunnelwarden revoke ${made.id}\` ends it before.\n`,
  );
}

function subjectOf(
  pattern: NamePattern | undefined,
  service: string | undefined,
): ExceptionSubject {
  if (pattern !== undefined && service === undefined) return { kind: 'name', pattern };
  if (pattern !== undefined || service === undefined) {
    throw new UsageFailure('say what to allow: a name, or a service with --service');
  }
  const { services } = readCatalogue(SHIPPED_RULES);
  if (services.has(service)) return { kind: 'service', service };
  const hint = hintFor(service, [...services.keys()]);
  throw new UsageFailure(`"${service}" is not in the catalogue; ${hint}`);
}

function clientsOf({ client = [], everyone }: Flags): readonly Network[] {
  if (client.length > 0 === (everyone === true)) {
    throw new UsageFailure('say for whom: --client with an address or a network, or --everyone');
  }
  return client;
}

function parseId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new ParseError(`"${text}" is not an incident's number`);
}
