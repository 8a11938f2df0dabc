import type { AddressBook } from '../firewall/addressbook.ts';
import type { PacketPlan } from '../firewall/backend.ts';
import { type Fate, fateOf } from '../firewall/interpret.ts';
import { decide } from '../gate/decide.ts';
import type { Opening } from '../gate/opening.ts';
import { isObserved, judge } from '../policy/judge.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Rule, Ruleset, Verdict } from '../policy/ruleset.ts';
import type { Probe, Wire } from './step.ts';

/** Where a step ends, and by which rule of the policy or entry of the rule set. */
export type Hold = {
  readonly where: 'resolver' | 'packet filter' | 'gate' | 'refuser';
  readonly rule: string;
};

/** Who tries, and what stands in the way. */
export type World = {
  readonly ruleset: Ruleset;
  readonly plan: PacketPlan;
  /** Where names live. */
  readonly book: AddressBook;
  readonly client: Address;
};

/**
 * Why something gets through.
 *
 * - allowed: a rule of the policy says so
 * - observed: the policy only records what it would refuse this client
 * - unblocked: the policy does not block the name
 * - sanctioned: it bears the name of the sanctioned ingress; `led` is true where it also ends up there
 * - decoy: the kernel takes any octets like a sanctioned name for one
 * - unread: at a front of many, and no name that is blocked is in sight
 * - unguarded: there is no packet filter
 * - unfiltered: no entry of the rule set refuses it; `entry` is one that lets it pass
 */
export type Passage =
  | { readonly kind: 'allowed' | 'observed'; readonly rule?: Rule }
  | { readonly kind: 'unblocked'; readonly name: Name }
  | { readonly kind: 'sanctioned'; readonly led: boolean }
  | { readonly kind: 'decoy' | 'unguarded' }
  | { readonly kind: 'unread'; readonly at: Target }
  | { readonly kind: 'unfiltered'; readonly at: Target; readonly entry?: string };

/** Where a flow went; the port as policies write it, `443/udp`. */
export type Target = { readonly address: Address; readonly port: string };

/** What becomes of a probe. It is unknown where nobody knows where a name lives. */
export type Outcome =
  | { readonly kind: 'closed'; readonly by: readonly Hold[] }
  | { readonly kind: 'passes'; readonly passage: Passage }
  | { readonly kind: 'unknown'; readonly name: Name };

type Flow = Extract<Probe, { readonly kind: 'flow' }>;

/** All outcomes of a probe: one for each address of the name it goes to. */
export function outcomesOf(world: World, probe: Probe): readonly Outcome[] {
  if (probe.kind === 'question') return [asked(world, probe.name)];
  const { to } = probe;
  const isUnguarded = world.plan.audiences.length === 0;
  if ('address' in to) {
    return [isUnguarded ? passes({ kind: 'unguarded' }) : flowTo(world, probe, to.address)];
  }
  const addresses = world.book.names.get(to.name) ?? [];
  if (addresses.length > 0 && !isUnguarded)
    return addresses.map((address) => flowTo(world, probe, address));
  const verdict = judge(world.ruleset, { client: world.client, name: to.name });
  // Wherever a name lives that is not blocked, no entry is made for its addresses.
  if (verdict.kind !== 'blocked') return [passes(passageOf(verdict, to.name))];
  return [isUnguarded ? passes({ kind: 'unguarded' }) : { kind: 'unknown', name: to.name }];
}

const closed = (...by: readonly Hold[]): Outcome => ({ kind: 'closed', by });
const passes = (passage: Passage): Outcome => ({ kind: 'passes', passage });

/** A question to our resolver. */
function asked(world: World, name: Name): Outcome {
  const { ruleset, client } = world;
  const verdict = judge(ruleset, { client, name });
  if (verdict.kind !== 'blocked') return passes(passageOf(verdict, name));
  const { rule } = verdict;
  return closed({ where: 'resolver', rule: rule.id }, ...refuserOf(world, rule));
}

/** A refused question may get the refuser's address. */
function refuserOf({ ruleset: { refusal }, plan, client }: World, rule: Rule): readonly Hold[] {
  const [to] = refusal.addresses;
  if ((rule.answer ?? refusal.answer) !== 'sinkhole' || to === undefined) return [];
  const { kind, id } = fateOf(plan, { from: client, to, transport: 'tcp', port: 443 });
  return kind === 'refuser' ? [{ where: 'refuser', rule: id ?? 'none' }] : [];
}

function passageOf(verdict: Verdict, name: Name): Passage {
  if (verdict.kind === 'allowed' || verdict.kind === 'observed') {
    return { kind: verdict.kind, rule: verdict.rule };
  }
  return { kind: 'unblocked', name };
}

function flowTo(world: World, flow: Flow, to: Address): Outcome {
  const { plan, client } = world;
  const { transport, port } = flow;
  const fate = fateOf(plan, { from: client, to, transport, port });
  const filter: Hold = { where: 'packet filter', rule: fate.id ?? 'none' };
  switch (fate.kind) {
    case 'refuse':
      return closed(filter);
    case 'refuser':
      return closed({ ...filter, where: 'refuser' });
    case 'resolver':
      return captured(world, flow, filter);
    case 'look':
      return looked(world, flow, fate, to);
    case 'pass':
      return isObserved(world.ruleset, client)
        ? passes({ kind: 'observed' })
        : passes({
            kind: 'unfiltered',
            at: { address: to, port: `${port}/${transport}` },
            ...(fate.id === undefined ? {} : { entry: fate.id }),
          });
  }
}

/** A question meant for another resolver that is led to ours. */
function captured(world: World, { asks }: Flow, filter: Hold): Outcome {
  // Whatever is asked there, we answer it.
  if (asks === undefined) return closed(filter);
  const outcome = asked(world, asks);
  return outcome.kind === 'closed' ? closed(filter, ...outcome.by) : outcome;
}

const SILENT: Opening = { kind: 'other', first: new Uint8Array() };

function looked(
  { ruleset, plan, client }: World,
  { opening = SILENT, wire = 'whole' }: Flow,
  fate: Extract<Fate, { readonly kind: 'look' }>,
  to: Address,
): Outcome {
  const entry = fate.id ?? 'none';
  if (plan.sni === 'kernel') {
    const passage = kernelPassage(plan.sanctioned, opening, wire);
    return passage ? passes(passage) : closed({ where: 'packet filter', rule: entry });
  }
  const { to: where, verdict, name } = decide(ruleset, { client, lane: fate.lane, opening });
  if (where === 'nowhere') {
    const rule = verdict.kind === 'unmatched' ? entry : verdict.rule.id;
    return closed({ where: 'gate', rule });
  }
  if (verdict.kind === 'allowed' && verdict.rule.origin === 'ingress') {
    return passes({ kind: 'sanctioned', led: where === 'name' });
  }
  return verdict.kind === 'unmatched' || name === undefined
    ? passes({ kind: 'unread', at: { address: to, port: '443/tcp' } })
    : passes(passageOf(verdict, name));
}

/**
 * The kernel looks for the octets of a sanctioned name's extension in the first segment, wherever they
 * stand: what it does not find there is refused, and what only looks like it passes.
 */
function kernelPassage(
  sanctioned: readonly Name[],
  opening: Opening,
  wire: Wire,
): Passage | undefined {
  if (opening.kind !== 'tls' || wire === 'fragmented') return undefined;
  const { serverName } = opening.hello;
  if (serverName !== undefined && sanctioned.includes(serverName)) {
    return { kind: 'sanctioned', led: false };
  }
  return wire === 'decoy' && sanctioned.length > 0 ? { kind: 'decoy' } : undefined;
}
