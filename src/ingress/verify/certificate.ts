import type { Ingress } from '../ingress.ts';
import { counted, type Finding, fail, listed, merged, ok, skip, warn } from './check.ts';
import type { Facts, Met } from './facts.ts';

const DAY = 86_400_000;
/** Let's Encrypt's are renewed a month before their end: this late, something does not work. */
const SOON = 14 * DAY;

type Certificate = Extract<Met, { kind: 'met' }>;

/** What agents meet at the ingress is the vendor's, for these names, and lasts. */
export function certificate(ingress: Ingress, { met, now }: Facts): readonly Finding[] {
  if (met === undefined) return [skip('nothing was dialled', 'add --connect')];
  if (met.length === 0) return [skip('no address of the ingress is known to dial')];
  const findings = merged(
    met.flatMap((one) =>
      of(one, ingress, now).map((finding) => [`${one.name} (${one.address})`, finding] as const),
    ),
  );
  if (findings.length > 0) return findings;
  const certificates = met.filter((one) => one.kind === 'met');
  const ends = Math.min(...certificates.map(({ until }) => until));
  const issuers = [...new Set(certificates.map(issuerText))];
  return [
    ok(`${counted(met.length, 'name')} dialled: by ${listed(issuers)}, until ${dayOf(ends)}`),
  ];
}

function of(met: Met, ingress: Ingress, now: number): readonly Finding[] {
  if (met.kind === 'failed') {
    return [fail(met.why, 'see that TCP port 443 is open towards it')];
  }
  const findings: Finding[] = [...issuerFindings(met, ingress)];
  if (!met.names.some((pattern) => isFor(pattern, met.name))) {
    findings.push(
      fail(
        `the certificate is for ${listed(met.names)}, not for this name`,
        'see that the name leads to the vendor, and ask the vendor if it does',
      ),
    );
  }
  const still = 'ask the vendor why it is not renewed';
  if (met.from > now) {
    const clock = 'set the clock of this machine, or ask the vendor';
    findings.push(fail(`the certificate begins on ${dayOf(met.from)}`, clock));
  }
  if (met.until <= now) {
    findings.push(fail(`the certificate has ended on ${dayOf(met.until)}`, still));
  } else if (met.until - now < SOON) {
    findings.push(warn(`the certificate ends on ${dayOf(met.until)}`, still));
  }
  return findings;
}

function issuerFindings(met: Certificate, { issuer }: Ingress): readonly Finding[] {
  const by = `the certificate is by ${issuerText(met)}`;
  const isNgrok = /\bngrok\b/i.test(met.issuer.organisation);
  const isPublic = /^let's encrypt$/i.test(met.issuer.organisation);
  if (issuer === 'ngrok') {
    if (isNgrok) return [];
    return isPublic
      ? [warn(`${by}, and the policy says ngrok`, 'set `issuer: letsencrypt` of this ingress')]
      : [fail(`${by}, not by ngrok: agents refuse it`, INSPECTED)];
  }
  if (isNgrok) {
    return [
      warn(
        `${by} still: the one of Let's Encrypt is not there yet`,
        'wait; then look at certificate_management_status in the API, and at the CAA records',
      ),
    ];
  }
  if (!isPublic) return [fail(`${by}, not by Let's Encrypt`, INSPECTED)];
  if (met.distrust === undefined) return [];
  return [fail(`${by}, and not trusted here: ${met.distrust}`, INSPECTED)];
}

const INSPECTED =
  'if a device of yours inspects TLS, take the ingress out of it (`tunnelwarden ingress agent-config --format proxies`); else ask the vendor';

function issuerText({ issuer: { organisation, commonName } }: Certificate): string {
  return [organisation, commonName].filter(Boolean).join(', ') || 'nobody';
}

/** RFC 6125 6.4.3: a `*` stands for one whole label, the leftmost. */
function isFor(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase();
  if (!wanted.startsWith('*.')) return wanted === name;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === wanted.slice(1);
}

function dayOf(time: number): string {
  return Number.isFinite(time) ? new Date(time).toISOString().slice(0, 10) : 'an unknown day';
}
