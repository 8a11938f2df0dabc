import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type AddressBook, parseBook } from '../firewall/addressbook.ts';
import type { Artifact, Backend, Plan } from '../firewall/backend.ts';
import { BACKENDS } from '../firewall/backends/index.ts';
import type { Listed } from '../firewall/names.ts';
import { plan } from '../firewall/plan.ts';
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
): { readonly artifacts: readonly Artifact[]; readonly plan: Plan; readonly backend: Backend } {
  const backend = backendOf(format);
  return { ...print(loadPolicy(policyFile, Date.now()), backend, flags), backend };
}

/** The same for a policy that is read already. */
export function print(
  loaded: Loaded,
  backend: Backend,
  flags: FirewallFlags = {},
): { readonly artifacts: readonly Artifact[]; readonly plan: Plan } {
  const { policy, ruleset } = loaded;
  const settings = { ...policy.firewall, ...flags };
  if (backend.enforces.includes('packets') && settings.lan.length === 0) {
    throw new UsageFailure(
      `${backend.id} needs to know where your clients are: set firewall.lan in ${policy.file}, or give --lan INTERFACE`,
    );
  }
  const made = plan(
    { ruleset, settings, book: readBook(policy.file, settings.book), listed: readListed(loaded) },
    backend,
  );
  return { plan: made, artifacts: backend.print(made) };
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
