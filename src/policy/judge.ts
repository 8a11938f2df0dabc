import { matchAddress, matchName, narrowest, rulesAbout, rulesAboutAddress } from './match.ts';
import type { Name } from './name.ts';
import { type Address, octetsOfAddress } from './network.ts';
import type { Action, Rule, Ruleset, Verdict } from './ruleset.ts';

/** What is judged: a name a client asks for or is led to, or an address an answer would give it. */
export type Asked =
  | { readonly client: Address; readonly name: Name }
  | { readonly client: Address; readonly address: Address };

const UNMATCHED: Verdict = { kind: 'unmatched' };
const KIND = { allow: 'allowed', block: 'blocked', watch: 'watched' } as const satisfies Record<
  Action,
  string
>;

/**
 * The meaning of a policy, and its only definition: every other form of it (wire fast path, firewall
 * file, RPZ zone) is an implementation of this function.
 *
 * The sanctioned ingress decides first, then an exception; then the most specific target, then the narrowest client
 * network, then who asked for the rule (`Origin`). Order never matters.
 */
export function judge(ruleset: Ruleset, asked: Asked): Verdict {
  const matches =
    'name' in asked
      ? matchName(ruleset.index, asked.client, asked.name)
      : matchAddress(ruleset.index, asked.client, asked.address);
  const rule = matches[0]?.rule;
  return rule ? verdictOf(ruleset, asked.client, rule) : UNMATCHED;
}

/** True where `judge` says unmatched of it whoever asks: no rule is about it at all. */
export function isUngoverned(
  { index }: Ruleset,
  subject: { readonly name: Name } | { readonly address: Address },
): boolean {
  const about =
    'name' in subject ? rulesAbout(index, subject.name) : rulesAboutAddress(index, subject.address);
  return about.length === 0;
}

/** What a rule, once it decides, means for this client. */
export function verdictOf(ruleset: Ruleset, client: Address, rule: Rule): Verdict {
  if (rule.action === 'block' && !isSignal(rule) && isObserved(ruleset, client)) {
    return { kind: 'observed', rule };
  }
  return { kind: KIND[rule.action], rule };
}

/**
 * A signal asks whether this network wants its own resolver used. It is answered whatever the mode:
 * a client told otherwise leaves for an encrypted resolver, and then there is nothing to observe.
 */
export function isSignal(rule: Rule): boolean {
  return rule.origin === 'signal';
}

/** True for a client of whom the policy only records what it would refuse. */
export function isObserved(ruleset: Ruleset, client: Address): boolean {
  return modeFor(ruleset, client) === 'observe';
}

/** The mode of the narrowest client network that has one, else the policy's. */
function modeFor(ruleset: Ruleset, client: Address): Ruleset['mode'] {
  if (ruleset.modes.length === 0) return ruleset.mode;
  return narrowest(ruleset.modes, octetsOfAddress(client))?.mode ?? ruleset.mode;
}
