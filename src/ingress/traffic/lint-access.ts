import { parseNetwork } from '../../policy/network.ts';
import { ParseError } from '../../policy/problem.ts';
import type { YamlNode } from '../../policy/yaml-tree.ts';
import { notPublic } from '../public-network.ts';
import type { Report } from './finding.ts';
import type { LintedAction } from './lint-rule.ts';
import { OWN_APP_ONLY } from './providers.ts';

/** Actions that let people in or keep them out, and settings of theirs that undo it. */
export function lintAccess(action: LintedAction, report: Report): void {
  if (action.type === 'oauth') ownApp(action, report);
  if (action.type === 'restrict-ips') networks(action, report);
  const enforce = fieldOf(action, 'enforce');
  if (enforce?.kind === 'scalar' && enforce.value === false) {
    const path = [...action.path, 'config', 'enforce'];
    const message = `is false, so ${action.type} refuses nobody; remove it once you have watched enough`;
    report('not-enforced', enforce.place, path, message, 'warning');
  }
}

/** An OAuth app is ngrok's own, which takes no settings, or the organisation's, which needs both halves. */
function ownApp(action: LintedAction, report: Report): void {
  const fault = (key: string, message: string, node?: YamlNode) =>
    report('oauth-app', node?.place ?? action.place, [...action.path, 'config', key], message);
  const id = fieldOf(action, 'client_id');
  const secret = fieldOf(action, 'client_secret');
  if (id && !secret) fault('client_secret', 'is missing beside client_id; add it', id);
  if (secret && !id) fault('client_id', 'is missing beside client_secret; add it', secret);
  if (id || secret) return;
  const provider = fieldOf(action, 'provider');
  if (provider?.kind === 'scalar' && OWN_APP_ONLY.includes(String(provider.value))) {
    const message = `is missing: ngrok has no app of its own at ${provider.value}; add yours with client_secret`;
    fault('client_id', message, provider);
  }
  const scopes = fieldOf(action, 'scopes');
  if (scopes)
    fault(
      'scopes',
      'need an app of your own; add client_id and client_secret, or remove them',
      scopes,
    );
}

function networks(action: LintedAction, report: Report): void {
  const path = [...action.path, 'config'];
  const lists = ['allow', 'deny', 'ip_policies'].map((key) => fieldOf(action, key));
  if (
    lists.every((list) => list === undefined || (list.kind === 'list' && list.items.length === 0))
  ) {
    report(
      'restricts-nothing',
      action.place,
      path,
      'names no network; add allow, deny or ip_policies',
    );
    return;
  }
  const [allow] = lists;
  if (allow?.kind !== 'list') return;
  for (const [i, item] of allow.items.entries()) {
    const reason = item.kind === 'scalar' ? reasonOf(String(item.value)) : undefined;
    if (reason)
      report(
        'not-public',
        item.place,
        [...path, 'allow', i],
        `${reason}; write that one`,
        'warning',
      );
  }
}

function reasonOf(text: string): string | undefined {
  try {
    const network = parseNetwork(text);
    return network.length === 0 ? undefined : notPublic(network);
  } catch (error) {
    // Told already where networks are read.
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** A field of an action's config. */
function fieldOf({ config }: LintedAction, key: string): YamlNode | undefined {
  return config?.kind === 'map'
    ? config.entries.find((entry) => entry.key === key)?.value
    : undefined;
}
