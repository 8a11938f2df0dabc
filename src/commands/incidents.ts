import { Command, Option } from 'commander';
import { INCIDENT_STATES, SEVERITIES } from '../attempts/incident/incident.ts';
import { INCIDENT_ORDERS } from '../attempts/incident/query.ts';
import { parseMoment } from '../attempts/moment.ts';
import { parseNetwork } from '../policy/network.ts';
import { ParseError } from '../policy/problem.ts';
import { authorOf } from './author.ts';
import { actCommands } from './incidents-act.ts';
import { type ListFlags, listIncidentsTo } from './incidents-list.ts';
import { showIncidents } from './incidents-show.ts';
import { collecting, parsing } from './options.ts';
import { parseIncidentId, type Surroundings } from './reviewing.ts';

const EXAMPLES = `
Examples:
  tunnelwarden incidents                what waits for review, the worst first
  tunnelwarden incidents list --severity high --since 7d
  tunnelwarden incidents show 12        why it is one, and what was tried
  tunnelwarden incidents ack 12 13 --note 'talked to Ada'
  tunnelwarden incidents list --all --limit all --csv > incidents.csv`;

export function incidentsCommand(surroundings: Surroundings = ofThisProcess()): Command {
  const command = new Command('incidents')
    .description('review what clients tried: one client, one service, one stretch of time')
    .addCommand(listCommand(surroundings), { isDefault: true })
    .addCommand(
      withDatabaseOption(new Command('show'))
        .description('why these are incidents, what was tried, and what people did about it')
        .argument('<id...>', 'numbers, as the list has them', collecting(parseIncidentId))
        .option('--json', 'one JSON object a line')
        .action((ids: readonly number[], flags: { database: string; json?: true }) =>
          showIncidents(ids, flags, surroundings),
        ),
    );
  for (const act of actCommands(surroundings)) command.addCommand(withDatabaseOption(act));
  return command.addHelpText('after', EXAMPLES);
}

function ofThisProcess(): Surroundings {
  const { stdout, stderr, env } = process;
  return { stdout, stderr, env, now: Date.now, author: authorOf(env) };
}

function listCommand(surroundings: Surroundings): Command {
  const moment = parsing((text) => parseMoment(text, surroundings.now()));
  return withDatabaseOption(new Command('list'))
    .description('what nobody has looked at yet, the worst first (done when nothing else is said)')
    .option(
      '--client <network>',
      'an address, or a network such as 10.1.0.0/16',
      parsing(parseNetwork),
    )
    .option('--service <id>', 'the service that was tried')
    .addOption(
      new Option('--state <state>', 'in this state (repeatable)')
        .choices(INCIDENT_STATES)
        .argParser(collecting(parseState)),
    )
    .addOption(new Option('--severity <severity>', 'as severe, or more so').choices(SEVERITIES))
    .option('--since <time>', 'not over before: 7d, 2h, 30m, 2026-11-21T18:00', moment)
    .option('--until <time>', 'begun before this time', moment)
    .addOption(
      new Option('--order <order>', 'what comes first')
        .choices(INCIDENT_ORDERS)
        .default('severest'),
    )
    .option('--limit <number>', 'how many at most, or `all`', parsing(parseLimit), 50)
    .addOption(
      new Option('--all', 'also what was acknowledged, excepted or closed').conflicts('state'),
    )
    .option('--loose', 'also what is of no tunnel service: other resolvers asked')
    .addOption(new Option('--json', 'one JSON object a line').conflicts('csv'))
    .option('--csv', 'comma-separated values, for spreadsheets')
    .action((flags: ListFlags) => listIncidentsTo(flags, surroundings));
}

function withDatabaseOption(command: Command): Command {
  return command.option('-d, --database <file>', 'where `serve` keeps attempts', 'tunnelwarden.db');
}

function parseState(text: string): (typeof INCIDENT_STATES)[number] {
  const found = INCIDENT_STATES.find((state) => state === text);
  if (found) return found;
  throw new ParseError(`"${text}" is not a state; write one of ${INCIDENT_STATES.join(', ')}`);
}

function parseLimit(text: string): number {
  if (text === 'all') return Number.MAX_SAFE_INTEGER;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new ParseError(`"${text}" is not a number of rows; write one such as 50, or all`);
}
