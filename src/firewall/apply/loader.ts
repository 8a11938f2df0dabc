import { createHash } from 'node:crypto';
import type { Artifact } from '../backend.ts';

/** A program to run, without a shell between: its words, its standard input, its files. */
export type Step = {
  readonly argv: readonly [string, ...string[]];
  readonly input?: string;
  /** Written to a private folder for the time of the step; their paths become the last words. */
  readonly files?: readonly StateFile[];
  /** Goes on where it fails. */
  readonly optional?: true;
};

export type Ran = {
  /** Undefined where the program could not be started. */
  readonly status?: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs a program to its end. */
export type Run = (step: Step) => Ran;

/** A file by its bare name. */
export type StateFile = { readonly name: string; readonly text: string };

/** What is loaded says of itself, so that a lost state directory loses little. */
export type Mark = {
  /** The ruleset's digest. */
  readonly policy: string;
  /** Of all artifacts' text, to tell whether the policy would now yield the same. */
  readonly text: string;
  /** Of the declarations in it: sets and chains of one shape can be filled anew without being remade. */
  readonly shape: string;
};

/** What of ours the kernel holds. */
export type Present = {
  readonly mark?: Mark;
  /** Of all that is fixed in it: rules and static sets, not counters nor what the resolver fills in. */
  readonly fingerprint: string;
  /** What brings it back as it is. */
  readonly saved: readonly StateFile[];
};

export type Counter = { readonly id: string; readonly packets: number; readonly bytes: number };

/** What is to be loaded over what is there. */
export type Change = {
  readonly artifacts: readonly Artifact[];
  readonly mark: Mark;
  readonly present: Present | undefined;
  /** True where `present` is what was loaded the last time, unaltered. */
  readonly intact: boolean;
};

/**
 * How one packet filter is read and changed. Everything that changes something is a list of steps,
 * so that order and wording can be seen without a kernel; only `look` and `counters` run programs,
 * and these change nothing.
 */
export type Loader = {
  /** The format of the artifacts it loads. */
  readonly format: string;
  readonly programs: readonly string[];
  /** True where a load that fails leaves everything as it was. */
  readonly transactional: boolean;
  /** What could not be refilled but has to be made anew where it differs; '' where that makes no odds. */
  readonly shape: (artifacts: readonly Artifact[]) => string;
  /** What of ours the kernel holds; undefined where that is nothing. */
  readonly look: (run: Run) => Present | undefined;
  /** Has the real parser read what would be loaded; changes nothing. */
  readonly check: (change: Change) => readonly Step[];
  readonly load: (change: Change) => readonly Step[];
  /** Has the real parser read what would be restored; changes nothing. */
  readonly checkRestore: (
    saved: readonly StateFile[],
    present: Present | undefined,
  ) => readonly Step[];
  /** No files: as if nothing had ever been loaded. */
  readonly restore: (saved: readonly StateFile[], present: Present | undefined) => readonly Step[];
  readonly counters: (run: Run) => readonly Counter[];
  /** Of a change: what the admin has to do beside it. */
  readonly hints: readonly string[];
};

/** A step that failed; the message holds what the program said. */
export class StepFailure extends Error {
  override name = 'StepFailure';
}

/** Runs steps in order; throws StepFailure at the first that fails. */
export function runAll(run: Run, steps: readonly Step[]): void {
  for (const step of steps) {
    const ran = run(step);
    if (ran.status !== 0 && step.optional !== true) throw failureOf(step, ran);
  }
}

/** Runs a step that prints; throws StepFailure. */
export function read(run: Run, argv: readonly [string, ...string[]]): string {
  const ran = run({ argv });
  if (ran.status !== 0) throw failureOf({ argv }, ran);
  return ran.stdout;
}

export function failureOf({ argv }: Step, { status, stdout, stderr }: Ran): StepFailure {
  if (status === undefined) return new StepFailure(`${argv[0]} cannot be run: ${stderr}`);
  // A parser's complaints about a long file can be as long as the file.
  const said = (stderr.trim() || stdout.trim()).slice(0, 2000);
  return new StepFailure(`${argv.join(' ')} fails (exit ${status})${said && `:\n${said}`}`);
}

export function hashOf(...texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  // 64 bits: it tells honest texts apart, and three of them have to fit into a comment.
  return hash.digest('hex').slice(0, 16);
}

/** Hexadecimal digits of a policy's digest in a mark: what 128 characters have room for. */
export const MARKED_DIGITS = 52;

const MARK = /^tunnelwarden policy (\S{1,64}) text ([0-9a-f]{16}) shape ([0-9a-f]{16})$/;

/** A mark as a comment, at most 128 characters as nftables wants it. */
export function formatMark({ policy, text, shape }: Mark): string {
  return `tunnelwarden policy ${policy.slice(0, MARKED_DIGITS)} text ${text} shape ${shape}`;
}

export function parseMark(comment: string | undefined): Mark | undefined {
  const [, policy, text, shape] = MARK.exec(comment ?? '') ?? [];
  return policy && text && shape ? { policy, text, shape } : undefined;
}
