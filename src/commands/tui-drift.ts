import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markFor } from '../firewall/apply/apply.ts';
import { LOADERS } from '../firewall/apply/loaders.ts';
import { runProgram } from '../firewall/apply/run.ts';
import { STATE_DIRECTORY } from '../firewall/apply/state.ts';
import { type Standing, statusOf } from '../firewall/apply/status.ts';
import type { Backend } from '../firewall/backend.ts';
import { lastingPlan } from '../firewall/lasting.ts';
import type { Loaded } from '../policy/load.ts';
import type { Drift } from '../tui/source.ts';
import { failing, requestOf, siteAt } from './apply-site.ts';
import { print } from './artifacts.ts';

const MEANING: Readonly<Record<Standing, readonly [state: Drift['state'], summary: string]>> = {
  absent: ['absent', 'No rules of ours are loaded: `tunnelwarden apply` loads them.'],
  awaiting: ['differs', 'Loaded, and taken back unless `tunnelwarden confirm` follows.'],
  altered: ['differs', 'Somebody has changed what `apply` loaded: apply again.'],
  outdated: ['differs', 'The policy yields other rules than those that are loaded: apply again.'],
  'in-sync': ['same', 'Loaded, as the policy says.'],
};

/** What the packet filter holds against what the policy yields now; `state` is where `apply` keeps its way back. */
export function driftOf(loaded: Loaded, backend: Backend, state = STATE_DIRECTORY): Drift {
  if (!LOADERS.some(({ format }) => format === backend.id)) {
    const summary = `What ${backend.title} holds cannot be seen from here: it is loaded by hand.`;
    return { state: 'unknown', summary, diff: [] };
  }
  try {
    const site = siteAt(state);
    const { artifacts, plan } = print(loaded, backend);
    const lasting = backend.print(lastingPlan(plan));
    const wanted = markFor(site, requestOf(backend.id, { artifacts, plan, lasting }));
    const { standing } = failing(() => statusOf(site, backend.id, wanted));
    const [verdict, summary] = MEANING[standing];
    const isShown =
      backend.id === 'nftables' && (standing === 'altered' || standing === 'outdated');
    return { state: verdict, summary, diff: isShown ? nftDiff(artifacts[0]?.text ?? '') : [] };
  } catch (error) {
    return { state: 'unknown', summary: (error as Error).message, diff: [] };
  }
}

const LIST = ['nft', '-s', 'list', 'table', 'inet', 'tunnelwarden'] as const;

/**
 * What is loaded, and what would be, as the kernel tells of both: the wanted rules are loaded in a network
 * namespace that is gone with the process. Nothing where that cannot be done.
 */
function nftDiff(text: string): readonly string[] {
  const held = runProgram({ argv: [...LIST] });
  const script = `nft -f - && ${LIST.join(' ')}`;
  const wanted = runProgram({ argv: ['unshare', '-n', 'sh', '-c', script], input: text });
  if (held.status !== 0 || wanted.status !== 0) return [];
  const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-'));
  try {
    const [before, after] = [join(folder, 'loaded'), join(folder, 'policy')];
    writeFileSync(before, comparable(held.stdout), { mode: 0o600 });
    writeFileSync(after, comparable(wanted.stdout), { mode: 0o600 });
    const labels = ['--label', 'loaded', '--label', 'policy'] as const;
    const { stdout } = runProgram({ argv: ['diff', '-u', ...labels, before, after] });
    return stdout.split('\n').slice(0, -1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * A listing without what comes and goes: the elements of sets with timeouts, which `serve` feeds, and the
 * chain in which `apply` notes what it has loaded.
 */
function comparable(listing: string): string {
  const kept: string[] = [];
  let isLive = false;
  let isElements = false;
  for (const one of listing.split('\n')) {
    if (/^\tset /.test(one)) isLive = false;
    if (/^\t\tflags .*\btimeout\b/.test(one)) isLive = true;
    if (isLive && /^\t\telements = /.test(one)) isElements = true;
    if (!isElements) kept.push(one);
    if (one.endsWith('}')) isElements = false;
  }
  return kept.join('\n').replace(/\n\n\tchain tw_applied \{[^}]*\}/, '');
}
