import type { Ingress } from '../ingress.ts';
import { type Finding, fail, ok, orOk, skip, warn } from './check.ts';
import { type Facts, heard } from './facts.ts';
import { answersOf, type Caa, caaIn } from './found.ts';
import { namesUpTo } from './gather.ts';

const AUTHORITY = 'letsencrypt.org';
/** What Let's Encrypt knows; a critical property of another name forbids everything (RFC 8659 4.1). */
const KNOWN = ['issue', 'issuewild', 'iodef'];
const ADD = `add CAA 0 issue "${AUTHORITY}" there`;

/** The CAA records that decide permit the authority the policy has chosen. */
export function caa({ domain, issuer }: Ingress, { outside }: Facts): readonly Finding[] {
  if (issuer !== 'letsencrypt') {
    return [skip("the certificate is of the vendor's own authority, which no CAA governs")];
  }
  // RFC 8659 section 3: the nearest set counts, and what stands further up does not.
  for (const name of namesUpTo(domain)) {
    const said = heard(outside, name, 'CAA');
    if (said.kind === 'silent') {
      return [warn(`CAA of ${name}: ${said.why}`, 'ask again later, or another by --upstream')];
    }
    if (said.rcode !== 'NOERROR' && said.rcode !== 'NXDOMAIN') {
      return [
        fail(
          `CAA of ${name}: ${said.rcode}, which an authority takes for a no`,
          `see that the servers of ${name} answer for CAA`,
        ),
      ];
    }
    const records = answersOf(said, 'CAA').flatMap((found) => caaIn(found) ?? []);
    if (records.length > 0) return judged(name, records);
  }
  return [ok(`there is no CAA record at or above ${domain}: every authority is permitted`)];
}

function judged(name: string, records: readonly Caa[]): readonly Finding[] {
  const strange = records.find(({ critical, tag }) => critical && !KNOWN.includes(tag));
  if (strange) {
    return [
      fail(
        `CAA of ${name}: "${strange.tag}" is critical, and the authority does not know it`,
        'take the critical flag (128) off it, or the record away',
      ),
    ];
  }
  const issue = records.filter(({ tag }) => tag === 'issue');
  const wild = records.filter(({ tag }) => tag === 'issuewild');
  const findings: Finding[] = [];
  if (issue.length > 0 && !issue.some(permits)) {
    findings.push(
      fail(`CAA of ${name} permits only ${authoritiesOf(issue)}, not ${AUTHORITY}`, ADD),
    );
  }
  if (wild.length > 0 && !wild.some(permits)) {
    findings.push(
      warn(
        `CAA of ${name}: issuewild permits only ${authoritiesOf(wild)}; a wildcard would be refused`,
        `add CAA 0 issuewild "${AUTHORITY}" there, in case the certificate is one`,
      ),
    );
  }
  if (
    issue.some(permits) &&
    issue.filter(permits).every(({ value }) => /;.*accounturi/i.test(value))
  ) {
    findings.push(
      warn(
        `CAA of ${name} permits ${AUTHORITY} to one account only, which is hardly the vendor's`,
        `${ADD}, without accounturi (RFC 8657)`,
      ),
    );
  }
  return orOk(findings, `CAA of ${name} permits ${AUTHORITY}`);
}

function permits({ value }: Caa): boolean {
  return authorityOf(value) === AUTHORITY;
}

/** The authority's name, in front of any parameters. */
function authorityOf(value: string): string {
  return (value.split(';')[0] ?? '').trim().toLowerCase();
}

function authoritiesOf(records: readonly Caa[]): string {
  return records.map(({ value }) => authorityOf(value) || 'nobody').join(', ');
}
