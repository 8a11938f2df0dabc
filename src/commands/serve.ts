import { Command, Option } from 'commander';
import { createLog } from '../log.ts';
import { type Endpoint, parseEndpoint, parseUpstream } from '../policy/endpoint.ts';
import { ParseError } from '../policy/problem.ts';
import { GATE_PORT, withEnforcing } from './enforcing-options.ts';
import { FEEDS, PATIENCE } from './feeding.ts';
import { parseLogSpec } from './firewall-log.ts';
import { collecting, parsing, withPolicy } from './options.ts';
import { runService, type ServiceFlags } from './run.ts';

type Flags = Omit<ServiceFlags, 'program'> & { readonly gate?: readonly Endpoint[] };

export function serveCommand(): Command {
  const command = withPolicy(new Command('serve'))
    .description(
      'run the resolver and record attempts; SIGHUP reloads the policy, SIGTERM drains and ends',
    )
    .option(
      '-l, --listen <address:port>',
      'where questions come in (repeatable)',
      collecting((text) => parseEndpoint(text)),
    )
    .option(
      '-u, --upstream <address:port>',
      'resolver to ask (repeatable)',
      collecting(parseUpstream),
    )
    .option('-d, --database <file>', 'where attempts are kept')
    .addOption(
      new Option(
        '-f, --feed <firewall>',
        'put addresses into live sets before answers leave',
      ).choices(FEEDS),
    )
    .option(
      '--feed-wait <ms>',
      'how long an answer waits for the sets at most',
      parsing(parseWait),
      PATIENCE,
    )
    .option(
      '-g, --gate <address:port>',
      'where the packet filter sends suspect connections, to this port and the next (repeatable)',
      collecting((text) => parseEndpoint(text, GATE_PORT)),
    )
    .option(
      '--firewall-log <source>',
      'what the packet filter logs becomes attempts: nflog:5, pflog0, kmsg, file:PATH',
      parsing(parseLogSpec),
    );
  return withEnforcing(command).action((flags: Flags) =>
    runService(
      { ...flags, program: 'serve', ...(flags.feed ? { heartbeat: flags.feed } : {}) },
      createLog(process.stderr, () => new Date()),
    ),
  );
}

/** Milliseconds in whole numbers. Throws ParseError. */
function parseWait(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new ParseError(`"${text}" is not a number of milliseconds; write one below 10000`);
}
