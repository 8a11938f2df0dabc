import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type AddressBook, parseBook } from '../firewall/addressbook.ts';
import type { Artifact, Backend, Plan } from '../firewall/backend.ts';
import { BACKENDS } from '../firewall/backends/index.ts';
import type { Listed } from '../firewall/names.ts';
import { createPlanner } from '../firewall/plan.ts';
import type { FirewallSettings } from '../policy/firewall.ts';
import { listedNames } from '../policy/list.ts';
import { type Loaded, loadPolicy } from '../policy/load.ts';
import { UsageFailure } from './failure.ts';

/** What is said on the command line instead of in the policy. */
export type FirewallFlags = Partial<FirewallSettings>;

/** The files of a format for a policy, and the plan they print. Throws InputError and UsageFailure. */
export function artifactsFor(
  policyFile: string,
  format: string,
  flags: FirewallFlags = {},
): Printed {
  // A format nobody knows is told before a policy is read.
  const backend = backendOf(format);
  return print(loadPolicy(policyFile, Date.now()), backend, flags);
}

export type Printed = { readonly artifacts: readonly Artifact[]; readonly plan: Plan };

/** The same for a policy that is read already. */
export function print(loaded: Loaded, backend: Backend, flags: FirewallFlags = {}): Printed {
  return createPrinter(loaded, flags)(backend);
}

/** The same for several formats of one policy: it is thought through once. */
export function createPrinter(
  loaded: Loaded,
  flags: FirewallFlags = {},
): (backend: Backend) => Printed {
  const { policy, ruleset } = loaded;
  const settings = { ...policy.firewall, ...flags };
  const book = readBook(policy.file, settings.book);
  const planFor = createPlanner({ ruleset, settings, book, listed: readListed(loaded) });
  return (backend) => {
    if (backend.enforces.includes('packets') && settings.lan.length === 0) {
      throw new UsageFailure(
        `${backend.id} needs to know where your clients are: set firewall.lan in ${policy.file}, or give --lan INTERFACE`,
      );
    }
    const plan = planFor(backend);
    return { plan, artifacts: backend.print(plan) };
  };
}

export function backendOf(format: string): Backend {
  const backend = BACKENDS.find(({ id }) => id === format);
  if (backend) return backend;
  const near = BACKENDS.filter(({ id }) => id.includes(format) || format.includes(id));
  const hint = near.length > 0 ? `did you mean ${near.map(({ id }) => id).join(' or ')}?` : '';
  throw new UsageFailure(
    `"${format}" is not a format; ${hint || '`tunnelwarden generate --list` tells of them'}`,
  );
}

/** The names of the policy's lists, which a ruleset keeps as hashes only. */
function readListed({ policy, ruleset }: Loaded): Listed {
  const wanted = new Set(
    ruleset.rules.flatMap(({ target, id }) => (target.kind === 'list' ? [id] : [])),
  );
  return new Map(
    policy.lists.flatMap(({ file }) => {
      const id = `list/${file}`;
      if (!wanted.has(id)) return [];
      return [[id, listedNames(readFileSync(resolve(dirname(policy.file), file)))] as const];
    }),
  );
}

/** What was looked up last; nothing where nobody has looked yet. */
function readBook(policyFile: string, book: string): AddressBook {
  const file = resolve(dirname(policyFile), book);
  return existsSync(file) ? parseBook(file, readFileSync(file, 'utf8')) : { names: new Map() };
}
