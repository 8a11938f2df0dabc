import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { createRandom } from '../dns/upstream/random.ts';
import { type Ingress, ingressOf } from '../ingress/ingress.ts';
import { publicationOf } from '../ingress/records.ts';
import type { Check } from '../ingress/verify/check.ts';
import type { AskedType, Said } from '../ingress/verify/facts.ts';
import { gather, type Lookups } from '../ingress/verify/gather.ts';
import { judgedOf } from '../ingress/verify/judged.ts';
import { verify } from '../ingress/verify.ts';
import { formatUpstream, parseUpstream, type UpstreamAddress } from '../policy/endpoint.ts';
import { loadPolicy } from '../policy/load.ts';
import { type Name, parseDomain } from '../policy/name.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import type { Policy } from '../policy/policy.ts';
import { jsonLine } from '../text.ts';
import { type Asker, createAsker } from './asking.ts';
import { UsageFailure } from './failure.ts';
import { meet } from './meeting.ts';
import { collecting, withPolicy } from './options.ts';
import type { Output } from './output.ts';
import { systemUpstreams } from './system-upstreams.ts';
import { asTable } from './verified-text.ts';

type Flags = {
  readonly policy: string;
  readonly domain?: readonly Name[];
  readonly resolver?: readonly UpstreamAddress[];
  readonly upstream?: readonly UpstreamAddress[];
  readonly parent?: readonly Address[];
  readonly connect?: true;
  readonly json?: true;
};

/** An ingress, and what came of looking at it. */
export type Verified = { readonly domain: Name; readonly checks: readonly Check[] };

const MORE = `
Run it on a machine of your clients' network: what they get is what counts. The exit
code is 1 where a check fails; WARN is worth a look, SKIP could not be told.`;

export function ingressVerifyCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('verify'))
    .description(
      'ask whether your ingress is published, right and reachable, and the default door shut',
    )
    .option(
      '--domain <domain>',
      'only this ingress (repeatable)',
      collecting((text) => parseDomain(text)),
    )
    .option(
      '-r, --resolver <address:port>',
      'a resolver that clients ask, if not that of this machine (repeatable)',
      collecting(parseUpstream),
    )
    .option(
      '-u, --upstream <address:port>',
      'a resolver that sees the public DNS, if not those of the policy (repeatable)',
      collecting(parseUpstream),
    )
    .option(
      '--parent <address>',
      'a server of the zone above, if not those its NS records name (repeatable)',
      collecting(parseAddress),
    )
    .option('--connect', 'also dial the ingress, and look at its certificate')
    .option('--json', 'print one JSON object')
    .addHelpText('after', MORE)
    .action((flags: Flags) => run(flags, output));
}

async function run(flags: Flags, output: Output): Promise<void> {
  const { policy, ruleset, catalogue } = loadPolicy(flags.policy, Date.now());
  const chosen = chosenOf(policy, flags.domain);
  // Throws what cannot be verified since nobody has said what is to be there.
  publicationOf(policy.organisation.name, chosen);
  const asker = createAsker(createRandom(), systemClock);
  const lookups = lookupsOf(policy, flags, asker);
  try {
    const verified: Verified[] = [];
    for (const entry of chosen) {
      const ingress = ingressOf(entry) as Ingress;
      const judged = judgedOf(ruleset, catalogue.services.get(entry.service));
      const facts = await gather(ingress, judged, lookups);
      verified.push({ domain: entry.domain, checks: verify(ingress, facts) });
    }
    const isOk = !verified.some(({ checks }) => checks.some(({ status }) => status === 'fail'));
    output.write(flags.json ? `${jsonLine({ ok: isOk, ingress: verified })}\n` : asTable(verified));
    if (!isOk) process.exitCode = 1;
  } finally {
    asker.close();
  }
}

function chosenOf(
  { file, ingress }: Policy,
  domains: readonly Name[] | undefined,
): Policy['ingress'] {
  const chosen = ingress.filter(({ domain }) => domains?.includes(domain) ?? true);
  if (chosen.length > 0) return chosen;
  const known = ingress.map(({ domain }) => domain).join(', ');
  throw new UsageFailure(
    known === ''
      ? `${file} has no ingress; write its domain and nameservers there, or have \`tunnelwarden ingress import --write\` do it`
      : `${domains?.join(', ')} is not an ingress of ${file}; there is ${known}`,
  );
}

function lookupsOf({ resolver }: Policy, flags: Flags, asker: Asker): Lookups {
  const here = flags.resolver ?? ofThisMachine();
  const outside = flags.upstream ?? (resolver.upstreams.length > 0 ? resolver.upstreams : here);
  if (outside.length === 0) {
    throw new UsageFailure(
      'there is no resolver to ask: /etc/resolv.conf names none; give --resolver ADDR:PORT',
    );
  }
  const recursive = (server: UpstreamAddress) => (name: Name, type: AskedType) =>
    asker.ask(server, name, type, 'recursive');
  return {
    ask: (address, name, type) => asker.ask({ address, port: 53 }, name, type, 'direct'),
    outside: {
      label: outside.map(formatUpstream).join(', '),
      ask: (name, type) => firstOf(outside.map((server) => () => recursive(server)(name, type))),
    },
    resolvers: here.map((server) => ({ label: formatUpstream(server), ask: recursive(server) })),
    ...(flags.parent ? { parent: flags.parent } : {}),
    ...(flags.connect ? { meet } : {}),
    now: Date.now(),
  };
}

/** The first answer that is one; what the last said where none is. */
async function firstOf(asks: readonly (() => Promise<Said>)[]): Promise<Said> {
  let said: Said = { kind: 'silent', why: 'nobody was asked' };
  for (const ask of asks) {
    said = await ask();
    if (said.kind === 'said' && /^(?:NOERROR|NXDOMAIN)$/.test(said.rcode)) return said;
  }
  return said;
}

function ofThisMachine(): readonly UpstreamAddress[] {
  try {
    return systemUpstreams(readFileSync('/etc/resolv.conf', 'utf8'), [], []);
  } catch {
    return [];
  }
}
