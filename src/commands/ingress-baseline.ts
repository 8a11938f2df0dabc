import { Command, Option } from 'commander';
import {
  type Account,
  accountOf,
  RESTRICTIONS,
  type Restriction,
} from '../ingress/account/account.ts';
import { type BindRule, parseBindRule } from '../ingress/account/bind.ts';
import { checklistOf } from '../ingress/account/checklist.ts';
import { DESTINATION_IDS, type DestinationId } from '../ingress/account/destinations.ts';
import { printRequests } from '../ingress/account/requests.ts';
import { printTerraform } from '../ingress/account/terraform.ts';
import { parsePublicNetwork } from '../ingress/traffic/write.ts';
import { loadPolicy } from '../policy/load.ts';
import type { Network } from '../policy/network.ts';
import { ParseError } from '../policy/problem.ts';
import { forTerminal } from '../text.ts';
import { UsageFailure } from './failure.ts';
import { collecting, withPolicy } from './options.ts';
import { type Output, wrap } from './output.ts';

type Flags = {
  readonly policy: string;
  readonly format: 'terraform' | 'json' | 'checklist';
  readonly bind?: readonly BindRule[];
  readonly bot?: readonly string[];
  readonly network?: readonly Network[];
  readonly restrict?: readonly Restriction[];
  readonly enforce?: true;
  readonly destination?: readonly DestinationId[];
};

export function ingressBaselineCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('baseline'))
    .description(
      'write what your account at ngrok shall have: ingress, authtokens, restrictions, events',
    )
    .addOption(
      new Option('--format <format>', 'how to write it')
        .choices(['terraform', 'json', 'checklist'])
        .makeOptionMandatory(),
    )
    .option(
      '--bind <name>',
      'what authtokens may publish, such as *.dev.example.com (repeatable)',
      collecting(parseBindRule),
    )
    .option(
      '--bot <name>',
      'a program that gets a user and a token of its own (repeatable)',
      collecting(parseBot),
    )
    .option(
      '--network <network>',
      'a public network of yours (repeatable)',
      collecting(parsePublicNetwork),
    )
    .option(
      '--restrict <what>',
      `only these by address: ${RESTRICTIONS.join(', ')} (repeatable)`,
      collecting(oneOf(RESTRICTIONS)),
    )
    .option('--enforce', 'refuse other addresses, where restrictions would only warn')
    .option(
      '--destination <where>',
      `where events go: ${DESTINATION_IDS.join(', ')} (repeatable)`,
      collecting(oneOf(DESTINATION_IDS)),
    )
    .action((flags: Flags) => baseline(flags, output));
}

function baseline(flags: Flags, output: Output): void {
  const { policy } = loadPolicy(flags.policy, Date.now());
  const {
    bind = [],
    bot = [],
    network = [],
    restrict = [],
    enforce = false,
    destination = [],
  } = flags;
  // A list of rules that is empty is no restriction at all, and which names are meant no policy says.
  if (bind.length === 0 && flags.format !== 'checklist') {
    throw new UsageFailure(
      'say what agents may publish, such as --bind "*.dev.example.com": an authtoken without rules may publish anything',
    );
  }
  const account = accountOf(policy, {
    bind,
    bots: bot,
    networks: network,
    restrict,
    enforce,
    destinations: destination,
  });
  output.write(PRINTERS[flags.format](account));
}

const PRINTERS: Readonly<Record<Flags['format'], (account: Account) => string>> = {
  terraform: printTerraform,
  json: printRequests,
  checklist: printChecklist,
};

function printChecklist(account: Account): string {
  const lines = [
    `What remains to be done by hand at ngrok for ${account.organisation}:`,
    ...checklistOf(account).flatMap(({ title, what, where }) => [
      '',
      `[ ] ${title}`,
      ...wrap(what, 72).map((line) => `    ${line.trimStart()}`),
      ...wrap(`where: ${where}`, 72).map((line) => `    ${line.trimStart()}`),
    ]),
  ];
  return `${lines.map(forTerminal).join('\n')}\n`;
}

function oneOf<T extends string>(known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((word) => word === text);
    if (found) return found;
    throw new ParseError(`"${text}" is not known here; there are ${known.join(', ')}`);
  };
}

function parseBot(text: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u.test(text)) return text;
  throw new ParseError(`"${text}" is not a name for a program; write one such as ci`);
}
