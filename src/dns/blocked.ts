import { isSignal } from '../policy/judge.ts';
import { parentOf } from '../policy/name.ts';
import { isIpv4, octetsOfAddress } from '../policy/network.ts';
import type { Organisation, RefusalAnswer, Rule, Ruleset } from '../policy/ruleset.ts';
import { CLASS, EXTENDED_ERROR, RCODE, TYPE } from './constants.ts';
import { encodeSections, NO_RECORDS } from './encode.ts';
import { soaSection } from './local.ts';
import type { Question, Reply, ResourceRecord } from './message.ts';

/**
 * What a refused question gets. NXDOMAIN and NODATA carry a small SOA so that they are kept a short
 * while and not asked again at once; the text beside the error says who refuses and what to do.
 */
export function blockedReply(ruleset: Ruleset, rule: Rule, question: Question): Reply {
  const answer = answerFor(ruleset, rule);
  const extended = [{ code: EXTENDED_ERROR.BLOCKED, text: refusalText(ruleset, rule) }];
  const common = { age: 0, authenticData: false, extended };
  if (answer === 'refused') return { rcode: RCODE.REFUSED, sections: NO_RECORDS, ...common };
  const { name } = question;
  const records = answer === 'sinkhole' ? sinkholeRecords(ruleset, question) : [];
  if (records.length > 0) {
    return { rcode: RCODE.NOERROR, sections: encodeSections(name, records, []), ...common };
  }
  const rcode = answer === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.NOERROR;
  return { rcode, sections: soaSection(name, parentOf(name), ruleset.refusal.ttl), ...common };
}

/** How the refusals of a rule are answered. */
export function answerFor(ruleset: Ruleset, rule: Rule): RefusalAnswer {
  // Clients read any address as a yes, a sinkhole too: the answer to a signal is always no.
  if (isSignal(rule)) return rule.answer === 'nodata' ? 'nodata' : 'nxdomain';
  return rule.answer ?? ruleset.refusal.answer;
}

/** The refuser's addresses of the family asked for; a family it lacks gets no data. */
function sinkholeRecords({ refusal }: Ruleset, question: Question): ResourceRecord[] {
  const { name, type } = question;
  if (question.class !== CLASS.IN || (type !== TYPE.A && type !== TYPE.AAAA)) return [];
  return refusal.addresses
    .filter((address) => isIpv4(address) === (type === TYPE.A))
    .map((address) => ({
      owner: name,
      type,
      class: CLASS.IN,
      ttl: refusal.ttl,
      data: octetsOfAddress(address),
    }));
}

/** Octets of the text at most, so that the error fits every answer it belongs to. */
const TEXT_LIMIT = 400;

/** `Example Corp: ngrok opens tunnels through this name. For tunnels use tunnels.example.com. Ask …` */
export function refusalText(ruleset: Ruleset, rule: Rule): string {
  const { organisation, ingress } = ruleset;
  // A way round the resolver is no tunnel: there the contact alone helps.
  const isTunnel = rule.role !== 'bypass' && ingress.length > 0;
  const way = isTunnel ? `For tunnels use ${ingress.join(' or ')}.` : '';
  const text = [`${organisation.name}: ${rule.reason}.`, way, helpText(organisation)];
  const whole = text.filter(Boolean).join(' ');
  const octets = Buffer.from(whole, 'utf8');
  // Cut at a character: a torn one would not be UTF-8, which RFC 8914 requires.
  return octets.length <= TEXT_LIMIT
    ? whole
    : `${new TextDecoder().decode(octets.subarray(0, TEXT_LIMIT - 3), { stream: true })}…`;
}

function helpText({ contact, help }: Organisation): string {
  const ask = contact === undefined ? [] : [`Ask ${contact}.`];
  return [...ask, ...(help === undefined ? [] : [help])].join(' ');
}
