import { Command } from 'commander';
import { parseUpstream } from '../policy/endpoint.ts';
import { loadPolicy } from '../policy/load.ts';
import { parseDomain } from '../policy/name.ts';
import { parseAddress } from '../policy/network.ts';
import { jsonLine } from '../text.ts';
import { collecting, withPolicy } from './options.ts';
import type { Output } from './output.ts';
import { asTable } from './verified-text.ts';
import { type VerifyWishes, verifyIngress } from './verifying.ts';

type Flags = VerifyWishes & { readonly policy: string; readonly json?: true };

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
  const verified = await verifyIngress(loadPolicy(flags.policy, Date.now()), flags);
  const isOk = !verified.some(({ checks }) => checks.some(({ status }) => status === 'fail'));
  output.write(flags.json ? `${jsonLine({ ok: isOk, ingress: verified })}\n` : asTable(verified));
  if (!isOk) process.exitCode = 1;
}
