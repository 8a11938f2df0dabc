import { classOf, isRefusal } from '../firewall/classes.ts';
import { namesAt } from '../firewall/namesat.ts';
import type { FirewallPart, FirewallSettings } from '../policy/firewall.ts';
import { isObserved, judge } from '../policy/judge.ts';
import { type Address, contains, octetsOfAddress } from '../policy/network.ts';
import type { TunnelService } from '../policy/service.ts';
import type { Passage, Target, World } from './probe.ts';
import type { StepId } from './step.ts';

/** What bears on what would close a step. */
export type Situation = {
  readonly service: TunnelService;
  readonly settings: FirewallSettings;
};

/** In English, for people. */
export type Advice = {
  /** Why it gets through. */
  readonly why: string;
  /** What would close it, beginning with the policy's line. */
  readonly remedy?: string;
  /** What that would close as well; without it, nothing. */
  readonly collateral?: string;
};

type Judged = Advice & {
  readonly state: 'open' | 'beyond';
  /** True where the policy means to close it. */
  readonly isMeant: boolean;
};

/** What is to be said of a step that gets through, by the worst of its passages. */
export function adviceOn(
  world: World & Situation,
  id: StepId,
  passages: readonly Passage[],
): Judged {
  if (id === 'proxy') return PROXY;
  const all = passages.map((passage) => judged(world, id, passage));
  const badness = ({ state, isMeant }: Judged) => (isMeant ? 2 : 0) + (state === 'open' ? 1 : 0);
  return all.reduce((worst, one) => (badness(one) > badness(worst) ? one : worst));
}

const PROXY: Judged = {
  state: 'beyond',
  isMeant: false,
  why: 'a proxy connects in place of its client, and the gateway sees the proxy',
  remedy: "the proxy's own rules: `tunnelwarden generate squid`",
};

function judged(world: World & Situation, id: StepId, passage: Passage): Judged {
  switch (passage.kind) {
    case 'allowed':
      return open(false, { why: `the policy allows it: ${passage.rule?.id}` });
    case 'observed':
      return OBSERVED;
    case 'unblocked':
      return unblocked(world, id, passage.name);
    case 'sanctioned':
      return sanctioned(passage.led);
    case 'decoy':
      return open(true, {
        why: 'the kernel takes a sanctioned name anywhere in the hello for the server name',
        remedy: GATE,
      });
    case 'unread':
      return front(world, passage.at);
    case 'unguarded':
      return unguarded(world, id);
    case 'unfiltered':
      return unfiltered(world, id, passage);
  }
}

const open = (isMeant: boolean, advice: Advice): Judged => ({ state: 'open', isMeant, ...advice });
const beyond = (advice: Advice): Judged => ({ state: 'beyond', isMeant: false, ...advice });

const OBSERVED = open(false, {
  why: 'the policy only records what this client does',
  remedy: '`mode: enforce`',
});

const GATE = '`firewall: { gate: 9443 }`, and `serve --gate :9443`';

function unblocked({ service }: Situation, id: StepId, name: string): Judged {
  if (id === 'file') {
    return beyond({
      why: `${name} serves many others, and the file's path is not in sight`,
      remedy: `\`block: ['=${name}']\``,
      collateral: `everything else at ${name}`,
    });
  }
  if (id.startsWith('doh-')) return resolversOpen(name);
  return open(false, {
    why: `the policy does not block ${name}`,
    remedy: `\`services: { ${service.id}: block }\``,
  });
}

function resolversOpen(what: string): Judged {
  return open(false, {
    why: `the policy does not block ${what}`,
    remedy: '`bypass: { resolvers: block }`',
  });
}

function sanctioned(led: boolean): Judged {
  if (led) {
    return beyond({
      why:
        'the gate leads it to your own ingress, whatever address was meant; ' +
        'that is where other accounts are refused',
    });
  }
  return beyond({
    why: 'it bears the name of your own ingress, and nobody sees to it that it goes there, as a gate does',
  });
}

function front({ book, ruleset, client }: World, { address, port }: Target): Judged {
  const others = (namesAt(book).get(address) ?? []).filter(
    (name) => !isRefusal(judge(ruleset, { client, name })),
  );
  const known = others.length > 0 ? `, such as ${others.slice(0, 2).join(' and ')}` : '';
  return beyond({
    why: `many customers live at ${address}, and no blocked name is in sight`,
    remedy: `\`block: [{ network: '${address}', ports: [${port}] }]\``,
    collateral:
      port === '443/udp'
        ? `HTTP/3 of all other names that live there${known}; browsers go back to TCP`
        : `all other names that live there${known}`,
  });
}

function unfiltered(
  world: World & Situation,
  id: StepId,
  { at, entry }: Extract<Passage, { readonly kind: 'unfiltered' }>,
): Judged {
  if (id === 'file') {
    return unblocked(world, id, namesAt(world.book).get(at.address)?.[0] ?? at.address);
  }
  if (id === 'foreign-dns') return uncaptured(world);
  if (isEncrypted(id)) {
    return blocksResolvers(world)
      ? missing(world, 'resolvers')
      : resolversOpen('encrypted resolvers');
  }
  return session(world, id, at, entry);
}

