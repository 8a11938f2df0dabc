import type { StoredAttempt } from '../attempts/attempt.ts';
import type { StoredException } from '../attempts/exceptions.ts';
import type { Act, Incident, Reason } from '../attempts/incident/incident.ts';
import type { Minute, ServiceEvent, ServiceState } from '../attempts/note.ts';
import type { Cursor, Group } from '../attempts/query.ts';
import type { Step as StoryStep } from '../attempts/story.ts';
import type { Fact } from '../identity/fact.ts';
import type { Address } from '../policy/network.ts';

/**
 * All that the UI can ask, with what it gets. Each is answered by a database, a policy or the machine;
 * the UI knows nothing of either. `search` is in the language of `/`.
 */
export type Questions = {
  overview: { readonly ask: object; readonly answer: Overview };
  incidents: {
    readonly ask: {
      readonly search: string;
      readonly order: IncidentOrder;
      readonly behind?: KnownIncident;
      readonly limit: number;
    };
    readonly answer: Page<KnownIncident>;
  };
  incident: {
    readonly ask: { readonly id: number };
    readonly answer: IncidentDetail | undefined;
  };
  attempts: {
    readonly ask: {
      readonly search: string;
      readonly behind?: Cursor;
      readonly limit: number;
    };
    readonly answer: Page<KnownAttempt> & {
      /** Where there may be more, but nobody has looked further back than this yet. */
      readonly searchedTo?: number;
    };
  };
  clients: {
    readonly ask: {
      readonly search: string;
      readonly behind?: ClientRow;
      readonly limit: number;
    };
    readonly answer: Page<ClientRow>;
  };
  client: { readonly ask: { readonly address: Address }; readonly answer: ClientDetail };
  exceptions: { readonly ask: object; readonly answer: readonly StoredException[] };
  /** Values to complete `field:` with, those used most first. */
  values: {
    readonly ask: { readonly field: string; readonly prefix: string };
    readonly answer: readonly string[];
  };
  /** Where any of these has no policy to look at, the answer is a failure that says how to name one. */
  policy: { readonly ask: object; readonly answer: PolicyView };
  explain: {
    readonly ask: { readonly subject: string; readonly client: string };
    readonly answer: readonly Text[];
  };
  records: {
    readonly ask: { readonly domain: string; readonly format: string };
    readonly answer: RecordsView;
  };
  verify: { readonly ask: { readonly domain: string }; readonly answer: readonly Check[] };
  artifact: { readonly ask: { readonly backend: string }; readonly answer: ArtifactView };
  /** What the packet filter holds against what was generated. */
  drift: { readonly ask: { readonly backend: string }; readonly answer: Drift };
  closure: { readonly ask: object; readonly answer: readonly ClosureChain[] };
};

export type QuestionKind = keyof Questions;
export type Question = {
  [K in QuestionKind]: { readonly kind: K } & Questions[K]['ask'];
}[QuestionKind];
export type Answer = Questions[QuestionKind]['answer'];
export type AnswerTo<K extends QuestionKind> = Questions[K]['answer'];

export type Page<Row> = { readonly rows: readonly Row[]; readonly isAll: boolean };

/** A line of text with what it is to its reader. */
export type Text = {
  readonly text: string;
  readonly tone?: 'dim' | 'strong' | 'good' | 'warn' | 'bad' | 'note';
};

/** `newest` by when they began, `severest` first those that matter most, `latest` by when they were last seen. */
export type IncidentOrder = 'newest' | 'severest' | 'latest';

/** What a client is best called, and its team, where anything is known. */
export type Known = { readonly label?: string; readonly team?: string };

export type KnownIncident = Incident & Known;
export type KnownAttempt = StoredAttempt & Known;

export type IncidentDetail = {
  readonly incident: KnownIncident;
  readonly reasons: readonly Reason[];
  readonly facts: readonly Fact[];
  /** The oldest first. */
  readonly acts: readonly Act[];
  readonly steps: readonly StoryStep[];
  /** The newest first, some of them. */
  readonly attempts: readonly StoredAttempt[];
  readonly exceptions: readonly StoredException[];
};

