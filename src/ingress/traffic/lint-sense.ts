import { ACTIONS } from './actions.ts';
import type { Report } from './finding.ts';
import type { LintedPhase } from './lint.ts';
import { lintAccess } from './lint-access.ts';
import type { LintedAction, LintedRule } from './lint-rule.ts';

/** What is well formed and yet does not do what its author means. */
export function lintSense(phases: readonly LintedPhase[], report: Report): void {
  for (const { phase, rules } of phases) unreachable(phase, rules, report);
  for (const { rules } of phases) logins(rules, report);
  variables(phases, report);
  for (const { rules } of phases) {
    for (const { expressions, actions } of rules) {
      for (const { text, place, path } of expressions) {
        const fault = looseDomain(text);
        if (fault) report('loose-domain', place, path, fault);
      }
      for (const action of actions) lintAccess(action, report);
    }
  }
}

/** Whether nothing behind an action of this type ever runs. */
const ends = ({ type }: LintedAction) => ACTIONS[type]?.ends === true;

function unreachable(phase: string, rules: readonly LintedRule[], report: Report): void {
  let stop: LintedRule | undefined;
  for (const rule of rules) {
    if (stop !== undefined) {
      const by = `line ${stop.place.line} ends every request for good`;
      report(
        'unreachable',
        rule.place,
        rule.path,
        `never runs: the rule of ${by}; move it before that`,
      );
      continue;
    }
    const last = rule.actions.findIndex(ends);
    const dead = last < 0 ? undefined : rule.actions[last + 1];
    if (dead) {
      const by = (rule.actions[last] as LintedAction).type;
      report(
        'unreachable',
        dead.place,
        dead.path,
        `never runs: ${by} before it ends the request; move it`,
      );
    }
    const isForAll = rule.expressions.every(({ text }) => text.trim() === 'true');
    if (last >= 0 && isForAll && phase !== 'on_http_response') stop = rule;
  }
}

/** Who logs in with a public provider is known, but not yet one of ours: everyone has an account there. */
function logins(rules: readonly LintedRule[], report: Report): void {
  rules.forEach((rule, i) => {
    const login = rule.actions.find(({ type }) => type === 'oauth');
    if (login === undefined) return;
    const isReviewed = rules
      .slice(i)
      .some(({ expressions }) =>
        expressions.some(({ text }) => text.includes('actions.ngrok.oauth.identity')),
      );
    if (isReviewed) return;
    report(
      'open-login',
      login.place,
      login.path,
      'lets in whoever has an account at the provider; add a rule behind it that denies unless ' +
        "actions.ngrok.oauth.identity.email.endsWith('@example.com'), with your domain",
      'warning',
    );
  });
}

/** What an action's results are called, where that is not its own name. */
const RESULTS: Readonly<Record<string, string>> = {
  'openid-connect': 'oidc',
  'compress-response': 'compress',
};

const resultsOf = (type: string) => RESULTS[type] ?? type.replaceAll('-', '_');
const KNOWN_RESULTS = new Set(Object.keys(ACTIONS).map(resultsOf));

/** Results of actions that have not run yet are empty, and what is compared with them never true. */
function variables(phases: readonly LintedPhase[], report: Report): void {
  const ran = new Set<string>();
  // In the order of a connection's life, whatever that of the file.
  const life = ['on_tcp_connect', 'on_http_request', 'on_http_response', 'on_event_stream_message'];
  const inOrder = phases.toSorted((a, b) => life.indexOf(a.phase) - life.indexOf(b.phase));
  for (const rule of inOrder.flatMap(({ rules }) => rules)) {
    for (const { text, place, path } of rule.expressions) {
      const used = new Set(
        [...text.matchAll(/\bactions\.ngrok\.(\w+)/g)].map(([, name]) => name as string),
      );
      for (const name of used) {
        if (ran.has(name)) continue;
        const isKnown = KNOWN_RESULTS.has(name);
        const remedy = isKnown ? 'put that action in a rule before it' : 'correct its name';
        const message = `asks for actions.ngrok.${name}, and no action before it sets that; ${remedy}`;
        report('unset-variable', place, path, message);
      }
    }
    for (const { type } of rule.actions) ran.add(resultsOf(type));
  }
}

/**
 * `email.endsWith('example.com')` is true for someone@notexample.com as well, and `contains` for
 * someone@example.com.example.net, both of which anyone can register.
 */
function looseDomain(text: string): string | undefined {
  const [, method, , argument = ''] =
    /\bidentity\.email\s*\.\s*(endsWith|contains)\s*\(\s*(['"])([^'"]*)\2/.exec(text) ?? [];
  const domain = argument.replace(/^.*@/, '');
  if (method === 'endsWith' && !argument.includes('@')) {
    return `endsWith('${argument}') also takes other domains that end so; write endsWith('@${domain}')`;
  }
  if (method === 'contains') {
    return `contains('${argument}') also takes longer domains; write endsWith('@${domain}')`;
  }
  return undefined;
}
