import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Argument, Option } from 'commander';
import { Refused, type Request, type Site } from '../firewall/apply/apply.ts';
import { StepFailure } from '../firewall/apply/loader.ts';
import { LOADERS, loaderOf, usualFormat } from '../firewall/apply/loaders.ts';
import { runProgram } from '../firewall/apply/run.ts';
import { Busy, openState, STATE_DIRECTORY, StateFailure } from '../firewall/apply/state.ts';
import type { Artifact } from '../firewall/backend.ts';
import { lastingPlan } from '../firewall/lasting.ts';
import { forTerminal } from '../text.ts';
import { CommandFailure, UsageFailure } from './failure.ts';

/** Prints a policy in a format. */
export type ArtifactsFor = (policyFile: string, format: string) => Printed | Promise<Printed>;
type Printed = {
  readonly artifacts: readonly Artifact[];
  readonly plan: { readonly digest: string };
  readonly lasting?: readonly Artifact[];
};

/** What is asked of `apply` and compared by `status`. */
export function requestOf(format: string, { artifacts, plan, lasting }: Printed): Request {
  return { format, artifacts, digest: plan.digest, ...(lasting ? { lasting } : {}) };
}

/** As `generate` does; loaded only when it is needed, as it is most of the program. */
export const artifactsOfPolicy: ArtifactsFor = async (policyFile, format) => {
  const { artifactsFor, backendOf } = await import('./artifacts.ts');
  const { artifacts, plan } = artifactsFor(policyFile, format);
  return { artifacts, plan, lasting: backendOf(format).print(lastingPlan(plan)) };
};

export const stateOption = () =>
  new Option('--state <directory>', 'where the way back is kept').default(STATE_DIRECTORY);

export const formatArgument = () =>
  new Argument(
    '[format]',
    'nftables, iptables, pf-openbsd or pf-freebsd; the one in use, or nftables',
  );

export function siteAt(directory: string): Site {
  return {
    run: runProgram,
    store: openState(resolve(directory)),
    loaderOf,
    now: () => new Date(),
    boot,
  };
}

/** Which start of the machine this is: rules do not outlive it, and neither does a wait. */
function boot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return ''; // no such file on BSD
  }
}

export function formatOf(word: string | undefined, site: Site): string {
  const format = word ?? site.store.read().loaded?.format ?? usualFormat(process.platform);
  if (LOADERS.some((loader) => loader.format === format)) return format;
  const known = LOADERS.map((loader) => loader.format).join(', ');
  throw new UsageFailure(`"${format}" is not a format that can be applied; there are ${known}`);
}

/** Does the work, and turns what ordinarily goes wrong with it into a message. */
export function failing<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw failureFor(error);
  }
}

function failureFor(error: unknown): unknown {
  if (error instanceof StepFailure) {
    const lines = error.message.split('\n').map(forTerminal).join('\n');
    return new CommandFailure(
      /Operation not permitted|must be root|Permission denied/.test(lines)
        ? `${lines}\nThis needs root, or CAP_NET_ADMIN.`
        : lines,
      { cause: error },
    );
  }
  if (error instanceof Refused || error instanceof Busy || error instanceof StateFailure)
    return new CommandFailure(error.message, { cause: error });
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new CommandFailure(
      `${path ?? 'the state directory'} cannot be written: ${code}; this needs root, or --state`,
      { cause: error },
    );
  return error;
}
