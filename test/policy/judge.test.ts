import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainName } from '../../src/policy/explain.ts';
import { judge } from '../../src/policy/judge.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { compileText } from './support/build.ts';

type Case = {
  when: string;
  policy: string;
  lists?: Record<string, string>;
  /** `NAME` or `NAME from CLIENT` or an address, and what `judge` says of it. */
  says: Record<string, string>;
};

const cases: readonly Case[] = [
  {
    when: 'nothing is wanted, nothing matches',
    policy: '',
    says: { 'example.com': 'unmatched', '.': 'unmatched', '192.0.2.1': 'unmatched' },
  },
  {
    when: 'the most specific target wins',
    policy:
      'block: [example.com, a.b.example.com]\nallow: [b.example.com]\nwatch: ["=c.b.example.com"]',
    says: {
      'x.example.com': 'blocked by block/example.com',
      'b.example.com': 'allowed by allow/b.example.com',
      'z.a.b.example.com': 'blocked by block/a.b.example.com',
      'c.b.example.com': 'watched by watch/=c.b.example.com',
      'd.c.b.example.com': 'allowed by allow/b.example.com',
    },
  },
  {
    when: 'the one name comes before its subtree',
    policy: 'block: [example.com]\nallow: ["=example.com"]',
    says: {
      'example.com': 'allowed by allow/=example.com',
      'a.example.com': 'blocked by block/example.com',
    },
  },
  {
    when: 'a label written out comes before a wildcard',
    policy: 'block: ["a.*.example.com"]\nallow: [a.eu.example.com]\nwatch: ["*.us.example.com"]',
    says: {
      'a.ap.example.com': 'blocked by block/a.*.example.com',
      'a.eu.example.com': 'allowed by allow/a.eu.example.com',
      'a.us.example.com': 'watched by watch/*.us.example.com',
    },
  },
  {
    when: 'the root is a target: all but what is allowed',
    policy: 'block: ["."]\nallow: [example.com]',
    says: {
      'example.net': 'blocked by block/.',
      '.': 'blocked by block/.',
      'a.example.com': 'allowed by allow/example.com',
    },
  },
  {
    when: 'a name with a dot inside a label is no name below',
    policy: 'block: [b.example]\nwatch: ["a\\\\.b.example"]',
    says: {
      'a.b.example': 'blocked by block/b.example',
      'a\\.b.example': 'watched by watch/a\\.b.example',
    },
  },
  {
    when: 'for one target the narrowest clients win',
    policy: `block: [example.com]
allow: [{ name: example.com, clients: [10.0.0.0/8] }]
watch: [{ name: example.com, clients: [10.1.0.0/16, 10.1.1.1] }]`,
    says: {
      'example.com from 192.0.2.1': 'blocked by block/example.com',
      'example.com from 10.2.0.1': 'allowed by allow/example.com@10.0.0.0/8',
      'example.com from 10.1.0.1': 'watched by watch/example.com@10.1.0.0/16,10.1.1.1',
      'example.com from ::ffff:10.2.0.1': 'allowed by allow/example.com@10.0.0.0/8',
      'example.com from 2001:db8::1': 'blocked by block/example.com',
    },
  },
  {
    when: 'a more specific target comes before narrower clients',
    policy: 'block: [a.example.com]\nallow: [{ name: example.com, clients: [10.0.0.1] }]',
    says: { 'a.example.com from 10.0.0.1': 'blocked by block/a.example.com' },
  },
  {
    when: 'all of IPv4 is narrower than everyone',
    policy: 'block: [example.com]\nallow: [{ name: example.com, clients: [0.0.0.0/0] }]',
    says: {
      'example.com from 192.0.2.1': 'allowed by allow/example.com@0.0.0.0/0',
      'example.com from 2001:db8::1': 'blocked by block/example.com',
    },
  },
  {
    when: 'what is written of a name outweighs a service, a service `others`, and all a list',
    policy: `services: { alpha: watch, others: block }
allow: [connect.alpha.example]
lists: [{ file: a.txt }]`,
    lists: { 'a.txt': 'connect.alpha.example\nbeta.example\nrev.example' },
    says: {
      'connect.alpha.example': 'allowed by allow/connect.alpha.example',
      'connect.eu.alpha.example': 'watched by alpha/session/connect.*.alpha.example',
      'beta.example': 'blocked by beta/session/beta.example',
      'rev.example': 'blocked by list/a.txt',
    },
  },
  {
    when: 'a list is a rule like others: most specific target first',
    policy:
      'block: [{ name: example.com, reason: r }]\nallow: [b.example.com]\nlists: [{ file: a.txt, action: watch }]',
    lists: { 'a.txt': 'a.example.com\nx.b.example.com\n0.0.0.0 h.example.com' },
    says: {
      'a.example.com': 'watched by list/a.txt',
      'z.a.example.com': 'watched by list/a.txt',
      'x.b.example.com': 'watched by list/a.txt',
      'b.example.com': 'allowed by allow/b.example.com',
      'h.example.com': 'watched by list/a.txt',
      'z.h.example.com': 'blocked by block/example.com',
    },
  },
  {
    when: 'the hosts form is as specific as one name',
    policy: 'allow: [h.example.com]\nlists: [{ file: a.txt }]',
    lists: { 'a.txt': 'h.example.com\n0.0.0.0 h.example.com' },
    says: {
      'h.example.com': 'blocked by list/a.txt',
      'z.h.example.com': 'allowed by allow/h.example.com',
    },
  },
  {
    when: 'a name that one list blocks and another watches is blocked, whichever comes first',
    policy: 'lists: [{ file: a.txt, action: watch }, { file: b.txt }]',
    lists: { 'a.txt': 'one.example\ntwo.example', 'b.txt': 'two.example' },
    says: { 'one.example': 'watched by list/a.txt', 'two.example': 'blocked by list/b.txt' },
  },
  {
    when: 'the same two lists the other way round',
    policy: 'lists: [{ file: b.txt }, { file: a.txt, action: watch }]',
    lists: { 'a.txt': 'two.example', 'b.txt': 'two.example' },
    says: { 'two.example': 'blocked by list/b.txt' },
  },
  {
    when: 'neither service nor list nor a broader block reaches the ingress',
    policy: `ingress: [{ domain: alpha.tunnels.example.com, service: alpha }]
services: { others: block }
block: [example.com, "*.com", "."]
lists: [{ file: a.txt }]
clients: { guests: { networks: [10.0.0.0/8], block: [tunnels.example.com] } }`,
    lists: { 'a.txt': 'alpha.tunnels.example.com\n0.0.0.0 x.alpha.tunnels.example.com' },
    says: {
      'alpha.tunnels.example.com from 10.0.0.1': 'allowed by ingress/alpha.tunnels.example.com',
      'x.alpha.tunnels.example.com': 'allowed by ingress/alpha.tunnels.example.com',
      'tunnels.example.com': 'blocked by block/example.com',
    },
  },
  {
    when: 'support names stay open under their service, a broader block and a list',
    policy: `ingress: [{ domain: t.example.com, service: alpha }]
services: { others: block, beta: { session: block, admin: block } }
block: [alpha.example, beta.example]
lists: [{ file: a.txt }]`,
    lists: { 'a.txt': 'crl.alpha.example\n0.0.0.0 crl.beta.example' },
    says: {
      'crl.alpha.example': 'allowed by alpha/support/=crl.alpha.example',
      'crl.connect.alpha.example': 'allowed by alpha/support/=crl.connect.alpha.example',
      'crl.beta.example': 'allowed by beta/support/=crl.beta.example',
      'x.crl.beta.example': 'blocked by block/beta.example',
    },
  },
  {
    when: 'support names stay open where a service is blocked by an entry',
    policy: 'block: [{ service: beta }]',
    says: {
      'x.beta.example': 'blocked by block/beta/session/beta.example',
      'crl.beta.example': 'allowed by block/beta/support/=crl.beta.example',
      'www.beta.example': 'allowed by block/beta/admin/=www.beta.example',
    },
  },
  {
    when: 'support names can be watched beside an ingress',
    policy:
      'ingress: [{ domain: t.example.com, service: alpha }]\nservices: { alpha: { session: block, support: watch } }',
    says: { 'crl.alpha.example': 'watched by alpha/support/=crl.alpha.example' },
  },
  {
    when: 'roles the policy does not speak of stay open inside a blocked subtree, and only there',
    policy: 'services: { others: block }',
    says: {
      'beta.example': 'blocked by beta/session/beta.example',
      'www.beta.example': 'allowed by beta/admin/=www.beta.example',
      'x.www.beta.example': 'blocked by beta/session/beta.example',
      'x.my.beta.example': 'allowed by beta/admin/my.beta.example',
      'pub.beta.example': 'allowed by beta/endpoint/pub.beta.example',
      'update.alpha.example': 'unmatched',
      'alpha-app.example': 'unmatched',
      'a.door.gamma.example': 'blocked by gamma/session/*.door.gamma.example',
      'www.door.gamma.example': 'allowed by gamma/admin/www.door.gamma.example',
      'x.gamma.example': 'unmatched',
    },
  },
  {
    when: 'roles the policy does speak of',
    policy: 'services: { beta: { session: block, admin: block, endpoint: watch } }',
    says: {
      'www.beta.example': 'blocked by beta/admin/=www.beta.example',
      'pub.beta.example': 'watched by beta/endpoint/pub.beta.example',
    },
  },
  {
    when: 'blocking a service opens no name that an own block or a list refuses',
    policy: 'services: { others: block }\nblock: [beta.example]\nlists: [{ file: a.txt }]',
    lists: { 'a.txt': '0.0.0.0 www.beta.example\nwww.door.gamma.example' },
    says: {
      'my.beta.example': 'blocked by block/beta.example',
      'www.beta.example': 'blocked by list/a.txt',
      'www.door.gamma.example': 'blocked by list/a.txt',
    },
  },
  {
    when: 'saying less for a group opens no name that is blocked for everyone',
    policy: `services: { beta: { session: block, admin: block } }
clients: { guests: { networks: [10.0.0.0/8], services: { beta: block } } }`,
    says: {
      'www.beta.example from 10.0.0.1': 'blocked by beta/admin/=www.beta.example',
      'pub.beta.example from 10.0.0.1': 'allowed by beta/endpoint/pub.beta.example@guests',
    },
  },
  {
    when: '`others` passes over the services that are named, `off` names one',
    policy: 'services: { others: block, alpha: off, beta: { endpoint: watch } }',
    says: {
      'connect.alpha.example': 'unmatched',
      'beta.example': 'unmatched',
      'pub.beta.example': 'watched by beta/endpoint/pub.beta.example',
      'gamma.example': 'blocked by gamma/session/=gamma.example',
    },
  },
  {
    when: 'a region nobody listed yet',
    policy: 'services: { alpha: block }',
    says: {
      'connect.new-region.alpha.example': 'blocked by alpha/session/connect.*.alpha.example',
      'x.connect.eu.alpha.example': 'blocked by alpha/session/connect.*.alpha.example',
      'rev.eu.net': 'blocked by alpha/session/rev.*.net',
      'rev.net': 'unmatched',
      'alpha.example': 'unmatched',
    },
  },
  {
    when: 'a group has services, names and ways round of its own',
    policy: `services: { alpha: block }
bypass: { resolvers: block }
clients:
  devs: { networks: [10.1.0.0/16], services: { alpha: allow }, bypass: { doh: watch } }
  site: { networks: [10.1.2.3], services: { alpha: { session: watch } }, allow: [rev.eu.net] }`,
    says: {
      'connect.alpha.example': 'blocked by alpha/session/connect.alpha.example',
      'connect.alpha.example from 10.1.0.1': 'allowed by alpha/session/connect.alpha.example@devs',
      'connect.alpha.example from 10.1.2.3': 'watched by alpha/session/connect.alpha.example@site',
      'doh.example from 10.1.2.3': 'watched by bypass/doh/doh.example@devs',
      'doh.example': 'blocked by bypass/doh/doh.example',
      'rev.eu.net from 10.1.2.3': 'allowed by allow/rev.eu.net@site',
    },
  },
  {
    when: '`off` in a group says nothing, so what holds for everyone holds there',
    policy:
      'services: { alpha: block }\nclients: { devs: { networks: [10.0.0.0/8], services: { alpha: off } } }',
    says: {
      'connect.alpha.example from 10.0.0.1': 'blocked by alpha/session/connect.alpha.example',
    },
  },
  {
    when: 'an exception for one host, until a day',
    policy: `services: { alpha: block }
allow: [{ service: alpha, clients: [10.0.0.5], until: 2026-12-31, reason: vendor }]`,
    says: {
      'connect.eu.alpha.example from 10.0.0.5':
        'allowed by allow/alpha/session/connect.*.alpha.example@10.0.0.5',
      'connect.eu.alpha.example from 10.0.0.6': 'blocked by alpha/session/connect.*.alpha.example',
      '198.51.100.1 from 10.0.0.5': 'allowed by allow/alpha/session/198.51.100.0/28@10.0.0.5',
      '198.51.100.1': 'blocked by alpha/session/198.51.100.0/28',
    },
  },
  {
    when: 'an exception that has ended',
    policy:
      'services: { alpha: block }\nallow: [{ name: connect.alpha.example, until: 2026-11-20 }]',
    says: { 'connect.alpha.example': 'blocked by alpha/session/connect.alpha.example' },
  },
  {
    when: 'signals are answered no without a word in the policy, even where it only observes',
    policy: 'mode: observe\nservices: { alpha: block }\nblock: [canary.example]',
    says: {
      'canary.example': 'blocked by bypass/canary/=canary.example',
      'x.relay.example': 'blocked by bypass/canary/relay.example',
      'x.canary.example': 'observed by block/canary.example',
      'connect.alpha.example': 'observed by alpha/session/connect.alpha.example',
      'doh.example': 'unmatched',
    },
  },
  {
    when: 'a signal that something else blocks too keeps its answer',
    policy:
      'mode: observe\nblock: ["=canary.example", "=relay.example", x.relay.example]\nlists: [{ file: a.txt }]',
    lists: { 'a.txt': '0.0.0.0 relay.example\n0.0.0.0 y.relay.example' },
    says: {
      'canary.example': 'blocked by bypass/canary/=canary.example',
      'relay.example': 'blocked by bypass/canary/relay.example',
      'x.relay.example': 'blocked by bypass/canary/relay.example',
      'y.relay.example': 'blocked by bypass/canary/relay.example',
    },
  },
  {
    when: 'signals can be allowed by name, by kind or for a group',
    policy: `bypass: { signals: watch }
allow: [relay.example]
clients: { phones: { networks: [10.0.0.0/8], bypass: { canary: allow } } }`,
    says: {
      'canary.example': 'watched by bypass/canary/=canary.example',
      'canary.example from 10.0.0.1': 'allowed by bypass/canary/=canary.example@phones',
      'x.relay.example': 'allowed by allow/relay.example',
    },
  },
  {
    when: 'signals that are off match nothing',
    policy: 'bypass: { signals: off, resolvers: block }',
    says: { 'canary.example': 'unmatched', 'doh.example': 'blocked by bypass/doh/doh.example' },
  },
  {
    when: 'the mode of the narrowest group that has one',
    policy: `mode: observe
block: [example.com]
clients:
  office: { networks: [10.0.0.0/8], mode: enforce }
  lab: { networks: [10.1.0.0/16], mode: observe }
  desk: { networks: [10.1.1.0/24] }
  kiosk: { networks: [10.1.1.9], mode: enforce }`,
    says: {
      'example.com from 192.0.2.1': 'observed by block/example.com',
      'example.com from 10.2.0.1': 'blocked by block/example.com',
      'example.com from 10.1.0.1': 'observed by block/example.com',
      'example.com from 10.1.1.1': 'observed by block/example.com',
      'example.com from 10.1.1.9': 'blocked by block/example.com',
    },
  },
  {
    when: 'addresses: the longest prefix, then the narrowest clients',
    policy: `block: [192.0.2.0/24, "2001:db8::/32", 0.0.0.0/0]
allow: [192.0.2.128/25, { network: 192.0.2.0/24, clients: [10.0.0.1] }]
watch: [192.0.2.200]`,
    says: {
      '192.0.2.1': 'blocked by block/192.0.2.0/24',
      '192.0.2.1 from 10.0.0.1': 'allowed by allow/192.0.2.0/24@10.0.0.1',
      '192.0.2.129': 'allowed by allow/192.0.2.128/25',
      '192.0.2.200': 'watched by watch/192.0.2.200',
      '203.0.113.1': 'blocked by block/0.0.0.0/0',
      '2001:db8:ffff::1': 'blocked by block/2001:db8::/32',
      '2001:db9::1': 'unmatched',
      '::ffff:192.0.2.200': 'watched by watch/192.0.2.200',
    },
  },
  {
    when: 'a rule for ports is for the firewall, not for answers',
    policy: 'block: [{ network: 192.0.2.0/24, ports: [443/tcp] }]',
    says: { '192.0.2.1': 'unmatched' },
  },
  {
    when: 'the addresses of a blocked service',
    policy: 'services: { others: block }',
    says: {
      '198.51.100.15': 'blocked by alpha/session/198.51.100.0/28',
      '198.51.100.16': 'blocked by beta/session/198.51.100.16',
      '198.51.100.17': 'unmatched',
      '2001:db8:b::1': 'blocked by beta/session/2001:db8:b::/48',
    },
  },
];
for (const { when, policy, lists = {}, says } of cases) {
  test(`judge: ${when}`, () => {
    const { ruleset } = compileText(`organisation: { name: Example Corp }\n${policy}`, { lists });
    for (const [asked, expected] of Object.entries(says)) {
      const [what, from = '203.0.113.7'] = asked.split(' from ') as [string, string?];
      const client = parseAddress(from);
      const isAddress = /^[\d.]+\d$|:/.test(what);
      const verdict = judge(
        ruleset,
        isAddress ? { client, address: parseAddress(what) } : { client, name: parseName(what) },
      );
      const said =
        verdict.kind === 'unmatched' ? 'unmatched' : `${verdict.kind} by ${verdict.rule.id}`;
      assert.equal(said, expected, asked);
    }
  });
}

