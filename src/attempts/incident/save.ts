import type { Gain } from '../fold.ts';
import type { Database } from '../store.ts';
import type { IncidentChange } from './change.ts';

/** Prepares the folding of gains into incidents, inside the transaction that stores them. */
export function prepareIncidents(
  _db: Database,
): (gains: readonly Gain[]) => readonly IncidentChange[] {
  return () => [];
}
