import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { z } from 'zod';
import { answerFor } from '../dns/blocked.ts';
import { address, name, parsed } from '../policy/fields.ts';
import { judge } from '../policy/judge.ts';
import { loadPolicy } from '../policy/load.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import { formatPlace, type Place } from '../policy/problem.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import { readYaml } from '../policy/yaml.ts';
import { forTerminal } from '../text.ts';
import { CommandFailure, UsageFailure } from './failure.ts';
import { withPolicy } from './options.ts';
import { type Output, wrap } from './output.ts';

/** What a test file holds: who asks for what, and what is to come of it. */
const testFile = z
  .array(
    z
      .strictObject({
        client: address.prefault('127.0.0.1'),
        asks: name.optional(),
        meets: parsed(parseAddress, 'an address in an answer').optional(),
        gets: z.enum(['blocked', 'allowed', 'watched', 'observed', 'unmatched']),
        answer: z.enum(['nxdomain', 'nodata', 'refused', 'sinkhole']).optional(),
        rule: z.string().optional(),
      })
      .refine(
        ({ asks, meets }) => (asks === undefined) !== (meets === undefined),
        'needs either `asks` (a name) or `meets` (an address)',
      ),
  )
  .min(1, 'needs at least one');

type Case = z.output<typeof testFile>[number];

export function testCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('test'))
    .description(
      'check what clients get against a file of expectations; exits 1 where one does not hold',
    )
    .argument('<file>', 'a YAML list of {client, asks, gets, answer?, rule?}')
    .option('--json', 'print one JSON object a line')
    .action((file: string, flags: { policy: string; json?: true }) => {
      const { ruleset } = loadPolicy(flags.policy, Date.now());
      const { value, placeOf } = readYaml(file, readText(file), testFile);
      const results = value.map((wanted, i) => ({
        wanted,
        place: placeOf([i]),
        faults: faultsOf(ruleset, wanted),
      }));
      for (const result of results)
        output.write(`${flags.json ? asJson(result) : asText(result)}\n`);
      const failed = results.filter(({ faults }) => faults.length > 0).length;
      if (!flags.json) output.write(`${results.length - failed} passed, ${failed} failed\n`);
      if (failed > 0)
        throw new CommandFailure(`${failed} of ${results.length} expectations do not hold`);
    });
}

type Result = { readonly wanted: Case; readonly place: Place; readonly faults: readonly string[] };

function faultsOf(ruleset: Ruleset, { client, asks, meets, gets, answer, rule }: Case): string[] {
  const verdict = judge(
    ruleset,
    asks === undefined ? { client, address: meets as Address } : { client, name: asks },
  );
  const decided = verdict.kind === 'unmatched' ? undefined : verdict.rule;
  const given = verdict.kind === 'blocked' ? answerFor(ruleset, verdict.rule) : undefined;
  const by = decided ? ` by ${decided.id} (${formatPlace(decided.from)})` : '';
  return [
    ...(verdict.kind === gets ? [] : [`gets ${verdict.kind}${by}, not ${gets}`]),
    ...(answer === undefined || answer === given
      ? []
      : [`is answered ${given ?? 'as usual'}, not ${answer}`]),
    ...(rule === undefined || rule === decided?.id
      ? []
      : [`is decided${by || ' by no rule'}, not by ${rule}`]),
  ];
}

function asText({ wanted, place, faults }: Result): string {
  const { client, asks, meets, gets } = wanted;
  const what = forTerminal(asks ?? meets ?? '');
  if (faults.length === 0) return `ok    ${client} ${what}: ${gets}`;
  return [
    `FAIL  ${client} ${what} (${formatPlace(place)})`,
    ...faults.flatMap((fault) => wrap(forTerminal(fault), 74)).map((line) => `      ${line}`),
  ].join('\n');
}

function asJson({ wanted, place, faults }: Result): string {
  return JSON.stringify({ ...wanted, place, ok: faults.length === 0, faults });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageFailure(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}); name a file of expectations`,
      { cause: error },
    );
  }
}
