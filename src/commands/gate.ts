import { Command, Option } from 'commander';
import { createLog } from '../log.ts';
import { type Endpoint, parseEndpoint, parseUpstream } from '../policy/endpoint.ts';
import { GATE_PORT, withEnforcing } from './enforcing-options.ts';
import { FEEDS, PATIENCE } from './feeding.ts';
import { collecting, withPolicy } from './options.ts';
import { runService, type ServiceFlags } from './run.ts';

type Flags = Omit<ServiceFlags, 'program' | 'listen' | 'gate' | 'feedWait'> & {
  readonly listen: readonly Endpoint[];
};

const EXAMPLES = `
The packet filter sends it connections: those to addresses that a sanctioned
name shares to its port, those to fronts of many to the next one.
\`serve --gate\` runs it beside the resolver.

Example:
  tunnelwarden gate --listen 0.0.0.0:9443 --listen '[::]:9443' --feed nft`;

export function gateCommand(): Command {
  const command = withPolicy(new Command('gate'))
    .description('run the gate alone; SIGHUP reloads the policy, SIGTERM ends')
    .requiredOption(
      '-l, --listen <address:port>',
      'where the packet filter sends connections, to this port and the next (repeatable)',
      collecting((text) => parseEndpoint(text, GATE_PORT)),
    )
    .option(
      '-u, --upstream <address:port>',
      'resolver that finds where names lead (repeatable)',
      collecting(parseUpstream),
    )
    .option('-d, --database <file>', 'where attempts are kept')
    .addOption(
      new Option(
        '-f, --feed <firewall>',
        'keep the packet filter told that the gate is there',
      ).choices(FEEDS),
    )
    .addHelpText('after', EXAMPLES);
  return withEnforcing(command).action(({ listen, feed, ...flags }: Flags) =>
    runService(
      {
        ...flags,
        program: 'gate',
        listen: [],
        gate: listen,
        feedWait: PATIENCE,
        ...(feed ? { heartbeat: feed } : {}),
      },
      createLog(process.stderr, () => new Date()),
    ),
  );
}
