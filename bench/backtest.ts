import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scanAttempts } from '../src/attempts/scan.ts';
import { openForReading } from '../src/attempts/store.ts';
import { replay } from '../src/backtest/replay.ts';
import { changesOf } from '../src/backtest/sums.ts';
import { loadPolicy } from '../src/policy/load.ts';
import { fillReviewDatabase } from './review-database.ts';

// How long a log of attempts is replayed under another policy.
//
//     node bench/backtest.ts [ROWS]
//
// The attempts of ninety days, so mixed that hardly two are alike: the worst there is to group. By the
// other policy half of the names are refused, and were not, or the other way round.

const rows = Number(process.argv[2] ?? 1_000_000);
const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const [database, policy] = [join(folder, 'attempts.db'), join(folder, 'policy.yaml')];
writeFileSync(
  policy,
  `organisation: { name: Example Corp }
block: [{ name: ngrok.example, clients: [10.0.0.0/9] }, zrok.example]
watch: [cloudflared.example]
`,
);

fillReviewDatabase(database, rows, Date.now());

const { ruleset } = loadPolicy(policy, Date.now());
const reading = openForReading(database);
const begin = performance.now();
const result = replay(scanAttempts(reading, { since: 0 }), ruleset);
const [refused, allowed] = changesOf(result.differences);
const seconds = (performance.now() - begin) / 1000;
reading.close();
console.log(
  `${rows} rows: ${seconds.toFixed(2)} s, ${refused.sum.attempts} newly refused, ` +
    `${allowed.sum.attempts} newly allowed, ${result.differences.length} differences, ` +
    `${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`,
);
