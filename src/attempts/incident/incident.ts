import type { Address } from '../../policy/network.ts';
import type { ServiceId } from '../../policy/service.ts';
import type { Via } from '../step.ts';

/**
 * The ways that an incident's attempts took: those of an agent, as stories call them, and what is no
 * agent's: a visit to a tunnel's public name, a download, an update, the service's own pages.
 */
export type Way = Via | 'endpoint' | 'download' | 'update' | 'admin';

/** All tries of one way. Times in milliseconds since the epoch. */
export type Trials = {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** How many of them were not refused. */
  readonly passed: number;
};

/**
 * What was seen of one client and one service in one stretch of time. `service` is missing where a way
 * round is no known service's (a public resolver): such a stretch is kept, but is no tunnel by itself.
 */
export type IncidentFacts = {
  readonly client: Address;
  readonly service?: ServiceId;
  readonly first: number;
  readonly last: number;
  readonly ways: ReadonlyMap<Way, Trials>;
};

/** How much a person should care, the least first. */
export const SEVERITIES = ['info', 'low', 'medium', 'high'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Why an incident is as severe as it is; `text` is a sentence for people. */
export type Reason = { readonly severity: Severity; readonly text: string };

/** `reopened` was acknowledged, excepted or closed, and what came since asks for another look. */
export const INCIDENT_STATES = ['new', 'reopened', 'acknowledged', 'excepted', 'closed'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** What a person did about an incident. Never changed and never removed: `undo` takes one back. */
export type Act = {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly author: string;
  readonly kind: 'acknowledge' | 'close' | 'reopen' | 'except' | 'note' | 'undo';
  readonly note?: string;
  /** How severe it was then. */
  readonly severity: Severity;
  /** Of `except`: the exception. */
  readonly exception?: number;
  /** Of `undo`: the act that is taken back. */
  readonly undoes?: number;
};

/** An incident as it is kept and shown. */
export type Incident = IncidentFacts & {
  readonly id: number;
  readonly count: number;
  readonly severity: Severity;
  readonly state: IncidentState;
};
