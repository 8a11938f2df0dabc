import { readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { type ApiAnswer, readApiAnswer, vendorDomains } from '../ingress/api-object.ts';
import { fieldsOf } from '../ingress/section.ts';
import { loadPolicy, readCatalogue, SHIPPED_RULES } from '../policy/load.ts';
import { parseDomain } from '../policy/name.ts';
import { policyOf } from '../policy/policy.ts';
import { policyFile } from '../policy/schema.ts';
import type { TunnelService } from '../policy/service.ts';
import { readYaml } from '../policy/yaml.ts';
import { editEntry, listWithEntries } from '../policy/yaml-edit.ts';
import { CommandFailure, UsageFailure } from './failure.ts';
import { withPolicy } from './options.ts';
import type { Output } from './output.ts';

type Flags = { readonly policy: string; readonly write?: true };

type Streams = {
  readonly stdout: Output;
  readonly stderr: Output;
  /** All of standard input. */
  readonly read: () => Promise<string>;
};

const EXAMPLES = `
Example:
  curl -sS -H "Authorization: Bearer $NGROK_API_KEY" -H 'Ngrok-Version: 2' \\
    https://api.ngrok.com/agent_ingresses | tunnelwarden ingress import --write`;

export function ingressImportCommand(
  streams: Streams = {
    stdout: process.stdout,
    stderr: process.stderr,
    read: () => text(process.stdin),
  },
): Command {
  return withPolicy(new Command('import'))
    .description("turn the vendor's API answer about your ingress into the `ingress` of the policy")
    .argument('[file]', 'the JSON of one ingress or of the list; - is standard input', '-')
    .option('--write', 'put it into the policy file, where all else stays as it is')
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: Flags) => importIngress(file, flags, streams));
}

async function importIngress(
  file: string,
  { policy, write }: Flags,
  streams: Streams,
): Promise<void> {
  const { stdout, stderr, read } = streams;
  const vendor = readCatalogue(SHIPPED_RULES).services.get('ngrok') as TunnelService;
  const said = file === '-' ? await read() : readInput(file);
  const answer = readApiAnswer(file === '-' ? 'standard input' : file, said, vendorDomains(vendor));
  if (answer.hasMore) {
    stderr.write('the list goes on: fetch its next_page_uri and import that as well\n');
  }
  if (write) stdout.write(writeInto(policy, answer));
  else
    stdout.write(
      listWithEntries(
        'ingress',
        answer.ingresses.map((one) => fieldsOf(one)),
      ),
    );
}

/** Only a sound policy is changed, and only into a sound one. */
function writeInto(file: string, { ingresses }: ApiAnswer): string {
  const { policy } = loadPolicy(file, Date.now());
  const before = readFileSync(file, 'utf8');
  const after = ingresses.reduce((text, ingress) => {
    const entry = policy.ingress.find(({ domain }) => domain === ingress.domain);
    const isMeant = (value: string) => parseDomain(value) === ingress.domain;
    return editEntry(text, { list: 'ingress', by: 'domain', isMeant }, fieldsOf(ingress, entry));
  }, before);
  policyOf(file, readYaml(file, after, policyFile));
  if (after !== before) replace(file, after);
  const lines = ingresses.map(
    ({ domain, nameservers, names }) =>
      `${domain}: nameservers ${nameservers.length}, regional names ${names.length}`,
  );
  return `${[`${file} ${after === before ? 'says so already' : 'is changed'}:`, ...lines].join('\n')}\n`;
}

function replace(file: string, text: string): void {
  try {
    // A link to the policy stays a link.
    const target = realpathSync(file);
    writeFileSync(`${target}.new`, text, { mode: statSync(target).mode });
    renameSync(`${target}.new`, target);
  } catch (error) {
    throw new CommandFailure(`cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
}

function readInput(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageFailure(`cannot read ${file}: ${(error as Error).message}`);
  }
}
