import type { Ingress } from '../ingress.ts';
import { type Finding, fail, orOk, skip, warn } from './check.ts';
import { speakersOf } from './delegation.ts';
import { type Facts, type Found, heard, type ZoneServer } from './facts.ts';
import { answersOf, dsText, standsFor } from './found.ts';

/** The DS records of the parent are those of the policy, and one of them stands for a key of the child. */
export function ds(ingress: Ingress, { zone, parent, child }: Facts): readonly Finding[] {
  const { domain } = ingress;
  const telling = parent.filter((server) => {
    const said = heard(server, domain, 'DS');
    return said.kind === 'said' && (said.rcode === 'NOERROR' || said.rcode === 'NXDOMAIN');
  });
  if (telling.length === 0) return [skip(`no server of ${zone} told of DS records`)];
  const published = telling.flatMap((server) => answersOf(heard(server, domain, 'DS'), 'DS'));
  const found = [...new Map(published.map((record) => [dsText(record), record])).values()];
  const keys = keysOf(ingress, child);
  return orOk(
    [...againstPolicy(ingress, found, zone), ...againstKeys(ingress, found, keys, zone)],
    found.length > 0
      ? `${zone} has the DS of the policy, and it stands for a key of ${domain}`
      : `no DS, in ${zone} as in the policy${keys && keys.length > 0 ? `; ${domain} is signed all the same` : ''}`,
  );
}

function againstPolicy(
  ingress: Ingress,
  found: readonly Found[],
  zone: string,
): readonly Finding[] {
  const texts = found.map(dsText);
  const missing = ingress.ds.filter((text) => !texts.includes(text));
  const extra = texts.filter((text) => !ingress.ds.includes(text));
  return [
    ...missing.map((text) =>
      fail(
        `${zone} lacks the DS ${shortened(text)} of the policy`,
        'publish it (`tunnelwarden ingress records`), or take it out of ingress.ds',
      ),
    ),
    ...extra.map((text) =>
      warn(
        `${zone} has the DS ${shortened(text)}, which the policy has not`,
        'write it into ingress.ds if the vendor gave it; else remove it',
      ),
    ),
  ];
}

function againstKeys(
  { domain }: Ingress,
  found: readonly Found[],
  keys: readonly Found[] | undefined,
  zone: string,
): readonly Finding[] {
  if (found.length === 0) return [];
  if (keys === undefined) return [skip(`the keys of ${domain} could not be asked for`)];
  const outage = 'every validating resolver refuses all of it';
  const remedy = `remove the DS from ${zone} now; publish only what the vendor gives`;
  if (keys.length === 0) {
    return [fail(`${zone} has a DS, but ${domain} is not signed: ${outage}`, remedy)];
  }
  const stray = found.filter((one) => !keys.some((key) => standsFor(one, key, domain)));
  if (stray.length === found.length) {
    return [fail(`no DS in ${zone} stands for a key of ${domain}: ${outage}`, remedy)];
  }
  return stray.map((one) =>
    warn(
      `the DS ${shortened(dsText(one))} stands for no key of ${domain}`,
      'remove it, unless the vendor is about to change keys',
    ),
  );
}

/** The child's keys; undefined where nobody who speaks for it told of any or none. */
function keysOf({ domain }: Ingress, child: readonly ZoneServer[]): readonly Found[] | undefined {
  const said = speakersOf({ domain }, child)
    .map((server) => heard(server, domain, 'DNSKEY'))
    .filter(({ kind }) => kind === 'said');
  return said.length === 0 ? undefined : said.flatMap((one) => answersOf(one, 'DNSKEY'));
}

/** The digest by its first digits: they are enough to find it, and a line has 80 columns. */
function shortened(text: string): string {
  return text.replace(/([0-9A-F]{8})[0-9A-F]+$/, '$1…');
}
