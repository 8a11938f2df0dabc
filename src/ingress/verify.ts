import type { Ingress } from './ingress.ts';
import { caa } from './verify/caa.ts';
import { certificate } from './verify/certificate.ts';
import { CHECKS, type Check, type CheckId, type Finding } from './verify/check.ts';
import { agreement, delegation, nameservers } from './verify/delegation.ts';
import { addresses, crl, door } from './verify/doors.ts';
import { ds } from './verify/ds.ts';
import type { Facts } from './verify/facts.ts';
import { names, resolver } from './verify/names.ts';
import { shadow } from './verify/shadow.ts';

const BY_ID: Readonly<Record<CheckId, (ingress: Ingress, facts: Facts) => readonly Finding[]>> = {
  delegation,
  nameservers,
  agreement,
  shadow,
  caa,
  ds,
  names,
  resolver,
  addresses,
  crl,
  door,
  certificate,
};

/** What the facts say of an ingress: each thing looked at at least once, and once for each fault. */
export function verify(ingress: Ingress, facts: Facts): readonly Check[] {
  return CHECKS.flatMap((check) =>
    BY_ID[check](ingress, facts).map((finding) => ({ check, ...finding })),
  );
}
