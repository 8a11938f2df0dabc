import type { Artifact, Backend, NameEntry, Plan } from '../backend.ts';
import { blocksOf, longArtifact } from '../blocks.ts';
import { withoutMoot } from '../first-match.ts';
import { commentHeader } from '../header.ts';
import { type LeftOut, leftOutLines, plainEntries } from '../plain-name.ts';
import { refinementsOf } from '../refinements.ts';
import {
  ADDRESS_SIDS,
  type Buffer,
  createSids,
  LONGEST_RULE,
  matchOf,
  ruleText,
} from '../suricata-rule.ts';

const TITLE = 'Suricata rules';

export const suricataBackend: Backend = {
  id: 'suricata',
  title: TITLE,
  enforces: ['tls-name', 'dns-name', 'wildcard', 'exact', 'exception', 'watch', 'networks'],
  sni: [],
  use: 'Name `tunnelwarden.rules` (and the file for QUIC from Suricata 7 on) under `rule-files`, then `suricata -T` and `suricatasc -c reload-rules`.',
  cannot: [
    'Off the path (as an IDS) it resets TCP; only in line does it stop everything.',
    'It sees what goes by: DNS in clear, and TLS names that no ECH hides.',
    'A blocked question is refused with an ICMP error; clients get no DNS answer.',
  ],
  print,
};

const WHERE: Readonly<Record<Buffer, { readonly protocol: string; readonly flow: string }>> = {
  'tls.sni': { protocol: 'tls', flow: 'flow:established,to_server; ' },
  'dns.query': { protocol: 'dns', flow: 'flow:to_server; ' },
  'quic.sni': { protocol: 'quic', flow: '' },
};
const DEED = { allow: 'pass', block: 'reject', watch: 'alert' } as const;

function print(plan: Plan): readonly Artifact[] {
  const { rules, leftOut } = rulesOf(plan.names);
  const about = (buffer: Buffer) => blocksOf(rules, (rule) => [ruleIn(buffer, rule)]);
  return [
    longArtifact('tunnelwarden.rules', [
      ...commentHeader(plan, TITLE, '#'),
      '#',
      '# Check: suricata -T -S tunnelwarden.rules',
      ...leftOutLines(leftOut, '#'),
      ...['', '# TLS server names', ...about('tls.sni')],
      ...['', '# DNS questions', ...about('dns.query')],
      ...['', '# Addresses', ...addressRules(plan)],
      '',
    ]),
    // A keyword that Suricata 6 does not know would cost it all rules of the file.
    longArtifact('tunnelwarden-quic.rules', [
      ...commentHeader(plan, `${TITLE} for QUIC, Suricata 7 and later`, '#'),
      ...['', ...about('quic.sni'), ''],
    ]),
  ];
}

/** What a rule says wherever it looks. */
type NameRule = {
  readonly deed: string;
  readonly message: string;
  readonly match: string;
  readonly sidIn: (buffer: Buffer) => number;
};

/**
 * Suricata asks all `pass` rules before any `reject`, however specific, and an `alert` spares
 * nothing. So each rule leaves out the names that a more specific one decides otherwise, and then
 * no order matters.
 */
function rulesOf(names: readonly NameEntry[]): {
  readonly rules: readonly NameRule[];
  readonly leftOut: readonly LeftOut[];
} {
  const { plain, leftOut } = plainEntries(withoutMoot(names), { everything: false });
  const refinements = refinementsOf(plain);
  const sidOf = createSids();
  const rules: NameRule[] = [];
  const lost: LeftOut[] = [];
  for (const entry of plain) {
    const { id, action, reason } = entry;
    const except = refinements(entry).map(({ pattern }) => pattern);
    const sidIn = sidOf(id);
    const [message, match] = [ruleText(`${id} ${reason}`), matchOf(entry, except)];
    if (sidIn === undefined) lost.push({ id, why: 'there are no more rule numbers' });
    else if (message.length + match.length > LONGEST_RULE) {
      lost.push({ id, why: 'with its exceptions the rule is longer than Suricata reads' });
    } else rules.push({ deed: DEED[action], message, match, sidIn });
  }
  return { rules, leftOut: [...leftOut, ...lost] };
}

function ruleIn(buffer: Buffer, { deed, message, match, sidIn }: NameRule): string {
  const { protocol, flow } = WHERE[buffer];
  return `${deed} ${protocol} $HOME_NET any -> $EXTERNAL_NET any (msg:"TW ${message}"; ${flow}${buffer}; ${match} classtype:policy-violation; sid:${sidIn(buffer)}; rev:1;)`;
}

const PER_RULE = 100;

function addressRules({ networks }: Plan): readonly string[] {
  return Array.from({ length: Math.ceil(networks.length / PER_RULE) }, (_, i) => {
    const part = networks.slice(i * PER_RULE, (i + 1) * PER_RULE).map(({ text }) => text);
    return `reject ip $HOME_NET any -> [${part.join(',')}] any (msg:"TW blocked addresses"; classtype:policy-violation; sid:${ADDRESS_SIDS + i}; rev:1;)`;
  });
}
