import { printable } from '../../text.ts';
import type { Artifact, Backend, NameEntry, Plan } from '../backend.ts';
import { firstMatch, runsOf } from '../first-match.ts';
import { headerLines } from '../header.ts';
import { type LeftOut, leftOutLines, plainEntries } from '../plain-name.ts';
import { sayable } from '../sayable.ts';
import { ADDRESS_SIDS, createSids, matchOf, ruleText } from '../suricata-rule.ts';

const TITLE = 'AWS Network Firewall and Route 53 Resolver DNS Firewall';

export const awsBackend: Backend = {
  id: 'aws',
  title: TITLE,
  enforces: ['tls-name', 'dns-name', 'exact', 'exception', 'watch', 'networks'],
  sni: [],
  use: '`README.txt` beside the files has the commands: a rule group for Network Firewall, a stack for DNS Firewall.',
  cannot: [
    'The rule group needs a firewall policy of strict order.',
    'A firewall takes rule groups of 30,000 rules in all; beyond that, leave lists to DNS Firewall.',
    'Blocked questions get NXDOMAIN or no data; DNS Firewall knows no REFUSED, and no addresses of a refuser.',
    'QUIC is left to a rule of your own against UDP port 443.',
  ],
  print,
};

function print(plan: Plan): readonly Artifact[] {
  const { plain, leftOut } = plainEntries(plan.names, { everything: false });
  const groups = ruleGroups(plan, plain);
  const dns = dnsFirewall(plan, plain);
  return [
    { path: 'README.txt', text: readme(plan, [...leftOut, ...dns.leftOut.map(notInDns)]) },
    ...groups,
    ...dns.artifacts,
  ];
}

const notInDns = ({ id, why }: LeftOut) => ({ id, why: `not in DNS Firewall: ${why}` });

/** JSON and lists of domains have no comments, so what an artifact has to say is said here. */
function readme(plan: Plan, leftOut: readonly LeftOut[]): string {
  return [
    ...headerLines(plan, TITLE),
    '',
    'network-firewall-N.json',
    '  aws network-firewall create-rule-group --cli-input-json file://network-firewall-1.json',
    '  Several of them go into the policy in their order, the first with the lowest priority number.',
    'dns-firewall.json, dns/*.txt',
    '  Copy dns/ into a bucket, then deploy the template:',
    '  aws cloudformation deploy --template-file dns-firewall.json --stack-name tunnelwarden-dns \\',
    '    --parameter-overrides Lists=s3://BUCKET/dns',
    '',
    ...leftOutLines(leftOut, '').map((line) => line.trim()),
    '',
  ].join('\n');
}

/** Limits of a rule group: its text in characters, and what a firewall has for all its groups. */
const LONGEST_TEXT = 1_900_000;
const MOST_RULES = 30_000;

function ruleGroups(plan: Plan, names: readonly NameEntry[]): readonly Artifact[] {
  const sidOf = createSids();
  const rules = [
    ...firstMatch(names).flatMap((entry) => nameRules(entry, sidOf(entry.id))),
    ...addressRules(plan),
  ];
  return chunks(rules).map((part, i) => {
    const group = {
      RuleGroupName: `tunnelwarden-${i + 1}`,
      Type: 'STATEFUL',
      // Fixed once the group is made, so there is room to grow.
      Capacity: Math.min(MOST_RULES, Math.ceil((part.length * 1.5) / 100) * 100 || 100),
      Description: `tunnelwarden policy ${plan.digest}`,
      RuleGroup: {
        RulesSource: { RulesString: part.join('\n') },
        StatefulRuleOptions: { RuleOrder: 'STRICT_ORDER' },
      },
    };
    return { path: `network-firewall-${i + 1}.json`, text: `${JSON.stringify(group, null, 2)}\n` };
  });
}

function chunks(rules: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const rule of rules) {
    size += rule.length + 1;
    if (size > LONGEST_TEXT || parts.at(-1)?.length === MOST_RULES) {
      parts.push([]);
      size = rule.length + 1;
    }
    parts.at(-1)?.push(rule);
  }
  return parts;
}

/**
 * In strict order the first `pass` or `reject` decides, but an `alert` does not end the list: a
 * watched name is passed right behind it. Variables are not used: HOME_NET would be the firewall's
 * own network, which is no client's where traffic comes by a transit gateway.
 */
