import { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { createCache } from '../dns/cache.ts';
import { createEngine } from '../dns/engine.ts';
import { createEchoes } from '../dns/upstream/echo.ts';
import { createRandom } from '../dns/upstream/random.ts';
import { namesToResolve, type Sightings } from '../firewall/addressbook.ts';
import { refreshSightings } from '../firewall/refresh.ts';
import { parseUpstream, type UpstreamAddress } from '../policy/endpoint.ts';
import { type Loaded, loadPolicy } from '../policy/load.ts';
import { forTerminal } from '../text.ts';
import { bookFileOf, readSightings, writeSightings } from './book.ts';
import { CommandFailure } from './failure.ts';
import { createLookup } from './lookup.ts';
import { collecting, withPolicy } from './options.ts';
import type { Output } from './output.ts';
import { upstreamsOf } from './upstreams.ts';

type Flags = {
  readonly policy: string;
  readonly book?: string;
  readonly upstream?: readonly UpstreamAddress[];
};

export function addressesCommand(output: Output = process.stdout): Command {
  const withBook = (command: Command) =>
    withPolicy(command).option('-b, --book <file>', "the address book, if not the policy's");
  return new Command('addresses')
    .description('the address book: where blocked and sanctioned names live, for firewalls')
    .addCommand(
      withBook(new Command('refresh'))
        .description('look all names up and write the book')
        .option(
          '-u, --upstream <address:port>',
          'resolver to ask (repeatable)',
          collecting(parseUpstream),
        )
        .action((flags: Flags) => refresh(flags, output)),
    )
    .addCommand(
      withBook(new Command('list'))
        .description('print the book, an address a line: name, address, when it was last seen')
        .action((flags: Flags) => list(flags, output)),
    );
}

async function refresh(flags: Flags, output: Output): Promise<void> {
  const loaded = loadPolicy(flags.policy, Date.now());
  const file = bookFileOf(loaded.policy, flags.book);
  const before = readSightings(file);
  const names = namesToResolve(loaded.ruleset);
  const engine = engineFor(loaded, flags);
  const { sightings, failed } = await refreshSightings(before, names, {
    lookup: createLookup(engine.find),
    now: Date.now(),
  }).finally(engine.close);
  if (names.length > 0 && failed.length === names.length) {
    throw new CommandFailure(
      `none of ${names.length} names could be looked up and ${file} stays as it is; ` +
        'no upstream answers, name another with --upstream ADDR:PORT',
    );
  }
  writeSightings(file, sightings);
  const found = linesOf(sightings).length;
  output.write(`${sightings.size} of ${names.length} names, ${found} addresses: ${file}\n`);
  if (failed.length > 0) {
    output.write(`not looked up, as in the book before: ${failed.map(forTerminal).join(', ')}\n`);
  }
}

function list(flags: Flags, output: Output): void {
  const { policy } = loadPolicy(flags.policy, Date.now());
  const lines = linesOf(readSightings(bookFileOf(policy, flags.book)));
  output.write(lines.map((line) => `${forTerminal(line)}\n`).join(''));
}

function linesOf(sightings: Sightings): readonly string[] {
  return [...sightings].flatMap(([name, { addresses, seen, earlier }]) =>
    [...addresses.map((address) => [address, seen] as const), ...earlier].map(
      ([address, seen]) => `${name} ${address} ${new Date(seen).toISOString()}`,
    ),
  );
}

function engineFor({ policy: { resolver }, ruleset }: Loaded, { upstream }: Flags) {
  return createEngine(resolver, upstreamsOf(upstream, resolver.upstreams, resolver.listen), {
    ruleset: () => ruleset,
    cache: createCache(resolver.cache),
    tools: { random: createRandom(), clock: systemClock, echoes: createEchoes() },
  });
}
