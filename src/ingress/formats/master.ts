import type { Delegation } from '../records.ts';
import { absolute } from './format.ts';

/** A record as a master file has it (RFC 1035 section 5): every name whole, every TTL said. */
export type MasterRecord = {
  readonly owner: string;
  readonly ttl: number;
  readonly type: 'NS' | 'DS';
  readonly data: string;
};

export function masterRecords({ domain, ttl, nameservers, ds }: Delegation): MasterRecord[] {
  const owner = absolute(domain);
  return [
    ...nameservers.map((target) => ({ owner, ttl, type: 'NS' as const, data: absolute(target) })),
    ...ds.map(({ keyTag, algorithm, digestType, digest }) => ({
      ...{ owner, ttl, type: 'DS' as const },
      data: `${keyTag} ${algorithm} ${digestType} ${digest}`,
    })),
  ];
}

/** The records as sets of one type, which is how APIs take them. */
export function recordSets(delegation: Delegation) {
  const records = masterRecords(delegation);
  return (['NS', 'DS'] as const).flatMap((type) => {
    const values = records.filter((record) => record.type === type).map(({ data }) => data);
    return values.length === 0 ? [] : [{ type, values }];
  });
}