function nameRules(entry: NameEntry, sid: ReturnType<ReturnType<typeof createSids>>): string[] {
  if (sid === undefined) return [];
  const { id, reason, action } = entry;
  const [message, match] = [ruleText(`${id} ${reason}`), matchOf(entry)];
  const rule = (deed: string, number: number) =>
    `${deed} tls any any -> any any (msg:"TW ${message}"; flow:established,to_server; tls.sni; ${match} sid:${number}; rev:1;)`;
  if (action === 'watch') {
    return [rule('alert', sid('tls.sni')), rule('pass', sid('quic.sni'))];
  }
  return [rule(action === 'allow' ? 'pass' : 'reject', sid('tls.sni'))];
}

const PER_RULE = 100;

function addressRules({ networks }: Plan): readonly string[] {
  return Array.from({ length: Math.ceil(networks.length / PER_RULE) }, (_, i) => {
    const part = networks.slice(i * PER_RULE, (i + 1) * PER_RULE).map(({ text }) => text);
    return `drop ip any any -> [${part.join(',')}] any (msg:"TW blocked addresses"; sid:${ADDRESS_SIDS + i}; rev:1;)`;
  });
}

type DomainList = { readonly action: NameEntry['action']; readonly domains: string[] };

/**
 * The rules of a DNS Firewall group are asked by priority, each with its list of domains, so there
 * is a list for each stretch of the order of precedence that says the same.
 */
function dnsFirewall(
  plan: Plan,
  names: readonly NameEntry[],
): { readonly artifacts: readonly Artifact[]; readonly leftOut: readonly LeftOut[] } {
  const lists: DomainList[] = [];
  const { said, leftOut } = sayable(names, (entry) => domainsOf(entry).length > 0);
  for (const { action, entries } of runsOf(said)) {
    const last = lists.at(-1);
    const domains = last?.action === action ? last.domains : [];
    if (last?.action !== action) lists.push({ action, domains });
    for (const entry of entries) domains.push(...domainsOf(entry));
  }
  const files = lists.map(({ action, domains }, i) => ({
    path: `dns/${String(i + 1).padStart(2, '0')}-${action}.txt`,
    text: `${domains.join('\n')}\n`,
  }));
  const template = {
    path: 'dns-firewall.json',
    text: `${JSON.stringify(templateOf(plan, lists), null, 2)}\n`,
  };
  return { artifacts: [template, ...files], leftOut };
}

/** A `*` stands at the left only, for any number of labels; `_` is not taken. */
function domainsOf({ pattern: { name, scope } }: NameEntry): readonly string[] {
  if (name.includes('_') || name.indexOf('*', 1) > 0) return [];
  if (name.startsWith('*')) return scope === 'subtree' ? [name] : [];
  return scope === 'subtree' ? [name, `*.${name}`] : [name];
}

/** What a sanctioned name's CNAMEs lead to is not reviewed: `allow` is final. */
const RULE = {
  allow: { Action: 'ALLOW', FirewallDomainRedirectionAction: 'TRUST_REDIRECTION_DOMAIN' },
  watch: { Action: 'ALERT', FirewallDomainRedirectionAction: 'INSPECT_REDIRECTION_DOMAIN' },
  block: { Action: 'BLOCK', FirewallDomainRedirectionAction: 'INSPECT_REDIRECTION_DOMAIN' },
} as const;

function templateOf({ digest, organisation, refusal }: Plan, lists: readonly DomainList[]) {
  const response = refusal.answer === 'nodata' ? 'NODATA' : 'NXDOMAIN';
  const idOf = (i: number) => `List${i + 1}`;
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: printable(`tunnelwarden for ${organisation.name}, policy ${digest}`).slice(
      0,
      1000,
    ),
    Parameters: {
      Lists: { Type: 'String', Description: 'Where the lists are: s3://BUCKET/FOLDER' },
    },
    Resources: {
      ...Object.fromEntries(
        lists.map(({ action }, i) => [
          idOf(i),
          {
            Type: 'AWS::Route53Resolver::FirewallDomainList',
            Properties: {
              Name: `tunnelwarden-${i + 1}-${action}`,
              DomainFileUrl: {
                'Fn::Sub': `\${Lists}/${String(i + 1).padStart(2, '0')}-${action}.txt`,
              },
            },
          },
        ]),
      ),
      RuleGroup: {
        Type: 'AWS::Route53Resolver::FirewallRuleGroup',
        Properties: {
          Name: 'tunnelwarden',
          FirewallRules: lists.map(({ action }, i) => ({
            FirewallDomainListId: { Ref: idOf(i) },
            Priority: (i + 1) * 10,
            ...RULE[action],
            ...(action === 'block' ? { BlockResponse: response } : {}),
          })),
        },
      },
    },
  };
}
