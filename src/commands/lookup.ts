import { CLASS, RCODE, TYPE } from '../dns/constants.ts';
import type { Forwarder } from '../dns/forward.ts';
import type { Lookup } from '../firewall/refresh.ts';

/** Looks names up as a client of ours would, but for the policy: what it blocks is what we ask for. */
export function createLookup(find: Forwarder['find']): Lookup {
  return async (name, family) => {
    const question = { name, type: family === 4 ? TYPE.A : TYPE.AAAA, class: CLASS.IN };
    const found = await find(question, { dnssecOk: false, checkingDisabled: false });
    if (found.kind !== 'fresh') return { kind: 'failed' };
    const { rcode, leads } = found.answer;
    const addresses = leads.flatMap(({ to }) => ('address' in to ? [to.address] : []));
    if (addresses.length > 0) return { kind: 'found', addresses };
    const isSaid = rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN;
    return { kind: isSaid ? 'none' : 'failed' };
  };
}
