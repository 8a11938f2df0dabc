import type { Delegation, Publication } from '../../records.ts';

/** A Terraform provider: how it names itself and how a delegation is written for it. */
export type Provider = {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly version: string;
  /** What it needs to know of a zone, once for each. */
  readonly variablesFor: (zone: string) => readonly string[];
  readonly resourcesFor: (delegation: Delegation, publication: Publication) => readonly string[];
};
