// A million names from a list: how long they take to compile, how much memory, how fast they are judged.
//
//     node bench/policy.ts [COUNT]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge } from '../src/policy/judge.ts';
import { loadPolicy } from '../src/policy/load.ts';
import { type Name, parseName } from '../src/policy/name.ts';
import { parseAddress } from '../src/policy/network.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const QUESTIONS = 200_000;

const forms = [
  { form: 'plain', line: (name: string) => `${name}\n` },
  { form: 'hosts', line: (name: string) => `0.0.0.0 ${name}\n` },
  { form: 'adblock', line: (name: string) => `||${name}^\n` },
];

/** The same names on every run, as long and as deep as those of real lists. */
function nameAt(i: number): string {
  const mixed = Math.imul(i + 1, 2654435761) >>> 0;
  const host = mixed.toString(36);
  const zone = (mixed % 9973).toString(36);
  return i % 3 === 0 ? `${host}-shop${i}.example` : `${host}.cdn${i}.zone-${zone}.example`;
}

const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-bench-'));
try {
  const names = Array.from({ length: count }, (_, i) => nameAt(i));
  for (const { form, line } of forms) measure(form, names.map(line).join(''));
} finally {
  rmSync(folder, { recursive: true });
}

function measure(form: string, text: string): void {
  const policy = join(folder, 'policy.yaml');
  writeFileSync(join(folder, 'names.txt'), text);
  writeFileSync(
    policy,
    'organisation: { name: bench }\nservices: { others: block }\nlists: [{ file: names.txt }]\n',
  );
  const times: number[] = [];
  let loaded = loadPolicy(policy, Date.now());
  for (let round = 0; round < 3; round++) {
    const started = performance.now();
    loaded = loadPolicy(policy, Date.now());
    times.push(performance.now() - started);
  }
  const { ruleset, lists } = loaded;
  const client = parseAddress('192.0.2.1');
  const [list] = lists as [(typeof lists)[number]];
  console.log(`${form}: ${list.count} names of ${(text.length / 1e6).toFixed(1)} MB`);
  console.log(
    `  read and compile  ${Math.min(...times).toFixed(0)} ms (best of 3, catalogue included)`,
  );
  console.log(
    `  memory            ${(list.table.words.byteLength / list.count).toFixed(1)} bytes a name`,
  );
  const ask = (what: string, questions: readonly Name[]) => {
    const kinds = new Set(questions.map((name) => judge(ruleset, { client, name }).kind));
    const started = performance.now();
    for (const name of questions) judge(ruleset, { client, name });
    const each = ((performance.now() - started) * 1e6) / questions.length;
    console.log(`  ${what.padEnd(18)}${each.toFixed(0)} ns a name, ${[...kinds].join(' and ')}`);
  };
  const some = Array.from({ length: QUESTIONS }, (_, i) => (i * 7919) % count);
  ask(
    'judge, hit',
    some.map((i) => parseName(nameAt(i))),
  );
  ask(
    'judge, miss',
    some.map((i) => parseName(`www.${i.toString(36)}.elsewhere.test`)),
  );
  ask(
    'judge, catalogue',
    some.map((i) => parseName(`connect.r${i}.ngrok-agent.com`)),
  );
}
