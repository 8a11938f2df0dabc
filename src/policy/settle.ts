import type { Fault } from './expand-parts.ts';
import { createMatchIndex, rankOf, rulesAbout } from './match.ts';
import { isAtOrBelow } from './name.ts';
import { contains } from './network.ts';
import { formatPattern } from './pattern.ts';
import type { Policy } from './policy.ts';
import { comparePlaces, formatPlace } from './problem.ts';
import { clientTexts, contentOf, describeTarget } from './rule-text.ts';
import type { Action, RefusalAnswer, Rule } from './ruleset.ts';

/**
 * Makes of all that was asked for the rules that hold: none blocks the sanctioned way, none is said
 * twice, none contradicts another of its weight, and their order tells nothing of where they stood.
 */
export function settle(policy: Policy, rules: readonly Rule[], fault: Fault): readonly Rule[] {
  const kept = withoutIdleImplied(keepIngressOpen(policy, rules, fault));
  return mergeTies(inOrder(kept), fault);
}

/** Rules inside the ingress: an admin's own block there is a contradiction, a service's is dropped. */
function keepIngressOpen(policy: Policy, rules: readonly Rule[], fault: Fault): Rule[] {
  return rules.filter((rule) => {
    if (rule.origin === 'ingress' || rule.action !== 'block' || rule.target.kind !== 'name')
      return true;
    const { pattern } = rule.target;
    const ingress = policy.ingress.find(({ domain }) => isAtOrBelow(pattern.name, domain));
    if (!ingress) return true;
    if (rule.origin === 'written') {
      fault(
        rule.from,
        'block',
        `"${formatPattern(pattern)}" lies in the sanctioned ingress ${ingress.domain} ` +
          `(${formatPlace(ingress.from)}); remove one of the two`,
      );
    }
    return false;
  });
}

/**
 * Rules of equal weight for one target and one set of clients: the same is said once, else a fault.
 * Of two that say the same the lasting one comes first, so a timed one beside it is not needed.
 */
function mergeTies(rules: readonly Rule[], fault: Fault): Rule[] {
  const seen = new Map<string, Rule>();
  const clashes = new Map<string, { pair: [Rule, Rule]; targets: string[] }>();
  const merged = rules.filter((rule) => {
    const keys = clientTexts(rule).map(
      (client) => `${rankOf(rule.origin)} ${describeTarget(rule.target)} ${client}`,
    );
    const rivals = keys.flatMap((key) => seen.get(key) ?? []);
    const rival = rivals.find(
      ({ action, answer }) => action !== rule.action || answer !== rule.answer,
    );
    if (rival) {
      const pair = [rival, rule].sort((a, b) => comparePlaces(a.from, b.from)) as [Rule, Rule];
      const places = pair.map(({ from }) => formatPlace(from)).join(' ');
      const clash = clashes.get(places) ?? { pair, targets: [] };
      clashes.set(places, { ...clash, targets: [...clash.targets, describeTarget(rule.target)] });
      return false;
    }
    for (const key of keys) if (!seen.has(key)) seen.set(key, rule);
    return rivals.length < keys.length;
  });
  // Two lines about a service clash in each of its names: that is one fault, not twenty.
  for (const { pair, targets } of clashes.values()) {
    const [first, second] = pair.map(({ from }) => formatPlace(from));
    const more = targets.length > 1 ? ` and ${targets.length - 1} more` : '';
    fault(
      pair[1].from,
      pair[1].id,
      `${first === second ? 'says' : `${first} and ${second} say`} different things of ${targets[0]}` +
        `${more} for the same clients (${verb(pair[0])} and ${verb(pair[1])}); ` +
        'keep one, or limit one to narrower clients',
    );
  }
  return merged;
}

/** Lasting rules before timed ones, then by what they say: never by where they stand. */
function inOrder(rules: readonly Rule[]): Rule[] {
  const ends = ({ until }: Rule) => until ?? Number.MAX_SAFE_INTEGER;
  return rules
    .map((rule) => ({ rule, content: contentOf(rule) }))
    .sort((a, b) => ends(b.rule) - ends(a.rule) || compareText(a.content, b.content))
    .map(({ rule }) => rule);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

const verb = ({ action, answer }: { action: Action; answer?: RefusalAnswer }) =>
  answer === undefined ? action : `${action} with ${answer}`;

/**
 * Drops what is implied where the policy says something of the same name to the same clients, or, but
 * for support names, blocks it or a name above for any of them: a block that is added opens no name.
 */
function withoutIdleImplied(rules: readonly Rule[]): Rule[] {
  const said = Map.groupBy(
    rules.filter(({ origin }) => origin !== 'implied' && origin !== 'list'),
    ({ target }) => describeTarget(target),
  );
  const blocks = createMatchIndex(
    rules.filter(({ origin, action, service }) => {
      return action === 'block' && (origin === 'list' || (origin === 'written' && !service));
    }),
  );
  return rules.filter(({ origin, target, clients, role }) => {
    if (origin !== 'implied' || target.kind !== 'name') return true;
    if (said.get(describeTarget(target))?.some((rule) => isWithin(clients, rule.clients)))
      return false;
    if (role === 'support') return true;
    return !rulesAbout(blocks, target.pattern.name).some(
      ({ rule }) => isWithin(clients, rule.clients) || isWithin(rule.clients, clients),
    );
  });
}

/** True where all of the clients are among the wider ones. */
function isWithin(clients: Rule['clients'], wider: Rule['clients']): boolean {
  if (wider === 'everyone') return true;
  if (clients === 'everyone') return false;
  return clients.every(({ octets, length }) =>
    wider.some((network) => network.length <= length && contains(network, octets)),
  );
}
