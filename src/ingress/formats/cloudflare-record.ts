import { printable } from '../../text.ts';
import type { Delegation, Publication } from '../records.ts';

/** What Cloudflare takes on every plan: seconds, and characters of a comment. */
const [MIN_TTL, MAX_TTL] = [60, 86_400];
const MAX_COMMENT = 100;

/** A record as Cloudflare has it: names without a final dot, each record by itself. */
export type CloudflareRecord = {
  readonly type: 'NS' | 'DS';
  readonly name: string;
  readonly ttl: number;
  readonly comment: string;
} & (
  | { readonly content: string }
  | {
      readonly data: {
        readonly key_tag: number;
        readonly algorithm: number;
        readonly digest_type: number;
        readonly digest: string;
      };
    }
);

export function cloudflareRecords(
  { organisation }: Publication,
  { domain, ttl, nameservers, ds }: Delegation,
): readonly CloudflareRecord[] {
  const kept = Math.min(Math.max(ttl, MIN_TTL), MAX_TTL);
  const comment = `tunnelwarden: custom ingress of ${printable(organisation)}`.slice(
    0,
    MAX_COMMENT,
  );
  const shared = { name: domain, ttl: kept, comment };
  return [
    ...nameservers.map((content) => ({ type: 'NS' as const, ...shared, content })),
    ...ds.map(({ keyTag, algorithm, digestType, digest }) => ({
      type: 'DS' as const,
      ...shared,
      data: { key_tag: keyTag, algorithm, digest_type: digestType, digest },
    })),
  ];
}
