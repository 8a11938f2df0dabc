import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import type { Finding } from '../ingress/traffic/finding.ts';
import { lintTrafficPolicy } from '../ingress/traffic/lint.ts';
import { formatProblem, InputError } from '../policy/problem.ts';
import { counted, forTerminal, jsonLine } from '../text.ts';
import type { Output } from './output.ts';

export function ingressLintCommand(output: Output = process.stdout): Command {
  return new Command('lint')
    .description(
      'read Traffic Policy files and say what ngrok would refuse, and what would not protect as meant',
    )
    .argument('<files...>', 'YAML or JSON; - is standard input')
    .option('--json', 'print one JSON object a finding, one a line')
    .action(async (files: readonly string[], flags: { readonly json?: true }) => {
      const findings: Finding[] = [];
      for (const file of files) findings.push(...lintTrafficPolicy(shown(file), await read(file)));
      for (const finding of findings) {
        output.write(`${flags.json ? asJson(finding) : asText(finding)}\n`);
      }
      if (!flags.json) output.write(`${summary(findings, files.length)}\n`);
      if (findings.length > 0) process.exitCode = 1;
    });
}

const shown = (file: string) => (file === '-' ? 'standard input' : file);

async function read(file: string): Promise<string> {
  try {
    // A pipe may have nothing yet, for which a synchronous read does not wait.
    return file === '-' ? await text(process.stdin) : readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}; name a file that exists`;
    const place = { file: shown(file), line: 1, column: 1 };
    throw new InputError([{ severity: 'error', place, path: '', message }]);
  }
}

function asText(finding: Finding): string {
  return forTerminal(`${formatProblem(finding)} [${finding.rule}]`);
}

function asJson({ rule, severity, place, path, message }: Finding): string {
  return jsonLine({ rule, severity, ...place, path, message });
}

function summary(findings: readonly Finding[], files: number): string {
  if (findings.length === 0) return `${counted(files, 'file')}: nothing to mend`;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return `${counted(files, 'file')}: ${counted(errors, 'error')}, ${counted(findings.length - errors, 'warning')}`;
}
