import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { Command } from 'commander';
import { runProgram } from '../firewall/apply/run.ts';
import { examine } from '../firewall/doctor/doctor.ts';
import type { Finding, Machine, Needs, Severity } from '../firewall/doctor/finding.ts';
import { gatePortOf, LANES } from '../policy/firewall.ts';
import { loadPolicy } from '../policy/load.ts';
import type { Policy } from '../policy/policy.ts';
import { forTerminal } from '../text.ts';
import { failing, formatArgument, formatOf, siteAt, stateOption } from './apply-site.ts';
import { withPolicy } from './options.ts';
import { type Output, wrap } from './output.ts';

type Flags = { readonly policy: string; readonly state: string; readonly json?: true };

/** Exit 1 where something breaks enforcement. */
export function doctorCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('doctor'))
    .description(
      'what on this machine would get in the way of the rules, and what to do about it; exits 1 where something would',
    )
    .addArgument(formatArgument())
    .option('--json', 'print one JSON object')
    .addOption(stateOption())
    .action((word: string | undefined, flags: Flags) => {
      const { policy } = loadPolicy(flags.policy, Date.now());
      const site = siteAt(flags.state);
      const format = failing(() => formatOf(word, site));
      const { programs } = site.loaderOf(format);
      const findings = examine(thisMachine(), needsOf(policy, format, programs));
      const ok = findings.every(({ severity }) => severity !== 'breaks');
      output.write(
        flags.json ? `${JSON.stringify({ ok, format, findings })}\n` : textOf(findings, format),
      );
      if (!ok) process.exitCode = 1;
    });
}

function needsOf(
  { firewall, refusal: { addresses } }: Policy,
  format: string,
  programs: readonly string[],
): Needs {
  const { lan, resolver, gate, refuser, transparent, parts } = firewall;
  // What is led by the other lane is led only while the gate is there.
  const atFronts = parts.includes('fronts') && !format.startsWith('pf-');
  const lanes = atFronts ? LANES : LANES.filter((lane) => lane === 'shared');
  return {
    format,
    programs,
    lan,
    resolver: parts.includes('capture') && resolver.length === 0,
    gate:
      gate === undefined || !parts.includes('sni')
        ? []
        : lanes.map((lane) => gatePortOf(gate, lane)),
    ...(refuser !== undefined && addresses.length > 0
      ? { refuser: { port: refuser, addresses } }
      : {}),
    transparent,
  };
}

function thisMachine(): Machine {
  return {
    run: runProgram,
    readFile: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
    addresses: () =>
      Object.values(networkInterfaces()).flatMap((list) =>
        (list ?? []).map(({ address }) => address),
      ),
  };
}

const HEADINGS: Readonly<Record<Severity, string>> = {
  breaks: 'Breaks enforcement:',
  weakens: 'Holds now, and may not later:',
  note: 'Worth knowing:',
};

function textOf(findings: readonly Finding[], format: string): string {
  if (findings.length === 0) return `Nothing here gets in the way of ${format} rules.\n`;
  const sections = (Object.keys(HEADINGS) as Severity[]).flatMap((severity) => {
    const own = findings.filter((finding) => finding.severity === severity);
    return own.length === 0 ? [] : [[HEADINGS[severity], ...own.flatMap(linesOf)].join('\n')];
  });
  return `${sections.join('\n\n')}\n`;
}

function linesOf({ text, remedy }: Finding): readonly string[] {
  return [
    ...wrap(forTerminal(`- ${text}`), 76),
    ...wrap(`to do: ${forTerminal(remedy)}`, 74).map((line) => `  ${line}`),
  ].map((line) => `  ${line}`);
}
