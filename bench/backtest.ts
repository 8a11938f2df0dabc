import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gain } from '../src/attempts/fold.ts';
import { prepareSave } from '../src/attempts/save.ts';
import { openForReading, openForWriting } from '../src/attempts/store.ts';
import { tallyAttempts } from '../src/attempts/tallies.ts';
import { replay } from '../src/backtest/replay.ts';
import { changesOf } from '../src/backtest/sums.ts';
import { loadPolicy } from '../src/policy/load.ts';
import { parseName } from '../src/policy/name.ts';
import { parseAddress } from '../src/policy/network.ts';

// How long a log of attempts is replayed under another policy.
//
//     node bench/backtest.ts [ROWS]
//
// 2000 clients and 5000 names, so mixed that hardly two rows are alike: the worst there is to group.

const rows = Number(process.argv[2] ?? 1_000_000);
const START = Date.UTC(2026, 0, 1);
const DOORS = ['connect.ngrok-agent.com', 'tunnel.ngrok.com', 'argotunnel.com', 'localtunnel.me'];

const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const [database, policy] = [join(folder, 'attempts.db'), join(folder, 'policy.yaml')];
writeFileSync(
  policy,
  `organisation: { name: Example Corp }
services: { ngrok: block, others: watch }
allow: [{ name: host7.ngrok-agent.com, clients: [10.1.0.0/20] }]
`,
);

function gainAt(i: number): Gain {
  const scattered = (i * 2_654_435_761) % 2 ** 32;
  const door = DOORS[i % 4] as string;
  const client = scattered % 2000;
  const first = START + i * 1000;
  return {
    attempt: {
      time: first,
      client: parseAddress(`10.1.${client >>> 8}.${client % 256}`),
      ...({ point: 'resolver', transport: 'udp', type: 'A', role: 'session' } as const),
      name: parseName(`host${(scattered >>> 8) % 1250}.${door}`),
      rule: `x/session/${door}`,
      service: door.includes('ngrok') ? 'ngrok' : 'other',
      ...({ verdict: i % 3 === 0 ? 'watched' : 'blocked', answer: 'nxdomain' } as const),
    },
    ...{ first, last: first, count: 1, row: { id: undefined } },
  };
}

const db = openForWriting(database);
const save = prepareSave(db);
for (let i = 0; i < rows; i += 1000) {
  save(Array.from({ length: Math.min(1000, rows - i) }, (_, k) => gainAt(i + k)));
}
db.close();

const { ruleset } = loadPolicy(policy, START);
const reading = openForReading(database);
const begin = performance.now();
const result = replay(tallyAttempts(reading, { since: START }), ruleset);
const [refused, allowed] = changesOf(result.differences);
const seconds = (performance.now() - begin) / 1000;
reading.close();
console.log(
  `${rows} rows: ${seconds.toFixed(2)} s, ${refused.sum.attempts} newly refused, ` +
    `${allowed.sum.attempts} newly allowed, ${result.differences.length} differences, ` +
    `${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`,
);
