import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { type AgentFormat, printAgentFormat } from '../ingress/agents/format.ts';
import { AGENT_FORMATS } from '../ingress/agents/index.ts';
import { type AgentSettings, agentSettingsOf } from '../ingress/agents/settings.ts';
import type { IngressEntry } from '../ingress/ingress.ts';
import { type Loaded, loadPolicy } from '../policy/load.ts';
import { type Name, parseDomain } from '../policy/name.ts';
import { InputError } from '../policy/problem.ts';
import { jsonLine } from '../text.ts';
import { CommandFailure, UsageFailure } from './failure.ts';
import { parsing, withPolicy } from './options.ts';
import type { Output } from './output.ts';

type Flags = {
  readonly policy: string;
  readonly domain?: Name;
  readonly name?: Name;
  readonly format?: string;
  readonly out: string;
  readonly json?: true;
};

export function ingressAgentConfigCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('agent-config'))
    .description("settings for developers' agents and for what inspects TLS on their way")
    .option('-d, --domain <domain>', 'which ingress, where the policy has several', parsing(domain))
    .option('-n, --name <name>', "dial this name of it, such as one region's", parsing(domain))
    .option('-f, --format <format>', 'which, or all; without it the formats are listed')
    .option('-o, --out <folder>', 'where the files go; - prints the file', '-')
    .option('--json', 'print one JSON object')
    .addHelpText('after', `\nFormats:\n${listed(AGENT_FORMATS)}`)
    .action((flags: Flags) => agentConfig(flags, output));
}

function agentConfig(flags: Flags, output: Output): void {
  if (flags.format === undefined) {
    output.write(flags.json ? `${jsonLine(AGENT_FORMATS.map(shown))}\n` : listed(AGENT_FORMATS));
    return;
  }
  // A format nobody knows is told before a policy is read.
  const formats = flags.format === 'all' ? AGENT_FORMATS : [formatOf(flags.format)];
  if (formats.length > 1 && flags.out === '-' && !flags.json) {
    throw new UsageFailure('all formats need a folder: give --out FOLDER, or --json');
  }
  const settings = settingsOf(loadPolicy(flags.policy, Date.now()), flags);
  const files = formats.map((format) => ({
    ...shown(format),
    text: printAgentFormat(format, settings),
  }));
  if (flags.out !== '-') writeAll(flags.out, files);
  const { domain, server } = settings;
  if (flags.json) output.write(`${jsonLine({ domain, server, files })}\n`);
  else if (flags.out === '-') output.write(files.map(({ text }) => text).join(''));
  else output.write(files.map(({ path }) => `${join(flags.out, path)}\n`).join(''));
}

function settingsOf({ policy, catalogue }: Loaded, flags: Flags): AgentSettings {
  const entry = ingressFor(policy.file, policy.ingress, flags.domain);
  const names = catalogue.services.get(entry.service)?.names ?? [];
  return agentSettingsOf(entry, {
    organisation: policy.organisation,
    support: names.flatMap(({ role, pattern }) => (role === 'support' ? [pattern.name] : [])),
    ...(flags.name === undefined ? {} : { host: flags.name }),
  });
}

function ingressFor(
  file: string,
  entries: readonly IngressEntry[],
  domain: Name | undefined,
): IngressEntry {
  const known = entries.map((entry) => entry.domain).join(', ');
  const found = entries.filter((entry) => domain === undefined || entry.domain === domain);
  const [entry] = found;
  if (entry !== undefined && found.length === 1) return entry;
  if (entry !== undefined) {
    throw new UsageFailure(`the policy has several ingresses: choose one of ${known} by --domain`);
  }
  const message =
    domain === undefined || entries.length === 0
      ? 'has no ingress that agents could dial; add one: `ingress: [{ domain: tunnels.example.com }]`'
      : `${domain} is not an ingress of this policy; there is ${known}`;
  const place = { file, line: 1, column: 1 };
  throw new InputError([{ severity: 'error', place, path: 'ingress', message }]);
}

function formatOf(id: string): AgentFormat {
  const format = AGENT_FORMATS.find((known) => known.id === id);
  if (format) return format;
  const known = AGENT_FORMATS.map((other) => other.id).join(', ');
  throw new UsageFailure(`"${id}" is not a format; there are ${known}, or all`);
}

function writeAll(
  folder: string,
  files: readonly { readonly path: string; readonly text: string }[],
): void {
  for (const { path, text } of files) {
    const file = join(folder, path);
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, text);
    } catch (error) {
      throw new CommandFailure(`cannot write ${file}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

function shown({ id, title, path }: AgentFormat) {
  return { format: id, title, path };
}

function listed(formats: readonly AgentFormat[]): string {
  const width = Math.max(...formats.map(({ id }) => id.length));
  return formats.map(({ id, title }) => `  ${id.padEnd(width)}  ${title}\n`).join('');
}

function domain(text: string): Name {
  return parseDomain(text);
}