test('explain tells the rules that did not decide, each with why', () => {
  const { ruleset } = compileText(`organisation: { name: Example Corp }
services: { alpha: block }
block: [alpha.example]
watch: [connect.alpha.example]
allow: [{ name: connect.alpha.example, clients: [10.0.0.1] }, { name: connect.alpha.example, clients: [10.9.9.9] }]`);
  const { verdict, others } = explainName(
    ruleset,
    parseAddress('10.0.0.1'),
    parseName('connect.alpha.example'),
  );
  assert.equal(verdict.kind, 'allowed');
  assert.deepEqual(
    others.map(({ rule, why }) => `${rule.id}: ${why}`),
    [
      'watch/connect.alpha.example: its clients are wider',
      'alpha/session/connect.alpha.example: its clients are wider',
      'block/alpha.example: its target is less specific',
      'allow/connect.alpha.example@10.9.9.9: is for other clients: 10.9.9.9',
    ],
  );
});

test('explain names the rule that judge names, for a signal too', () => {
  const { ruleset } = compileText(
    'organisation: { name: Example Corp }\nblock: ["=relay.example"]',
  );
  const { verdict, others } = explainName(
    ruleset,
    parseAddress('10.0.0.1'),
    parseName('relay.example'),
  );
  assert.equal(verdict.kind === 'blocked' && verdict.rule.id, 'bypass/canary/relay.example');
  assert.deepEqual(
    others.map(({ rule, why }) => `${rule.id}: ${why}`),
    ['block/=relay.example: a signal is answered no, whoever else blocks it'],
  );
});