export type Overview = {
  readonly states: readonly { readonly time: number; readonly state: ServiceState }[];
  /** The last hours, the oldest first; those in which nothing ran are missing. */
  readonly minutes: readonly Minute[];
  /** Incidents nobody has looked at, by severity. */
  readonly open: Readonly<Record<Incident['severity'], number>>;
  /** The worst of them, at most five. */
  readonly worst: readonly KnownIncident[];
  /** Of the last 24 hours, in attempts. */
  readonly topClients: readonly (Group & Known)[];
  readonly topServices: readonly Group[];
  /** The newest first. */
  readonly changes: readonly Change[];
  /** Exceptions in force. */
  readonly exceptions: number;
  /** The day the catalogue's names were last checked, the oldest of them; none without a policy. */
  readonly catalogue?: { readonly oldest: string; readonly services: number };
};

export type Change = {
  readonly time: number;
  readonly text: string;
  readonly tone?: ServiceEvent['level'];
};

export type ClientRow = Known & {
  readonly client: Address;
  readonly incidents: number;
  /** Of them those that are new or reopened. */
  readonly open: number;
  readonly attempts: number;
  readonly services: readonly string[];
  readonly last: number;
};

export type ClientDetail = {
  readonly facts: readonly Fact[];
  readonly incidents: readonly KnownIncident[];
  readonly names: readonly Group[];
};

export type PolicyView = {
  readonly file: string;
  readonly mode: string;
  readonly digest: string;
  readonly rules: number;
  readonly ingress: readonly { readonly domain: string; readonly service: string }[];
  readonly warnings: readonly string[];
  readonly services: readonly {
    readonly id: string;
    readonly title: string;
    /** What is done with what its agents dial, in the policy's word; `-` for nothing. */
    readonly action: string;
    readonly names: number;
    /** The day its names were checked. */
    readonly checked: string;
  }[];
  /** What firewall artifacts can be made, and records formats. */
  readonly backends: readonly { readonly id: string; readonly title: string }[];
  readonly formats: readonly string[];
};

export type RecordsView = {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly notes: readonly string[];
};

export type Check = {
  readonly state: 'good' | 'warn' | 'bad' | 'unknown';
  readonly title: string;
  readonly text: string;
};

export type ArtifactView = {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly gaps: readonly { readonly about: string; readonly text: string }[];
};

export type Drift = {
  readonly state: 'same' | 'differs' | 'absent' | 'unknown';
  readonly summary: string;
  /** Lines as `diff -u` writes them. */
  readonly diff: readonly string[];
};

export type ClosureChain = {
  readonly service: string;
  readonly title: string;
  /** True where the policy blocks it by its name. */
  readonly isNamed: boolean;
  readonly steps: readonly {
    readonly id: string;
    readonly state: 'closed' | 'open' | 'beyond' | 'unknown';
    readonly by: readonly string[];
    readonly why?: string;
    readonly remedy?: string;
    readonly collateral?: string;
  }[];
};

/** What can be changed. */
export type Action =
  | {
      readonly kind: 'acknowledge' | 'close' | 'reopen' | 'note';
      readonly incidents: readonly number[];
      readonly note?: string;
    }
  | {
      readonly kind: 'except';
      /** A name as policies write it, or a service's id. */
      readonly subject: string;
      /** Networks with commas between, or `everyone`. */
      readonly clients: string;
      /** As `1h`, `30m`, `7d`. */
      readonly duration: string;
      readonly reason: string;
      readonly incident?: number;
    }
  | { readonly kind: 'revoke'; readonly exception: number }
  | { readonly kind: 'undo'; readonly done: Undo }
  /** Writes all that a search finds to a file in the working folder. */
  | {
      readonly kind: 'export';
      readonly what: 'attempts' | 'incidents' | 'clients';
      readonly search: string;
    };

/** What takes an action back. */
export type Undo =
  | { readonly kind: 'acts'; readonly acts: readonly number[] }
  | { readonly kind: 'exception' | 'revoking'; readonly exception: number };

/** What came of an action, as a sentence, and how to take it back where that is possible. */
export type Done = { readonly message: string; readonly undo?: Undo };

/** Whoever answers. Both reject with an error whose message says what to do. */
export type Source = {
  readonly ask: (question: Question) => Promise<Answer>;
  readonly act: (action: Action) => Promise<Done>;
  /** Grows by each change of the database; cheap enough to be asked all the time. */
  readonly version: () => number;
  readonly close: () => void;
};
