import { Command } from 'commander';
import { auditFile } from '../ingress/audit/audit.ts';
import type { Doors } from '../ingress/audit/doors.ts';
import type { Finding } from '../ingress/audit/finding.ts';
import { sarifOf } from '../ingress/audit/sarif.ts';
import { type Loaded, loadPolicy } from '../policy/load.ts';
import { formatPlace } from '../policy/problem.ts';
import { counted, forTerminal, jsonLine } from '../text.ts';
import { version } from '../version.ts';
import { type Looked, walkFiles } from './audit-files.ts';
import { UsageFailure } from './failure.ts';
import { withPolicy } from './options.ts';
import { type Output, wrap } from './output.ts';

type Flags = {
  readonly policy: string;
  readonly strict?: true;
  readonly json?: true;
  readonly sarif?: true;
};

export function auditCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('audit'))
    .description("look through agents' settings and programs for what breaks the policy")
    .argument('<path...>', 'files, and folders with all below them')
    .option('--strict', 'exit with 1 where there is a warning as well')
    .option('--json', 'print one JSON object')
    .option('--sarif', 'print a SARIF 2.1.0 report, for code hosts and editors')
    .addHelpText('after', HELP)
    .action((paths: readonly string[], flags: Flags) => audit(paths, flags, output));
}

const HELP = `
It reads configuration files of ngrok agents (versions 1 to 3), Compose files
and manifests that run the agent, Helm values of the operator, Go, Rust,
Python, JavaScript, TypeScript and Java programs that use an SDK, Dockerfiles,
scripts and .env files. Folders named .git and node_modules, links, binary
files and files over 1 MiB are left out. Of a secret only the first four and
last two characters are shown.

Exit status: 0, or 1 where something is an error; 2 where a path or the policy
cannot be read.

JSON: { findings: [{ rule, severity, file, line, column, message, remedy }],
files, skipped: [{ path, why }] }
`;

function audit(paths: readonly string[], flags: Flags, output: Output): void {
  if (flags.json && flags.sarif) throw new UsageFailure('give --json or --sarif, not both');
  const doors = doorsOf(loadPolicy(flags.policy, Date.now()));
  const findings: Finding[] = [];
  const looked = walkFiles(paths, (file, text) => {
    findings.push(...auditFile(doors, file, text));
  });
  if (flags.sarif) output.write(`${jsonLine(sarifOf(findings, looked.skipped, version()))}\n`);
  else if (flags.json) output.write(`${jsonLine(asJson(findings, looked))}\n`);
  else output.write(asText(findings, looked));
  if (findings.some(({ severity }) => severity === 'error' || flags.strict)) process.exitCode = 1;
}

function doorsOf({ policy, catalogue }: Loaded): Doors {
  const names = catalogue.services.get('ngrok')?.names ?? [];
  return {
    sanctioned: policy.ingress.flatMap(({ domain, service }) =>
      service === 'ngrok' ? [domain] : [],
    ),
    defaults: names.flatMap(({ role, pattern }) => (role === 'session' ? [pattern] : [])),
  };
}

function asText(findings: readonly Finding[], { files, skipped }: Looked): string {
  const lines = findings.flatMap(({ rule, severity, place, message, remedy }) => [
    forTerminal(`${formatPlace(place)}: ${severity}: ${message} [${rule}]`),
    ...wrap(forTerminal(`To do: ${remedy}`), 76).map((line) => `    ${line}`),
  ]);
  const count = (wanted: Finding['severity']) =>
    findings.filter(({ severity }) => severity === wanted).length;
  const left = skipped.map(({ path, why }) => forTerminal(`not looked into: ${path} ${why}`));
  const [errors, warnings] = [count('error'), count('warning')];
  const sum = `${counted(errors, 'error')}, ${counted(warnings, 'warning')} in ${counted(files, 'file')}.`;
  return `${[...lines, ...(lines.length > 0 ? [''] : []), ...left, sum].join('\n')}\n`;
}

function asJson(findings: readonly Finding[], { files, skipped }: Looked) {
  return {
    findings: findings.map(({ rule, severity, place, message, remedy }) => ({
      ...{ rule, severity, file: place.file, line: place.line, column: place.column },
      ...{ message, remedy },
    })),
    files,
    skipped,
  };
}