const isEncrypted = (id: StepId): boolean => id === 'dot' || id.startsWith('doh-');

function blocksResolvers({ ruleset }: World): boolean {
  return ruleset.rules.some(({ origin, action }) => origin === 'resolver' && action === 'block');
}

/** Nothing but the resolver is in the way. */
function unguarded(world: World & Situation, id: StepId): Judged {
  const { ruleset, client, service, settings } = world;
  if (isObserved(ruleset, client)) return OBSERVED;
  const why = 'no packet filter stands in the way';
  const remedy = '`firewall: { lan: [INTERFACE] }`, and `tunnelwarden apply nftables`';
  if (id === 'foreign-dns') return open(settings.parts.includes('capture'), { why, remedy });
  if (isEncrypted(id)) {
    return blocksResolvers(world)
      ? open(true, { why, remedy })
      : resolversOpen('encrypted resolvers');
  }
  if (!isBlocked(world)) return unblocked(world, id, service.title);
  return open(true, { why, remedy });
}

/** True where some rule forbids this client the service's sessions. */
function isBlocked({ ruleset, client, service }: World & Situation): boolean {
  const octets = octetsOfAddress(client);
  return ruleset.rules.some(
    ({ action, role, service: id, clients }) =>
      action === 'block' &&
      role === 'session' &&
      id === service.id &&
      (clients === 'everyone' || clients.some((network) => contains(network, octets))),
  );
}

function uncaptured({ settings }: Situation): Judged {
  if (!settings.parts.includes('capture')) {
    return open(false, {
      why: 'questions are not captured',
      remedy: partsWith(settings, 'capture'),
    });
  }
  return open(false, {
    why: 'this client, or that resolver, is exempt',
    remedy: 'take it out of `firewall: { exempt: […] }`',
  });
}

/** A flow to where a session is dialled that no entry refuses. */
function session(
  world: World & Situation,
  id: StepId,
  at: Target,
  entry: string | undefined,
): Judged {
  const { address } = at;
  const { ruleset, client, book, settings, plan } = world;
  const names = namesAt(book).get(address) ?? [];
  const isKnown = ({ length }: readonly Address[] = []) => length > 0;
  const { class: kind } = classOf(ruleset, client, address, names, (door) =>
    isKnown(book.names.get(door)),
  );
  if (entry?.startsWith('TW-SHARED')) {
    return open(true, {
      why: `a sanctioned name lives at ${address} too, and nobody looks`,
      remedy: GATE,
    });
  }
  if (entry !== undefined && kind !== 'cdn') {
    return open(false, { why: `the rule set lets it pass: ${entry}` });
  }
  if (kind === 'cdn') return atFront(world, id, at);
  if (kind !== undefined || isRefusal(judge(ruleset, { client, address }))) {
    return missing(world, 'addresses');
  }
  if (names.some((name) => isRefusal(judge(ruleset, { client, name })))) {
    return missing(
      world,
      plan.sni === undefined && settings.gate === undefined ? 'sni' : 'addresses',
    );
  }
  if (isBlocked(world) && names.length === 0) return unruled(world, at);
  return unblocked(world, id, names[0] ?? world.service.title);
}

/** An address that the catalogue tells of as a way round, not as one that the service's sessions need. */
function unruled({ service }: Situation, { address }: Target): Judged {
  return open(true, {
    why: `no rule is about ${address}, which agents have built in`,
    remedy:
      `\`block: ['${address}', …]\`, with all that ` +
      `\`tunnelwarden services ${service.id} --json\` tells of under fallback`,
  });
}

/** What no gate is asked about at a front of many. */
function atFront(world: World & Situation, id: StepId, at: Target): Judged {
  const { settings, plan } = world;
  if (id === 'ssh-22' && !settings.parts.includes('ports')) return missing(world, 'ports');
  const isTls = id === 'ssh-443' || id.startsWith('session-');
  if (!isTls || id === 'session-sanctioned-sni') return front(world, at);
  if (plan.sni === 'gate' && settings.parts.includes('fronts')) return front(world, at);
  if (NAMED.includes(id) || id === 'ssh-443') {
    const why = `many customers live at ${at.address}, and nobody looks at names there`;
    const parts = settings.parts.includes('fronts') ? '' : `, ${partsWith(settings, 'fronts')}`;
    return open(true, { why, remedy: `${GATE}${parts}` });
  }
  return front(world, at);
}

/** Steps that show a name by which a gate would know them. */
const NAMED: readonly StepId[] = ['session-name', 'session-fragmented', 'session-decoy'];

function missing({ settings }: Situation, part: FirewallPart): Judged {
  const why = `the rule set has no part \`${part}\``;
  return settings.parts.includes(part)
    ? open(true, { why: 'the rule set has no entry for it' })
    : open(true, { why, remedy: partsWith(settings, part) });
}

function partsWith({ parts }: FirewallSettings, part: FirewallPart): string {
  return `\`firewall: { parts: [${[...parts, part].join(', ')}] }\``;
}
