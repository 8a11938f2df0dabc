import type { Address, Network } from '../../policy/network.ts';
import { octetsOfAddress } from '../../policy/network.ts';
import type { ServiceId } from '../../policy/service.ts';
import { type Condition, condition, isSingle, networkCondition } from '../filter.ts';
import type { IncidentState, Severity, Way } from './incident.ts';
import { rankOf } from './severity.ts';

/** Which incidents are meant: those to which all of it applies. */
export type IncidentFilter = {
  readonly client?: Network;
  /** Any of these; none of them is nobody. */
  readonly clients?: readonly Address[];
  readonly service?: ServiceId;
  /** What the service's id contains. */
  readonly serviceHolds?: string;
  readonly ids?: readonly number[];
  /** Any of these. */
  readonly states?: readonly IncidentState[];
  /** As severe as this, or more so. */
  readonly severity?: Severity;
  /** Any of these. */
  readonly severities?: readonly Severity[];
  /** Where one of these was taken. */
  readonly ways?: readonly Way[];
  /** Milliseconds since the epoch: not over before this time. */
  readonly since?: number;
  /** Begun before this time. */
  readonly until?: number;
  /** Also the stretches of no service: public resolvers, mostly asked by browsers. Counts at the top alone. */
  readonly loose?: true;
  /** Leaves out those to which all of one of these applies. */
  readonly not?: readonly IncidentFilter[];
};

/** The filter as a condition on the columns of `incidents`. */
export function incidentCondition(filter: IncidentFilter): Condition {
  const inner = innerCondition(filter);
  // Said as it stands in the partial indexes, which serve no query that does not say so.
  return filter.loose ? inner : { ...inner, sql: `service <> '' AND ${inner.sql}` };
}

function innerCondition(filter: IncidentFilter): Condition {
  const { client, clients, service, states, severity, ways, since, until, not = [] } = filter;
  const { ids, serviceHolds, severities } = filter;
  const parts = [
    client && networkCondition('client', client),
    clients && clientsCondition(clients),
    ids && condition('id IN (SELECT value FROM json_each(?))', JSON.stringify(ids)),
    service !== undefined && condition('service = ?', service),
    serviceHolds !== undefined && condition('instr(service, ?) > 0', serviceHolds),
    states && condition('state IN (SELECT value FROM json_each(?))', JSON.stringify(states)),
    severity !== undefined && condition('severity >= ?', rankOf(severity)),
    severities &&
      condition(
        'severity IN (SELECT value FROM json_each(?))',
        JSON.stringify(severities.map(rankOf)),
      ),
    ways &&
      condition(
        'EXISTS (SELECT 1 FROM json_each(ways) WHERE key IN (SELECT value FROM json_each(?)))',
        JSON.stringify(ways),
      ),
    since !== undefined && condition('last >= ?', since),
    until !== undefined && condition('first < ?', until),
    ...not.map(innerCondition).map(({ sql, values }) => condition(`NOT (${sql})`, ...values)),
  ].filter((part) => typeof part === 'object');
  return {
    sql: parts.length === 0 ? 'TRUE' : parts.map(({ sql }) => sql).join(' AND '),
    values: parts.flatMap(({ values }) => values),
  };
}

/** As one value, because there may be more clients than a statement has room for question marks. */
function clientsCondition(clients: readonly Address[]): Condition {
  const octets = clients.map((client) => Buffer.from(octetsOfAddress(client)).toString('hex'));
  return condition('client IN (SELECT unhex(value) FROM json_each(?))', JSON.stringify(octets));
}

/** True where the filter names clients one by one: few incidents, whatever else it says. */
export function isNarrow({ client, clients }: IncidentFilter): boolean {
  return clients !== undefined || (client !== undefined && isSingle(client));
}
