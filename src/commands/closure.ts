import { Command } from 'commander';
import { type Endpoint, parseEndpoint } from '../policy/endpoint.ts';
import { loadPolicy } from '../policy/load.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import { jsonLine } from '../text.ts';
import { chainsOf, filterOf, namedBy } from './chains.ts';
import { type Chain, closureText, countsOf } from './closure-text.ts';
import { collecting, parsing, withPolicy } from './options.ts';
import type { Output } from './output.ts';

type Flags = {
  readonly policy: string;
  readonly service?: readonly string[];
  readonly all?: true;
  readonly backend: string;
  readonly client: Address;
  readonly proxy?: Endpoint;
  readonly book?: string;
  readonly strict?: true;
  readonly json?: true;
};

export function closureCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('closure'))
    .description(
      'walk every way round that agents of blocked services take, and say what closes it or what would',
    )
    .option('-s, --service <id>', 'only this service (repeatable)', collecting(String))
    .option('--all', 'every service of the catalogue, blocked or not')
    .option('--backend <format>', 'the packet filter, or none', 'nftables')
    .option('-c, --client <address>', 'who tries', parsing(parseAddress), '127.0.0.1' as Address)
    .option(
      '--proxy <address:port>',
      'an HTTP proxy of the network',
      parsing((text) => parseEndpoint(text, 3128)),
    )
    .option('-b, --book <file>', "the address book, if not the policy's")
    .option('--strict', 'exit with 1 where a step is unknown as well')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action((flags: Flags) => closure(flags, output));
}

const HELP = `
A step is closed; open: a line of the policy would close it; beyond: no name or
address closes it without taking others along; or unknown: nobody has looked
the addresses up. Nothing is sent to anyone, and what the kernel holds is not
looked at: that is \`status\` and \`doctor\`. docs/closure.md tells of the steps.

Exit status: 0, or 1 where a step that the policy means to close is open.

JSON: { digest, backend, client,
  steps: { total, closed, open, beyond, unknown },
  services: [{ service, title, steps: [{ id, known, notes, state, broken,
    by: [{ where, rule }], through, unlisted, why, remedy, collateral }] }] }
known: agents do it by themselves; broken: open, and meant to be closed;
through: what gets through; unlisted: names that are not in the address book;
why, remedy and collateral only where there is something to say.
`;

function closure(flags: Flags, output: Output): void {
  // A packet filter nobody knows is told before a policy is read.
  const backend = filterOf(flags.backend);
  const loaded = loadPolicy(flags.policy, Date.now());
  const chains = chainsOf(loaded, { ...flags, backend });
  const shown = {
    ...{ digest: loaded.ruleset.digest, backend: flags.backend, client: flags.client },
  };
  const steps = chains.flatMap(({ steps }) => steps);
  const isNamed = namedBy(loaded, flags.service);
  const hasLan = !backend || loaded.policy.firewall.lan.length > 0;
  output.write(
    flags.json
      ? `${jsonLine({ ...shown, steps: countsOf(steps), services: chains.map(asJson) })}\n`
      : closureText(chains, { ...shown, isNamed, hasLan }),
  );
  if (steps.some((step) => step.broken || (flags.strict && step.state === 'unknown'))) {
    process.exitCode = 1;
  }
}

function asJson({ service: { id, title }, steps }: Chain) {
  return { service: id, title, steps };
}
