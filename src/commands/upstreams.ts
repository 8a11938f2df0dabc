import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Endpoint, UpstreamAddress } from '../policy/endpoint.ts';
import { parseAddress } from '../policy/network.ts';
import { CommandFailure } from './failure.ts';
import { systemUpstreams } from './system-upstreams.ts';

/** The resolvers to ask: those of the command line, else of the policy, else of this machine. */
export function upstreamsOf(
  given: readonly UpstreamAddress[] | undefined,
  written: readonly UpstreamAddress[],
  listen: readonly Endpoint[],
): readonly UpstreamAddress[] {
  if (given) return given;
  if (written.length > 0) return written;
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => parseAddress(address));
  const found = systemUpstreams(readIfThere('/etc/resolv.conf'), listen, own);
  if (found.length > 0) return found;
  throw new CommandFailure(
    'there is no resolver to ask: /etc/resolv.conf names none but this one; ' +
      'set resolver.upstreams in the policy or give --upstream ADDR:PORT',
  );
}

/** A file's text; none where it is not there. */
function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
