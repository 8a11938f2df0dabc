import { formatPort } from './fields.ts';
import { type Network, parseNetwork } from './network.ts';
import type { Scope } from './policy.ts';
import type { Place, Problem } from './problem.ts';
import type { Rule } from './ruleset.ts';
import type { Port } from './service.ts';

/** Takes note of a fault, or of a warning, in what the admin wrote. */
export type Fault = (
  place: Place,
  path: string,
  message: string,
  severity?: Problem['severity'],
) => void;

/** Every address: the targets of rules that are about ports alone. */
export const EVERYWHERE = [parseNetwork('0.0.0.0/0'), parseNetwork('::/0')];

/** A network and its ports as the id of a rule has them: `198.51.100.0/24:443/tcp`. */
export function networkText({ text }: Network, ports: readonly Port[]): string {
  return [text, ...ports.map(formatPort)].join(':');
}

/** For whom a scope speaks, what its rules' ids end in, and how paths into it begin. */
export function scopeParts(scope: Scope): {
  clients: Rule['clients'];
  suffix: string;
  path: string;
} {
  if (!scope.group) return { clients: 'everyone', suffix: '', path: '' };
  const { id, networks } = scope.group;
  return { clients: networks, suffix: `@${id}`, path: `clients.${id}.` };
}

/** What an admin may have meant by an id that nobody knows. */
export function hintFor(id: string, known: readonly string[]): string {
  const near = known.filter((other) => other.includes(id) || id.includes(other));
  return near.length > 0
    ? `did you mean ${near.join(' or ')}?`
    : '`tunnelwarden services` lists them';
}
