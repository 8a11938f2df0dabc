/** What came of looking at one thing. `skip` is what could not be told or was not asked for. */
export type Status = 'ok' | 'fail' | 'warn' | 'skip';

/** What is looked at, in the order it is told. */
export const CHECKS = [
  'delegation',
  'nameservers',
  'agreement',
  'shadow',
  'caa',
  'ds',
  'names',
  'resolver',
  'addresses',
  'crl',
  'door',
  'certificate',
] as const;
export type CheckId = (typeof CHECKS)[number];

export type Check = {
  readonly check: CheckId;
  readonly status: Status;
  readonly why: string;
  /** What to do about it; always there where something fails. */
  readonly remedy?: string;
};

export type Finding = Omit<Check, 'check'>;

export const ok = (why: string): Finding => ({ status: 'ok', why });
export const skip = (why: string, remedy?: string): Finding => ({
  status: 'skip',
  why,
  ...(remedy === undefined ? {} : { remedy }),
});
export const warn = (why: string, remedy: string): Finding => ({ status: 'warn', why, remedy });
export const fail = (why: string, remedy: string): Finding => ({ status: 'fail', why, remedy });

/** What was found, or that all is well. */
export function orOk(findings: readonly Finding[], why: string): readonly Finding[] {
  return findings.length > 0 ? findings : [ok(why)];
}

/** Findings that differ in whom they are about, and in nothing else, each told once. */
export function merged(
  findings: readonly (readonly [about: string, finding: Finding])[],
): readonly Finding[] {
  const alike = Map.groupBy(findings, ([, finding]) => JSON.stringify(finding));
  return [...alike.values()].map((group) => {
    const [, finding] = group[0] as (typeof group)[number];
    return { ...finding, why: `${listed(group.map(([about]) => about))}: ${finding.why}` };
  });
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listed(words: readonly string[], most = 4): string {
  const shown = words.length <= most ? words : words.slice(0, most - 1);
  const more = words.length - shown.length;
  const all = more > 0 ? [...shown, `${more} more`] : shown;
  const last = all.at(-1) ?? 'none';
  return all.length < 2 ? last : `${all.slice(0, -1).join(', ')} and ${last}`;
}

/** `1 nameserver`, `4 nameservers`. */
export function counted(count: number, word: string, words = `${word}s`): string {
  return `${count} ${count === 1 ? word : words}`;
}
