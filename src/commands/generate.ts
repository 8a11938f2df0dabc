import { chmodSync, closeSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import type { Artifact, Backend, Plan } from '../firewall/backend.ts';
import { BACKENDS } from '../firewall/backends/index.ts';
import { FIREWALL_PARTS, type FirewallPart, LINK } from '../policy/firewall.ts';
import { loadPolicy } from '../policy/load.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import { ParseError } from '../policy/problem.ts';
import { forTerminal } from '../text.ts';
import {
  artifactsFor,
  backendOf,
  createPrinter,
  type FirewallFlags,
  type Printed,
} from './artifacts.ts';
import { CommandFailure, UsageFailure } from './failure.ts';
import { collecting, parsing, withPolicy } from './options.ts';
import { type Output, wrap } from './output.ts';

type Flags = {
  readonly policy: string;
  readonly out: string;
  readonly list?: true;
  readonly json?: true;
  readonly strict?: true;
} & FirewallOptions;

type FirewallOptions = {
  readonly lan?: readonly string[];
  readonly resolver?: readonly Address[];
  readonly gate?: number;
  readonly transparent?: true;
  readonly logGroup?: number;
  readonly part?: readonly FirewallPart[];
};

export function generateCommand(output: Output = process.stdout): Command {
  return withFirewall(withPolicy(new Command('generate')))
    .description('write the policy as rule sets and lists for firewalls and resolvers')
    .argument('[format]', 'which, or all; --list tells of them')
    .option('-o, --out <folder>', 'where the files go; - prints the first of them', '-')
    .option('--list', 'tell of every format: what it enforces and what it cannot')
    .option('--json', 'print one JSON object: files, gaps and collisions')
    .option('--strict', 'exit with 1 where something of the policy is not enforced by the format')
    .action((format: string | undefined, flags: Flags) => generate(format, flags, output));
}

/** What may be said here instead of in the policy. */
function withFirewall(command: Command): Command {
  return command
    .option(
      '--lan <interface>',
      'an interface that clients are behind (repeatable)',
      collecting(parseLink),
    )
    .option(
      '--resolver <address>',
      'where captured questions go (repeatable)',
      collecting(parseAddress),
    )
    .option('--gate <port>', 'the port of the gate on this gateway', parsing(parsePort))
    .option('--transparent', 'hand connections to the gate by TPROXY')
    .option('--log-group <number>', 'the NFLOG group or pflog interface', parsing(parseGroup))
    .addOption(
      new Option(
        '--part <part>',
        `only these parts: ${FIREWALL_PARTS.join(', ')} (repeatable)`,
      ).argParser(collecting(parsePart)),
    );
}

/** The flags as settings that come before the policy's. */
function settingsOf(flags: FirewallOptions): FirewallFlags {
  const { lan, resolver, gate, transparent, logGroup, part } = flags;
  return {
    ...(lan ? { lan } : {}),
    ...(resolver ? { resolver } : {}),
    ...(gate === undefined ? {} : { gate }),
    ...(transparent ? { transparent } : {}),
    ...(logGroup === undefined ? {} : { logGroup }),
    ...(part ? { parts: part } : {}),
  };
}

function generate(format: string | undefined, flags: Flags, output: Output): void {
  if (flags.list) {
    const backends = format === undefined ? BACKENDS : [backendOf(format)];
    output.write(flags.json ? listAsJson(backends) : listAsText(backends));
    return;
  }
  if (format === undefined) {
    throw new UsageFailure(
      'name a format, such as nftables; `tunnelwarden generate --list` tells of them',
    );
  }
  if (format === 'all') {
    generateAll(flags, output);
    return;
  }
  const printed = artifactsFor(flags.policy, format, settingsOf(flags));
  const { artifacts, plan } = printed;
  if (flags.out !== '-') writeAll(flags.out, artifacts);
  if (flags.json) output.write(asJson(format, printed, flags.out));
  else if (flags.out === '-') output.write(artifacts[0]?.text ?? '');
  else output.write(summary(printed, flags.out));
  if (flags.strict) failOnGaps(format, plan);
}

/** Every format, each in a folder of its own. */
function generateAll(flags: Flags, output: Output): void {
  if (flags.out === '-') throw new UsageFailure('all formats need a folder: give --out FOLDER');
  const print = createPrinter(loadPolicy(flags.policy, Date.now()), settingsOf(flags));
  // Each in a call of its own, so that its files are gone before those of the next are made.
  const generateOne = (backend: Backend) => {
    const printed = print(backend);
    const folder = join(flags.out, backend.id);
    writeAll(folder, printed.artifacts);
    const { gaps } = printed.plan;
    if (flags.json) output.write(asJson(backend.id, printed, folder));
    else output.write(`${folder}: ${printed.artifacts.length} files, ${gaps.length} gaps\n`);
    if (flags.strict) failOnGaps(backend.id, printed.plan);
  };
  for (const backend of BACKENDS) generateOne(backend);
}

function failOnGaps(format: string, { gaps }: Plan): void {
  if (gaps.length === 0) return;
  const lines = gaps.map(({ about, text }) => `  ${forTerminal(`${about}: ${text}`)}`);
  throw new CommandFailure(`${format} does not enforce all of the policy:\n${lines.join('\n')}`);
}

/** Each file is whole at any moment: a reader of a list meets the old one or the new one. */
function writeAll(folder: string, artifacts: readonly Artifact[]): void {
  for (const artifact of artifacts) {
    const { path, executable } = artifact;
    const file = join(folder, path);
    try {
      mkdirSync(dirname(file), { recursive: true });
      const draft = `${file}.new`;
      writePieces(draft, artifact);
      chmodSync(draft, executable ? 0o755 : 0o644);
      renameSync(draft, file);
    } catch (error) {
      const { message } = error as Error;
      throw new CommandFailure(`cannot write ${file}: ${message}`, { cause: error });
    }
  }
}

/** As many characters at once; a whole text would be encoded into a second one of its size. */
const PER_WRITE = 1 << 20;

function* piecesOf(artifact: Artifact): Iterable<string> {
  const { blocks } = artifact;
  if (blocks) {
    for (const [i, block] of blocks.entries()) yield i === 0 ? block : `\n${block}`;
    return;
  }
  const { text } = artifact;
  for (let start = 0; start < text.length; ) {
    // Cut behind a line, where no character is of two halves.
    const end = text.indexOf('\n', start + PER_WRITE) + 1 || text.length;
    yield text.slice(start, end);
    start = end;
  }
}

function writePieces(file: string, artifact: Artifact): void {
  const to = openSync(file, 'w');
  try {
    for (const piece of piecesOf(artifact)) writeFileSync(to, piece);
  } finally {
    closeSync(to);
  }
}

function summary({ artifacts, plan }: Printed, folder: string): string {
  const { gaps, collisions } = plan;
  const lines = artifacts.map(({ path }) => join(folder, path));
  if (gaps.length > 0) lines.push('', 'Not enforced by these files:');
  for (const { about, text } of gaps) {
    lines.push(...wrap(forTerminal(`${about}: ${text}`), 78).map((line) => `  ${line}`));
  }
  if (collisions.length > 0) lines.push('', 'Addresses that the sanctioned ingress shares:');
  for (const { address, sanctioned, blocked } of collisions) {
    lines.push(
      ...wrap(`${address}: ${sanctioned.join(', ')} beside ${blocked.join(', ')}`, 78).map(
        (line) => `  ${forTerminal(line)}`,
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

function asJson(format: string, { artifacts, plan }: Printed, out: string): string {
  const files = artifacts.map((artifact) => {
    const { path } = artifact;
    return out === '-' ? { path, text: artifact.text } : { path: join(out, path) };
  });
  const { digest, gaps, collisions } = plan;
  return `${JSON.stringify({ format, digest, files, gaps, collisions })}\n`;
}

function listAsText(backends: readonly Backend[]): string {
  const width = Math.max(...backends.map(({ id }) => id.length));
  const lines = backends.flatMap(({ id, title, enforces, use, cannot }) => [
    `${id.padEnd(width)}  ${title}`,
    ...[
      `enforces: ${enforces.join(', ')}`,
      `use: ${use}`,
      ...cannot.map((text) => `cannot: ${text}`),
    ].flatMap((text) => wrap(text, 76 - width).map((line) => `${' '.repeat(width)}  ${line}`)),
  ]);
  return `${lines.join('\n')}\n`;
}

function listAsJson(backends: readonly Backend[]): string {
  const rows = backends.map(({ id, title, enforces, sni, use, cannot }) => ({
    ...{ id, title, enforces, sni },
    ...{ use, cannot },
  }));
  return `${JSON.stringify(rows)}\n`;
}

function parseLink(text: string): string {
  if (LINK.test(text)) return text;
  throw new ParseError(`"${text}" is not an interface; write a name such as lan0`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new ParseError(`"${text}" is not a port; write a number from 1 to 65535`);
}

function parseGroup(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new ParseError(`"${text}" is not a group; write a number from 0 to 65535`);
}

function parsePart(text: string): FirewallPart {
  const part = FIREWALL_PARTS.find((known) => known === text);
  if (part) return part;
  throw new ParseError(`"${text}" is not a part; there are ${FIREWALL_PARTS.join(', ')}`);
}
