import { formatSearch } from '../../attempts/search/format.ts';
import { parseSearch } from '../../attempts/search/parse.ts';
import type { Term } from '../../attempts/search/search.ts';
import type { Name } from '../../policy/name.ts';
import { type Address, parseNetwork } from '../../policy/network.ts';

/** Searches in the language of `/`, as screens open each other with them. */

const clientTerm = (client: Address): Term => ({
  ...{ negated: false, field: 'client' },
  values: [{ kind: 'network', network: parseNetwork(client) }],
});

const serviceTerm = (service: string | undefined): Term => ({
  ...{ negated: false, field: 'service' },
  values: [service],
});

const nameTerm = (name: Name): Term => ({
  ...{ negated: false, field: 'name' },
  values: [{ name, scope: 'exact' }],
});

/** Everything of one client. */
export function ofClient(client: Address): string {
  return formatSearch({ terms: [clientTerm(client)] });
}

/** Everything of one client and one service, or of no service. */
export function ofClientAndService(client: Address, service: string | undefined): string {
  return formatSearch({ terms: [clientTerm(client), serviceTerm(service)] });
}

/** A search narrowed to one client; another one that it names gives way. */
export function narrowedToClient(search: string, client: Address, now: number): string {
  return narrowed(search, clientTerm(client), now);
}

/** A search narrowed to one name. */
export function narrowedToName(search: string, name: Name, now: number): string {
  return narrowed(search, nameTerm(name), now);
}

function narrowed(search: string, term: Term, now: number): string {
  const others = parseSearch(search, now).terms.filter(
    ({ field, negated }) => negated || field !== term.field,
  );
  return formatSearch({ terms: [...others, term] });
}
