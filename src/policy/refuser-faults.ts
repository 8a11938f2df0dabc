import { gatePortOf, LANES } from './firewall.ts';
import type { PolicyFile } from './schema.ts';

/** What is wrong with where the refuser is to answer: a part of the file and what to do about it. */
export type RefuserFault = {
  readonly path: readonly PropertyKey[];
  readonly message: string;
};

/**
 * Every TCP connection to `refusal.addresses` is led to the refuser: the resolver must not be reached
 * there, nor would ssh to a gateway whose own address it is.
 */
export function refuserFaults({
  refusal,
  resolver,
  firewall,
}: Pick<PolicyFile, 'refusal' | 'resolver' | 'firewall'>): readonly RefuserFault[] {
  const { refuser, gate } = firewall;
  if (refuser === undefined) return [];
  const isGate = gate !== undefined && LANES.some((lane) => gatePortOf(gate, lane) === refuser);
  const resolvers = new Map<string, string>([
    ...resolver.listen.map(({ address }) => [address, 'resolver.listen'] as const),
    ...firewall.resolver.map((address) => [address, 'firewall.resolver'] as const),
  ]);
  return [
    ...(isGate
      ? [
          {
            path: ['firewall', 'refuser'],
            message: `${refuser} is one of the gate's two ports; choose another`,
          },
        ]
      : []),
    ...refusal.addresses.flatMap((address, i) => {
      const where = resolvers.get(address);
      if (where === undefined) return [];
      const message = `${address} is in ${where} too, and all TCP to it would go to the refuser, ssh as well; give the refuser an address of its own`;
      return [{ path: ['refusal', 'addresses', i], message }];
    }),
  ];
}
