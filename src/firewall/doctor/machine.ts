import type { Machine } from './finding.ts';
import { parseListing } from './nft-filter.ts';

/** What a program of iptables saves; nothing where it does not run. */
export function saveOf({ run }: Machine, program: string): string {
  const ran = run({ argv: [program] });
  return ran.status === 0 ? ran.stdout : '';
}

/** All that nftables holds; nothing where it does not run. */
export function listing({ run }: Machine): ReturnType<typeof parseListing> {
  // Without elements: there may be a hundred thousand, and named sets are not looked into.
  const ran = run({ argv: ['nft', '-t', '-j', 'list', 'ruleset'] });
  return ran.status === 0 ? parseListing(ran.stdout) : [];
}
