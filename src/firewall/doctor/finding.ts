import type { Run } from '../apply/loader.ts';

/**
 * - breaks: clients get by, or are cut off
 * - weakens: holds now, and some ordinary event ends it
 * - note: worth knowing
 */
export type Severity = 'breaks' | 'weakens' | 'note';

export type Finding = {
  /** Stable, for scripts. */
  readonly id: string;
  readonly severity: Severity;
  readonly text: string;
  readonly remedy: string;
};

/** How a machine is looked at. */
export type Machine = {
  readonly run: Run;
  /** Undefined where there is none, or it may not be read. */
  readonly readFile: (path: string) => string | undefined;
  /** This machine's addresses. */
  readonly addresses: () => readonly string[];
};

/** What the rules of the policy rely on. */
export type Needs = {
  readonly format: string;
  readonly programs: readonly string[];
  readonly lan: readonly string[];
  /** Questions are captured and answered on this machine. */
  readonly resolver: boolean;
  /** Ports that connections to the gate come in by; none without a gate. */
  readonly gate: readonly number[];
  readonly refuser?: { readonly port: number; readonly addresses: readonly string[] };
  readonly transparent: boolean;
};

export type Check = (machine: Machine, needs: Needs) => readonly Finding[];
