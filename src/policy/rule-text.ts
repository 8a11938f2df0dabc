import { formatPort } from './fields.ts';
import { formatPattern } from './pattern.ts';
import type { Rule, Target } from './ruleset.ts';

/** A target as people read it: `connect.*.ngrok-agent.com`, `198.51.100.0/24 443/tcp`, `list x.txt`. */
export function describeTarget(target: Target): string {
  if (target.kind === 'list') return `list ${target.list.file}`;
  if (target.kind === 'name') return formatPattern(target.pattern);
  return [target.network.text, ...target.ports.map(formatPort)].join(' ');
}

/** Each of a rule's client networks as text, or `everyone`. */
export function clientTexts({ clients }: Pick<Rule, 'clients'>): readonly string[] {
  return clients === 'everyone' ? ['everyone'] : clients.map(({ text }) => text);
}

/** All that a rule says, and nothing of where it stands. */
export function contentOf(rule: Rule): string {
  const { from, catalogue, target, clients, ...rest } = rule;
  const about = target.kind === 'list' ? target.list.digest : describeTarget(target);
  return JSON.stringify({ about, clients: clientTexts(rule), ...rest });
}
