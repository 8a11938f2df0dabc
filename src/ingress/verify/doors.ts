import type { Name } from '../../policy/name.ts';
import type { Address } from '../../policy/network.ts';
import type { Ingress } from '../ingress.ts';
import { counted, type Finding, fail, listed, ok, orOk, skip, warn } from './check.ts';
import { type Facts, heard, type Witness } from './facts.ts';
import { addressesAt, at } from './names.ts';

const ANOTHER = 'name a resolver that sees the public DNS by --upstream';

/** Whether the ingress lives at addresses of its own: decides if firewall rules by address are safe. */
export function addresses(ingress: Ingress, facts: Facts): readonly Finding[] {
  const { child, resolvers, outside, judged } = facts;
  // What a resolver says may be another's address, so it counts only where the vendor cannot be asked.
  const isReachable = child.some((server) => heard(server, ingress.domain, 'NS').kind === 'said');
  const own = new Set(addressesAt(ingress, isReachable ? child : resolvers));
  if (own.size === 0) return [skip('no address of the ingress was found')];
  const doors = judged.doors.map(
    ({ name }) => [name, real(outside, name, judged.refusers)] as const,
  );
  const shared = doors.flatMap(([name, its]) =>
    its.filter((address) => own.has(address)).map((address) => [name, address] as const),
  );
  const [first] = doors;
  if (shared.length === 0 && (first === undefined || first[1].length === 0)) {
    return [skip(`${outside.label} tells no address of a default door`, ANOTHER)];
  }
  if (shared.length === 0) {
    const count = counted(own.size, 'address', 'addresses');
    return [ok(`dedicated: ${count}, none of a default door; IP rules are safe`)];
  }
  const names = [...new Set(shared.map(([name]) => name))];
  const their = [...new Set(shared.map(([, address]) => address))];
  return [
    warn(
      `shared: ${listed(their)} ${their.length === 1 ? 'is' : 'are'} also of ${listed(names)}; IP rules would cut the ingress off`,
      'block by name and TLS server name; rules by address need dedicated addresses from the vendor',
    ),
  ];
}

/** Sanctioned agents get their revocation lists. */
export function crl(_: Ingress, { judged, resolvers }: Facts): readonly Finding[] {
  if (judged.support.length === 0) return [skip('the catalogue names no revocation list')];
  const findings: Finding[] = [];
  judged.support.forEach(({ name, blockedAt }, i) => {
    if (blockedAt !== undefined) {
      findings.push(
        fail(`${name} is blocked by the policy, at ${blockedAt}`, `add \`allow: [=${name}]\``),
      );
      return;
    }
    for (const server of resolvers) {
      const missing = at(server, name).length === 0 ? 'is not found' : undefined;
      const refused = refusedBy(server, name, judged.refusers);
      if (missing === undefined && refused === undefined) continue;
      const why = `${server.label}: ${name} ${refused ?? missing}`;
      // The first is the one of current agents.
      findings.push(
        i === 0
          ? fail(why, 'agents fetch it at session start, by port 80: have it answered there')
          : warn(why, 'only older agents fetch it; have it answered if there are any'),
      );
    }
  });
  const names = listed(judged.support.map(({ name }) => name));
  return orOk(findings, `${names}: allowed by the policy and found`);
}

/** The default doors are shut where clients ask. */
export function door(_: Ingress, { judged, resolvers }: Facts): readonly Finding[] {
  const blocked = judged.doors.filter(({ verdict }) => verdict === 'blocked');
  if (judged.doors.length === 0) return [skip('the catalogue names no default door')];
  if (blocked.length === 0) {
    const observed = judged.doors.some(({ verdict }) => verdict === 'observed');
    return [
      warn(
        observed
          ? 'the policy only observes: the default doors stay open'
          : 'the policy does not block the default doors: personal accounts use them',
        observed ? 'set `mode: enforce` when you are ready' : 'block the service under `services`',
      ),
    ];
  }
  if (resolvers.length === 0)
    return [skip('no resolver to ask is known', 'name one by --resolver')];
  const findings = resolvers.flatMap((server): Finding[] => {
    const names = blocked.map(({ name }) => name);
    const open = names.filter((name) => real(server, name, judged.refusers).length > 0);
    const [silent] = names.filter((name) => noAnswer(server, name) !== undefined);
    return [
      ...(open.length === 0
        ? []
        : [
            fail(
              `${server.label}: ${listed(open)} ${open.length === 1 ? 'is' : 'are'} answered with the vendor's address`,
              'have clients ask a resolver with this policy: ours, or one with `tunnelwarden generate rpz`',
            ),
          ]),
      ...(silent === undefined
        ? []
        : [
            warn(
              `${server.label}: ${silent}: ${noAnswer(server, silent)}, which is no refusal`,
              'a client goes on to its next resolver; see why there is none',
            ),
          ]),
    ];
  });
  const labels = listed(resolvers.map(({ label }) => label));
  return orOk(findings, `${labels}: ${counted(blocked.length, 'default door')} refused`);
}

/** The addresses of a name but for those that stand for a refusal. */
function real(server: Witness, name: Name, refusers: readonly Address[]): readonly Address[] {
  return at(server, name).filter((address) => !isRefusal(address, refusers));
}

/** Resolvers of many makes refuse by an address that leads nowhere. */
function isRefusal(address: Address, refusers: readonly Address[]): boolean {
  return (
    refusers.includes(address) ||
    address === '::' ||
    address === '::1' ||
    /^(?:0|127)\./.test(address)
  );
}

function refusedBy(server: Witness, name: Name, refusers: readonly Address[]): string | undefined {
  const addresses = at(server, name);
  const isRefused = addresses.length > 0 && addresses.every((one) => isRefusal(one, refusers));
  return isRefused ? `is refused (${listed(addresses)})` : undefined;
}

/** Why there is neither an address nor a no. */
function noAnswer(server: Witness, name: Name): string | undefined {
  if (at(server, name).length > 0) return undefined;
  for (const type of ['A', 'AAAA'] as const) {
    const said = heard(server, name, type);
    if (said.kind === 'silent') return said.why;
    if (said.rcode === 'SERVFAIL') return 'SERVFAIL';
  }
  return undefined;
}
