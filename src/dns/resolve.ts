import { isUngoverned, judge } from '../policy/judge.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Rule, Ruleset, Verdict } from '../policy/ruleset.ts';
import { blockedReply } from './blocked.ts';
import { RCODE } from './constants.ts';
import { NO_RECORDS } from './encode.ts';
import { type Forwarder, type Found, staleError } from './forward.ts';
import { localReply } from './local.ts';
import type { Answer, Link, Outcome, Query, Reply } from './message.ts';

export type ResolverParts = {
  /** The ruleset in force: one is taken for each question, even if a reload lands in between. */
  readonly ruleset: () => Ruleset;
  readonly forwarder: Forwarder;
  /** The answer to version.bind; undefined refuses it. */
  readonly version: string | undefined;
  readonly stripEch: 'governed' | 'all';
  readonly prepare?: Prepare;
};

/**
 * Told of each answer before it leaves, with the name asked, the seconds a client may keep it, and which
 * client has it by which exception, if by one. What it gives is waited for, and says whether the way to
 * those addresses is as the policy wants it.
 */
export type Prepare = (
  asked: Name,
  answer: Answer,
  seconds: number,
  excepted?: { readonly client: Address; readonly rule: Rule },
) => Promise<boolean> | undefined;

type Fresh = Extract<Found, { kind: 'fresh' }>;

export type Resolve = (query: Query) => Promise<Outcome>;

/** Seconds: what RFC 8767 section 4 recommends for answers past their time. */
const STALE_TTL = 30;

/**
 * The flow of a question. The order is the security property: the name asked is judged before
 * anything is known of its answer, so a reload takes effect at once; what comes from the cache or
 * upstream is judged again each time, since the cache holds what upstream said, not what we think.
 */
export function createResolve(parts: ResolverParts): Resolve {
  const { ruleset, forwarder, version, stripEch, prepare } = parts;
  // Of most answers in the cache no rule says anything, to anyone: that is found out once a ruleset.
  const lookedAt = new WeakMap<Answer, { readonly rules: Ruleset; readonly ungoverned: boolean }>();
  const isUngovernedAnswer = (rules: Ruleset, { answer, cached }: Fresh): boolean => {
    const known = lookedAt.get(answer);
    if (known?.rules === rules) return known.ungoverned;
    if (!cached) return false;
    const ungoverned = answer.leads.every(({ to }) => isUngoverned(rules, to));
    lookedAt.set(answer, { rules, ungoverned });
    return ungoverned;
  };
  return async (query) => {
    const rules = ruleset();
    const { client, question } = query;
    const asked = judge(rules, { client, name: question.name });
    if (asked.kind === 'blocked') {
      return {
        query,
        verdict: asked,
        reply: blockedReply(rules, asked.rule, question),
        source: 'policy',
      };
    }
    const local = localReply(query, version, forwarder.isRouted);
    if (local) return { query, verdict: asked, reply: local, source: 'local' };

    const flags = {
      dnssecOk: query.edns?.dnssecOk ?? false,
      checkingDisabled: query.checkingDisabled,
    };
    const found = await forwarder.find(question, flags);
    if (found.kind === 'failed') {
      return { query, verdict: asked, reply: failure(found.extended), source: 'failure' };
    }
    const judged =
      found.kind === 'fresh' && isUngovernedAnswer(rules, found)
        ? { verdict: asked }
        : judgeAnswer(rules, query, asked, found.answer);
    const { verdict } = judged;
    if (verdict.kind === 'blocked') {
      return {
        query,
        ...judged,
        reply: blockedReply(rules, verdict.rule, question),
        source: 'policy',
      };
    }
    const isExcepted = verdict.kind === 'allowed' && verdict.rule.origin === 'exception';
    const excepted = isExcepted ? { client, rule: verdict.rule } : undefined;
    const waiting = prepare?.(question.name, found.answer, secondsLeft(found), excepted);
    if (waiting && !(await waiting) && FAILS_CLOSED[verdict.kind]) {
      return { query, ...judged, reply: failure([NOT_PREPARED]), source: 'failure' };
    }
    const form = verdict.kind !== 'unmatched' ? 'inSight' : FORMS[stripEch];
    const { answer } = found;
    return { query, ...judged, answer, reply: replyOf(found, form), source: sourceOf(found) };
  };
}

/** What counts where an answer leads to several things: a block before anything else, nothing last. */
const WEIGHT: Readonly<Record<Verdict['kind'], number>> = {
  blocked: 3,
  observed: 2,
  watched: 2,
  allowed: 1,
  unmatched: 0,
};

/**
 * What becomes of an answer that the packet filter is not ready for. A name that the policy allows
 * would be met by the block that its address is still under; all else goes on as if there were none.
 */
const FAILS_CLOSED: Readonly<Record<Verdict['kind'], boolean>> = {
  blocked: true,
  allowed: true,
  observed: false,
  watched: false,
  unmatched: false,
};
const NOT_PREPARED = { code: 0, text: 'the firewall is not ready for this answer' };

type Judged = { readonly verdict: Verdict; readonly via?: Link };

/**
 * The verdict on where an answer leads. An allowed name is final, asked or linked to: what the
 * sanctioned ingress leads to is not reviewed. A block anywhere else counts, whatever stands beside it;
 * what is merely watched counts for the name asked first.
 */
function judgeAnswer(rules: Ruleset, { client }: Query, asked: Verdict, { leads }: Answer): Judged {
  let judged: Judged = { verdict: asked };
  if (asked.kind === 'allowed') return judged;
  const final = new Set<Name>();
  for (const { from, to: via } of leads) {
    const verdict = final.has(from) ? undefined : judge(rules, { client, ...via });
    if ('name' in via && (verdict?.kind ?? 'allowed') === 'allowed') final.add(via.name);
    if (verdict && WEIGHT[verdict.kind] > WEIGHT[judged.verdict.kind]) judged = { verdict, via };
  }
  return judged;
}

/** In which form an answer leaves; one that holds nothing to take out has only the one. */
type Form = 'sections' | 'withoutEch' | 'inSight';

/** What is sent of a name that no rule is about. */
const FORMS = { governed: 'sections', all: 'withoutEch' } as const satisfies Record<string, Form>;

function replyOf(found: Exclude<Found, { kind: 'failed' }>, form: Form): Reply {
  const { answer } = found;
  const { rcode, authenticData, extended } = answer;
  const sections = answer[form] ?? answer.sections;
  // What we have changed is no longer what was signed.
  const common = { rcode, sections, authenticData: authenticData && sections === answer.sections };
  if (found.kind === 'fresh') return { ...common, age: found.age, extended };
  return { ...common, age: 0, ttl: STALE_TTL, extended: [staleError(answer)] };
}

function secondsLeft(found: Exclude<Found, { kind: 'failed' }>): number {
  return found.kind === 'fresh' ? Math.max(0, found.answer.ttl - found.age) : STALE_TTL;
}

function sourceOf(found: Exclude<Found, { kind: 'failed' }>): Outcome['source'] {
  if (found.kind === 'stale') return 'stale';
  return found.cached ? 'cache' : 'upstream';
}

function failure(extended: Reply['extended']): Reply {
  return { rcode: RCODE.SERVFAIL, sections: NO_RECORDS, age: 0, authenticData: false, extended };
}
