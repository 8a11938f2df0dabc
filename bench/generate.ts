// Every format for a policy of 100,000 names and 100,000 addresses: seconds of CPU time and of the
// clock, size of the files, and the peak of the process's memory.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrinter } from '../src/commands/artifacts.ts';
import type { Artifact } from '../src/firewall/backend.ts';
import { BACKENDS } from '../src/firewall/backends/index.ts';
import { loadPolicy } from '../src/policy/load.ts';

const COUNT = Number(process.argv[2] ?? 100_000);

const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const names = Array.from({ length: COUNT }, (_, i) => `t${i}.${i % 977}.example.net`);
writeFileSync(join(folder, 'list.txt'), `${names.join('\n')}\n`);
const addresses = Array.from({ length: COUNT }, (_, i) =>
  i % 4 === 0
    ? `'2001:db8:${(i >> 16).toString(16)}::${(i & 0xffff).toString(16)}'`
    : `11.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
);
writeFileSync(
  join(folder, 'policy.yaml'),
  `organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block, others: block }
bypass: { resolvers: block }
lists: [{ file: list.txt }]
firewall: { lan: [lan0], gate: 9443 }
block:
${addresses.map((text) => `  - ${text}`).join('\n')}
`,
);

/** Without making one text of those that come in blocks. */
function sizeOf(artifact: Artifact): number {
  const { blocks } = artifact;
  if (!blocks) return artifact.text.length;
  return blocks.reduce((sum, block) => sum + block.length + 1, -1);
}

function measure<T>(label: string, work: () => T): T {
  const [cpu, clock] = [process.cpuUsage(), performance.now()];
  const result = work();
  const { user, system } = process.cpuUsage(cpu);
  const size = Array.isArray(result)
    ? result.reduce((sum, artifact) => sum + sizeOf(artifact), 0)
    : 0;
  console.log(
    `${label.padEnd(12)} ${((user + system) / 1e6).toFixed(2).padStart(6)} s CPU` +
      ` ${((performance.now() - clock) / 1000).toFixed(2).padStart(6)} s` +
      (size > 0 ? ` ${(size / 1e6).toFixed(1).padStart(6)} MB` : ''),
  );
  return result;
}

const start = performance.now();
const loaded = measure('load', () => loadPolicy(join(folder, 'policy.yaml'), Date.now()));
const read = performance.now();
const print = measure('prepare', () => createPrinter(loaded));
for (const backend of BACKENDS) measure(backend.id, () => print(backend).artifacts);
const end = performance.now();
console.log(
  `all formats ${((end - read) / 1000).toFixed(1)} s, with reading ${((end - start) / 1000).toFixed(1)} s,` +
    ` memory at most ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
);
