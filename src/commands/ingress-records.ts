import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import type { Format, RecordFile } from '../ingress/formats/format.ts';
import { FORMATS } from '../ingress/formats/index.ts';
import { PROVIDERS } from '../ingress/formats/terraform.ts';
import { publicationOf } from '../ingress/records.ts';
import { loadPolicy } from '../policy/load.ts';
import { type Name, parseDomain } from '../policy/name.ts';
import type { Policy } from '../policy/policy.ts';
import { CommandFailure, UsageFailure } from './failure.ts';
import { collecting, parsing, withPolicy } from './options.ts';
import { type Output, wrap } from './output.ts';

type Flags = {
  readonly policy: string;
  readonly format?: string;
  readonly domain?: readonly Name[];
  readonly zone?: Name;
  readonly provider?: string;
  readonly out?: string;
  readonly list?: true;
};

const EXAMPLES = `
Examples:
  tunnelwarden ingress records                      # a table, to enter by hand
  tunnelwarden ingress records --format zone
  tunnelwarden ingress records --format terraform --provider aws
  tunnelwarden ingress records --format nsupdate | nsupdate -k key.conf`;

export function ingressRecordsCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('records'))
    .description('print the DNS records that delegate your ingress, for whatever publishes them')
    .addOption(
      new Option('-f, --format <format>', 'how; --list tells of each')
        .choices(FORMATS.map(({ id }) => id))
        .default('table'),
    )
    .option('--domain <domain>', 'only this ingress (repeatable)', collecting(parseDomainHere))
    .option(
      '--zone <zone>',
      'the zone the records go into; else the domain without its first label',
      parsing(parseDomainHere),
    )
    .addOption(
      new Option('--provider <provider>', 'of the files for Terraform, only this one').choices(
        PROVIDERS.map(({ id }) => id),
      ),
    )
    .option('-o, --out <folder>', 'write files instead')
    .option('--list', 'tell of every format')
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) => records(flags, output));
}

/** Without the second argument that commander passes on. */
function parseDomainHere(text: string): Name {
  return parseDomain(text);
}

function records(flags: Flags, output: Output): void {
  if (flags.list) {
    output.write(listOf(FORMATS));
    return;
  }
  const format = FORMATS.find(({ id }) => id === flags.format) as Format;
  if (flags.provider !== undefined && format.id !== 'terraform') {
    throw new UsageFailure('--provider goes with --format terraform');
  }
  const { policy } = loadPolicy(flags.policy, Date.now());
  const entries = chosen(policy, flags.domain);
  const files = format
    .print(publicationOf(policy.organisation.name, entries, flags.zone))
    .filter(({ path }) => flags.provider === undefined || path.startsWith(`${flags.provider}/`));
  if (flags.out !== undefined) {
    const { out } = flags;
    for (const file of files) writeWhole(join(out, file.path), file.text);
    output.write(files.map(({ path }) => `${join(out, path)}\n`).join(''));
    return;
  }
  output.write(onlyOf(format, files).text);
}

function chosen(
  { file, ingress }: Policy,
  domains: readonly Name[] | undefined,
): Policy['ingress'] {
  if (ingress.length === 0) {
    throw new UsageFailure(
      `${file} has no ingress; write its domain and nameservers there, or have \`tunnelwarden ingress import --write\` do it`,
    );
  }
  if (domains === undefined) return ingress;
  const strange = domains.find((domain) => !ingress.some((entry) => entry.domain === domain));
  if (strange !== undefined) {
    const known = ingress.map(({ domain }) => domain).join(', ');
    throw new UsageFailure(`${strange} is not an ingress of ${file}; there is ${known}`);
  }
  return ingress.filter(({ domain }) => domains.includes(domain));
}

/** One file can be printed; several would run into one another. */
function onlyOf(format: Format, files: readonly RecordFile[]): RecordFile {
  const [first, ...more] = files;
  if (first !== undefined && more.length === 0) return first;
  const how = format.id === 'terraform' ? '--provider' : '--domain';
  throw new UsageFailure(
    `${format.id} makes ${files.length} files (${files.map(({ path }) => path).join(', ')}): choose by ${how}, or give --out FOLDER`,
  );
}

/** A reader meets the old file or the new one, never a half. */
function writeWhole(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  } catch (error) {
    throw new CommandFailure(`cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
}

function listOf(formats: readonly Format[]): string {
  const width = Math.max(...formats.map(({ id }) => id.length));
  const lines = formats.flatMap(({ id, title, use }) => [
    `${id.padEnd(width)}  ${title}`,
    ...wrap(use, 76 - width).map((line) => `${' '.repeat(width)}  ${line}`),
  ]);
  return `${lines.join('\n')}\n`;
}
