import { addressFromOctets } from '../../policy/network.ts';
import {
  type Act,
  type Incident,
  type IncidentState,
  SEVERITIES,
  type Trials,
} from './incident.ts';
import { WAYS } from './way.ts';

/** An incident as the table has it. */
export type IncidentRow = {
  readonly id: number;
  readonly client: Uint8Array;
  readonly service: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly ways: string;
  readonly severity: number;
  readonly state: IncidentState;
};

export const INCIDENT_COLUMNS = 'id, client, service, first, last, count, ways, severity, state';

export function incidentOf({ client, service, ways, severity, ...rest }: IncidentRow): Incident {
  return {
    ...rest,
    client: addressFromOctets(client),
    ...(service === '' ? {} : { service }),
    ways: waysFrom(ways),
    severity: SEVERITIES[severity] as Incident['severity'],
  };
}

/** `{"system-dns":[first,last,count,passed]}`, in the order of WAYS. */
export function waysText(ways: Incident['ways']): string {
  const entries = WAYS.flatMap((way) => {
    const trials = ways.get(way);
    if (trials === undefined) return [];
    const { first, last, count, passed } = trials;
    return [[way, [first, last, count, passed]]];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

function waysFrom(text: string): Incident['ways'] {
  const kept = JSON.parse(text) as Readonly<Record<string, readonly number[] | undefined>>;
  return new Map(
    WAYS.flatMap((way) => {
      const trials = kept[way];
      if (trials === undefined) return [];
      const [first, last, count, passed] = trials as [number, number, number, number];
      return [[way, { first, last, count, passed } satisfies Trials] as const];
    }),
  );
}

/** An act as the table has it. */
export type ActRow = {
  readonly id: number;
  readonly incident: number;
  readonly time: number;
  readonly author: string;
  readonly kind: Act['kind'];
  readonly note: string | null;
  readonly severity: number;
  readonly exception: number | null;
  readonly undoes: number | null;
};

export const ACT_COLUMNS = 'id, incident, time, author, kind, note, severity, exception, undoes';

export function actOf(row: ActRow): Act {
  const { id, time, author, kind, note, severity, exception, undoes } = row;
  return {
    ...{ id, time, author, kind },
    ...(note === null ? {} : { note }),
    severity: SEVERITIES[severity] as Act['severity'],
    ...(exception === null ? {} : { exception }),
    ...(undoes === null ? {} : { undoes }),
  };
}
