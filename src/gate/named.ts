import { type Name, parseDomain } from '../policy/name.ts';
import { ParseError } from '../policy/problem.ts';
import type { Beginning } from './event.ts';
import type { Opening } from './opening.ts';

/** The name that a client came for, as far as its opening says; none for an address. */
export function namedBy(opening: Beginning): Name | undefined {
  if (opening.kind === 'tls') return opening.hello.serverName;
  return opening.kind === 'http' ? nameOfHost(hostOf(opening)) : undefined;
}

/** What a proxy is asked for stands in the target and outweighs the Host field (RFC 9112 section 3.2). */
function hostOf({ method, target, host }: Extract<Opening, { kind: 'http' }>): string | undefined {
  if (method === 'CONNECT') return target;
  return /^https?:\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(target)?.[1] ?? host;
}

function nameOfHost(host: string | undefined): Name | undefined {
  try {
    return host === undefined ? undefined : parseDomain(host.replace(/:\d*$/, ''));
  } catch (error) {
    // An address, or nothing that could be a name.
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}
