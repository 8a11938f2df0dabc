import { Command } from 'commander';
import { chainOf } from '../closure/chains.ts';
import { walkChain } from '../closure/walk.ts';
import { addressBookOf } from '../firewall/addressbook.ts';
import type { Backend, PacketPlan } from '../firewall/backend.ts';
import { BACKENDS } from '../firewall/backends/index.ts';
import { plan } from '../firewall/plan.ts';
import { type Endpoint, parseEndpoint } from '../policy/endpoint.ts';
import { type Loaded, loadPolicy } from '../policy/load.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import type { Catalogue, ServiceId, TunnelService } from '../policy/service.ts';
import { jsonLine } from '../text.ts';
import { bookFileOf, readSightings } from './book.ts';
import { type Chain, closureText, countsOf } from './closure-text.ts';
import { UsageFailure } from './failure.ts';
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
  const { ruleset, policy } = loaded;
  const { firewall: settings } = policy;
  const book = addressBookOf(readSightings(bookFileOf(policy, flags.book)));
  const walls = backend
    ? plan({ ruleset, settings, book, listed: new Map() }, backend).packets
    : NO_FILTER;
  const world = { ruleset, plan: walls, book, client: flags.client, settings };
  const chains = servicesOf(loaded, flags).map((service) =>
    chainFor(loaded, flags, world, service),
  );
  const shown = { digest: ruleset.digest, backend: flags.backend, client: flags.client };
  const steps = chains.flatMap(({ steps }) => steps);
  const isNamed = namedBy(loaded, flags);
  output.write(
    flags.json
      ? `${jsonLine({ ...shown, steps: countsOf(steps), services: chains.map(asJson) })}\n`
      : closureText(chains, { ...shown, isNamed, hasLan: !backend || settings.lan.length > 0 }),
  );
  if (steps.some((step) => step.broken || (flags.strict && step.state === 'unknown'))) {
    process.exitCode = 1;
  }
}

/** The packet filters that are walked; undefined is none at all. */
function filterOf(text: string): Backend | undefined {
  if (text === 'none') return undefined;
  const filters = BACKENDS.filter(({ sni }) => sni.length > 0);
  const backend = filters.find(({ id }) => id === text);
  if (backend) return backend;
  const known = filters.map(({ id }) => id).join(', ');
  throw new UsageFailure(`"${text}" cannot be walked; name one of ${known}, or none`);
}

const NO_FILTER: PacketPlan = { dispatch: [], audiences: [], sets: [], sanctioned: [] };

/** Those asked for, or those that the policy blocks: first those it names. */
function servicesOf(loaded: Loaded, flags: Flags): readonly TunnelService[] {
  const { services } = loaded.catalogue;
  if (flags.service) return flags.service.map((id) => serviceOf(services, id));
  if (flags.all) return [...services.values()];
  const blocked = [...blockedBy(loaded)].sort();
  const isNamed = namedBy(loaded, flags);
  return [...blocked.filter(isNamed), ...blocked.filter((id) => !isNamed(id))].flatMap(
    (id) => services.get(id) ?? [],
  );
}

function serviceOf(services: Catalogue['services'], id: string): TunnelService {
  const service = services.get(id);
  if (service) return service;
  throw new UsageFailure(
    `"${id}" is not in the catalogue; \`tunnelwarden services\` lists what is`,
  );
}

/** True for a service that the policy, or whoever asks, has called by its name. */
function namedBy(loaded: Loaded, { service }: Flags): (id: ServiceId) => boolean {
  const named = blockedBy(loaded, 'named');
  return (id) => named.has(id) || service?.includes(id) === true;
}

function blockedBy({ ruleset }: Loaded, how?: 'named'): ReadonlySet<ServiceId> {
  const rules = ruleset.rules.filter(
    ({ action, role, origin }) =>
      action === 'block' && role === 'session' && (how === undefined || origin !== 'others'),
  );
  return new Set(rules.flatMap(({ service }) => service ?? []));
}

function chainFor(
  { ruleset, catalogue }: Loaded,
  { proxy }: Flags,
  world: Omit<Parameters<typeof walkChain>[0], 'service'>,
  service: TunnelService,
): Chain {
  const doors = ruleset.doors.flatMap((door) => (door.service === service.id ? [door.name] : []));
  const bypasses = [...catalogue.bypasses.values()];
  const steps = chainOf(service, { bypasses, doors, ...(proxy ? { proxy } : {}) });
  return { service, steps: walkChain({ ...world, service }, steps) };
}

function asJson({ service: { id, title }, steps }: Chain) {
  return { service: id, title, steps };
}
