import { labelsOf } from '../attempts/facts.ts';
import type { Incident } from '../attempts/incident/incident.ts';
import type { LabelledIncident } from '../attempts/incident/view.ts';
import type { Database } from '../attempts/store.ts';
import type { Screen } from '../attempts/table.ts';
import { ParseError } from '../policy/problem.ts';
import type { Pipe } from './pipe.ts';

/** What commands about incidents touch besides the database. */
export type Surroundings = {
  readonly stdout: Pipe;
  readonly stderr: Pipe;
  readonly env: { readonly NO_COLOR?: string | undefined };
  readonly now: () => number;
  /** Who acts. */
  readonly author: string;
};

/** Throws ParseError. */
export function parseIncidentId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new ParseError(`"${text}" is not the number of an incident, such as 12`);
}

export const noIncident = (id: number) =>
  `There is no incident ${id}; \`tunnelwarden incidents list --all\` lists them.\n`;

/** The incidents with what their clients are called. */
export function labelled(
  db: Database,
  incidents: readonly Incident[],
): readonly LabelledIncident[] {
  const labels = labelsOf(
    db,
    incidents.map(({ client }) => client),
  );
  return incidents.map((incident) => ({ ...incident, ...labels.get(incident.client) }));
}

export function screenOf({ stdout, env }: Pick<Surroundings, 'stdout' | 'env'>): Screen {
  return {
    width: (stdout.isTTY && stdout.columns) || 80,
    colour: stdout.isTTY === true && !env.NO_COLOR,
  };
}
