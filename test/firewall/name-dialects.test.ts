import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend, NameEntry } from '../../src/firewall/backend.ts';
import { awsBackend } from '../../src/firewall/backends/aws.ts';
import { fortigateBackend } from '../../src/firewall/backends/fortigate.ts';
import { haproxyBackend } from '../../src/firewall/backends/haproxy.ts';
import { nginxBackend } from '../../src/firewall/backends/nginx.ts';
import { paloaltoBackend } from '../../src/firewall/backends/paloalto.ts';
import { routerosBackend } from '../../src/firewall/backends/routeros.ts';
import { sigmaBackend } from '../../src/firewall/backends/sigma.ts';
import { squidBackend } from '../../src/firewall/backends/squid.ts';
import { suricataBackend } from '../../src/firewall/backends/suricata.ts';
import { printable } from '../../src/text.ts';
import { createPrng } from '../support/prng.ts';
import { samplePlan } from './sample-plan.ts';
import { detects, globbed, readRouteros, readSigma, readSuricata } from './support/dialects.ts';
import {
  ASKED,
  decided,
  entryOf,
  growEntries,
  HOSTILE,
  ODD_NAMES,
  planOf,
  titleOf,
} from './support/name-plans.ts';

type Decision = NameEntry['action'] | undefined;
type Judge = (name: string) => Decision;

const textOf = (backend: Backend, entries: readonly NameEntry[], path: string): string => {
  const artifact = backend.print(planOf(entries)).find((one) => one.path === path);
  assert(artifact, `there is a ${path}`);
  return artifact.text;
};

/** What all rules that match say; they must agree, as their order does not count. */
function suricata(protocol: string, path: string) {
  return (entries: readonly NameEntry[]): Judge => {
    const rules = readSuricata(textOf(suricataBackend, entries, path));
    const own = rules.filter((rule) => rule.protocol === protocol);
    return (name) => {
      const fired = [...new Set(own.filter(({ matches }) => matches(name)).map((r) => r.action))];
      assert(fired.length < 2, `${name} is ${fired.join(' and ')}`);
      return ({ pass: 'allow', reject: 'block', alert: 'watch' } as const)[fired[0] ?? ''];
    };
  };
}

/** Strict order: the first that passes or rejects ends it, an alert is noted on the way. */
function networkFirewall(entries: readonly NameEntry[]): Judge {
  const group = JSON.parse(textOf(awsBackend, entries, 'network-firewall-1.json'));
  const rules = readSuricata(group.RuleGroup.RulesSource.RulesString);
  return (name) => {
    let alerted = false;
    for (const { action, protocol, matches } of rules) {
      if (protocol !== 'tls' || !matches(name)) continue;
      if (action === 'reject') return 'block';
      if (action === 'pass') return alerted ? 'watch' : 'allow';
      alerted = true;
    }
    return undefined;
  };
}

/** By priority; `*.` stands for any number of labels. */
function dnsFirewall(entries: readonly NameEntry[]): Judge {
  const template = JSON.parse(textOf(awsBackend, entries, 'dns-firewall.json'));
  const { RuleGroup, ...lists } = template.Resources;
  const rules = (RuleGroup.Properties.FirewallRules as Record<string, unknown>[])
    .toSorted((a, b) => Number(a.Priority) - Number(b.Priority))
    .map((rule) => {
      const { Ref } = rule.FirewallDomainListId as { Ref: string };
      const url = lists[Ref].Properties.DomainFileUrl['Fn::Sub'] as string;
      const domains = textOf(awsBackend, entries, url.replace(/^\$\{Lists\}/, 'dns'));
      return { action: String(rule.Action), domains: domains.trim().split('\n') };
    });
  return (name) => {
    const rule = rules.find(({ domains }) => domains.some((domain) => globbed(domain, name)));
    return ({ ALLOW: 'allow', BLOCK: 'block', ALERT: 'watch' } as const)[rule?.action ?? ''];
  };
}

function sigma(path: string) {
  return (entries: readonly NameEntry[]): Judge => {
    const rules = readSigma(textOf(sigmaBackend, entries, path));
    return (name) => {
      const titles = rules.filter((rule) => detects(rule, name)).map(({ title }) => title);
      const found = [...new Set(titles.map((title) => /refused|watched/.exec(title)?.[0]))];
      assert(found.length < 2, `${name} is ${found.join(' and ')}`);
      return ({ refused: 'block', watched: 'watch' } as const)[found[0] ?? ''];
    };
  };
}

/** The chain of TLS names, from its top. */
function routerosTls(menu: string) {
  return (entries: readonly NameEntry[]): Judge => {
    const rules = readRouteros(textOf(routerosBackend, entries, 'tunnelwarden.rsc'))
      .filter((command) => command.menu === menu && command.values.chain === 'tw-tls')
      .map(({ values }) => values);
    return (name) => {
      let logged = false;
      for (const { action, 'tls-host': host = '' } of rules) {
        if (!globbed(host, name)) continue;
        if (action === 'reject') return 'block';
        if (action === 'return') return logged ? 'watch' : 'allow';
        logged = true;
      }
      return undefined;
    };
  };
}

function routerosDns(entries: readonly NameEntry[]): Judge {
  const rules = readRouteros(textOf(routerosBackend, entries, 'tunnelwarden.rsc'))
    .filter(({ menu, verb }) => menu === '/ip dns static' && verb === 'add')
    .map(({ values }) => values);
  return (name) =>
    rules.some(({ name: own, regexp, 'match-subdomain': below }) =>
      regexp === undefined
        ? name === own || (below === 'yes' && name.endsWith(`.${own}`))
        : new RegExp(regexp).test(name),
    )
      ? 'block'
      : undefined;
}

function list(backend: Backend, path: string, end = '') {
  return (entries: readonly NameEntry[]): Judge => {
    const found = backend.print(planOf(entries)).find((one) => one.path === path);
    const lines = (found?.text ?? '').split('\n').filter((line) => line !== '');
    for (const line of lines) assert.match(line, /^(?:\*\.)?[a-z0-9_.-]+\/?$/);
    return (name) => (lines.some((line) => globbed(line, name + end)) ? 'block' : undefined);
  };
}

/** Squid's lists: the first `ssl_bump` that fits; a refusal by `http_access` has to agree. */
function squid(entries: readonly NameEntry[]): Judge {
  const lines = textOf(squidBackend, entries, 'tunnelwarden.squid.conf')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' '));
  const acls = new Map<string, ((name: string) => boolean)[]>();
  for (const [word, acl = '', type = '', ...values] of lines) {
    if (word !== 'acl' || type === 'at_step') continue;
    const tests = values
      .filter((value) => !/^-/.test(value))
      .map((value) => (name: string) => {
        if (type.includes('regex')) return new RegExp(value, 'i').test(name);
        return value.startsWith('.') ? `.${name}`.endsWith(value) : value === name;
      });
    acls.set(acl, [...(acls.get(acl) ?? []), ...tests]);
  }
  const fits = (acl: string, name: string): boolean =>
    acl.startsWith('!')
      ? !fits(acl.slice(1), name)
      : acls.get(acl)?.some((matches) => matches(name)) === true;
  return (name) => {
    const bump = lines.find(
      ([word, action, acl = '']) => word === 'ssl_bump' && action !== 'peek' && fits(acl, name),
    )?.[1];
    const denied = lines.some(
      ([word, action, ...all]) =>
        word === 'http_access' && action === 'deny' && all.every((acl) => fits(acl, name)),
    );
    assert.equal(denied, bump === 'terminate', `${name} by host and by TLS name`);
    return bump === 'terminate' ? 'block' : undefined;
  };
}

/** `wholly` is for dialects that can say everything there is in these plans. */
const dialects: readonly {
  readonly what: string;
  readonly judge: (entries: readonly NameEntry[]) => Judge;
  readonly wholly: boolean;
  readonly sees: readonly Decision[];
}[] = [
  {
    what: 'Suricata, TLS',
    judge: suricata('tls', 'tunnelwarden.rules'),
    wholly: true,
    sees: ['allow', 'block', 'watch'],
  },
  {
    what: 'Suricata, DNS',
    judge: suricata('dns', 'tunnelwarden.rules'),
    wholly: true,
    sees: ['allow', 'block', 'watch'],
  },
  {
    what: 'Suricata, QUIC',
    judge: suricata('quic', 'tunnelwarden-quic.rules'),
    wholly: true,
    sees: ['allow', 'block', 'watch'],
  },
  {
    what: 'AWS Network Firewall',
    judge: networkFirewall,
    wholly: true,
    sees: ['allow', 'block', 'watch'],
  },
  {
    what: 'Sigma, DNS',
    judge: sigma('tunnelwarden_dns.yml'),
    wholly: true,
    sees: ['block', 'watch'],
  },
  {
    what: 'Sigma, TLS',
    judge: sigma('tunnelwarden_tls.yml'),
    wholly: true,
    sees: ['block', 'watch'],
  },
  { what: 'Squid', judge: squid, wholly: true, sees: ['block'] },
  { what: 'Route 53', judge: dnsFirewall, wholly: false, sees: ['allow', 'block', 'watch'] },
  {
    what: 'RouterOS, TLS',
    judge: routerosTls('/ip firewall filter'),
    wholly: false,
    sees: ['allow', 'block', 'watch'],
  },
  {
    what: 'RouterOS, TLS over IPv6',
    judge: routerosTls('/ipv6 firewall filter'),
    wholly: false,
    sees: ['allow', 'block', 'watch'],
  },
  { what: 'RouterOS, DNS', judge: routerosDns, wholly: false, sees: ['block'] },
  {
    what: 'Palo Alto domains',
    judge: list(paloaltoBackend, 'domains.txt'),
    wholly: false,
    sees: ['block'],
  },
  {
    what: 'Palo Alto URLs',
    judge: list(paloaltoBackend, 'urls.txt', '/'),
    wholly: false,
    sees: ['block'],
  },
  {
    what: 'FortiGate',
    judge: list(fortigateBackend, 'domains-1.txt'),
    wholly: false,
    sees: ['block'],
  },
];

const prng = createPrng(99);
const wild = Array.from({ length: 40 }, () => growEntries(prng, { wildcards: true }));
const tame = Array.from({ length: 40 }, () => growEntries(prng, { wildcards: false }));
const blockedOnly = tame.map((entries) =>
  entries.filter(({ id, action }) => action === 'block' || id.startsWith('ingress/')),
);
const hasException = (entries: readonly NameEntry[]) =>
  entries.some(({ id }) => id.startsWith('ingress/'));

for (const { what, judge, wholly, sees } of dialects) {
  test(`${what}: decides as the policy does`, () => {
    const forests = wholly ? [...wild, ...tame] : blockedOnly.filter((one) => !hasException(one));
    for (const entries of forests) {
      const says = judge(entries);
      for (const name of ASKED) {
        const wanted = decided(entries, name);
        assert.equal(
          says(name),
          sees.includes(wanted) ? wanted : undefined,
          `${name}: ${titleOf(entries)}`,
        );
      }
    }
  });

  test(`${what}: refuses nothing that stays open`, () => {
    for (const entries of [...wild, ...tame, ...blockedOnly]) {
      const says = judge(entries);
      for (const name of ASKED) {
        if (says(name) !== 'block') continue;
        assert.equal(decided(entries, name), 'block', `${name}: ${titleOf(entries)}`);
      }
    }
  });
}

const exceptionsWithoutWildcards = dialects.filter(({ what }) =>
  ['Route 53', 'RouterOS, TLS', 'RouterOS, TLS over IPv6'].includes(what),
);
for (const { what, judge } of exceptionsWithoutWildcards) {
  test(`${what}: exceptions without wildcards are said wholly`, () => {
    for (const entries of tame) {
      const says = judge(entries);
      for (const name of ASKED) assert.equal(says(name), decided(entries, name), name);
    }
  });
}

const backends = [
  awsBackend,
  fortigateBackend,
  haproxyBackend,
  nginxBackend,
  paloaltoBackend,
  routerosBackend,
  sigmaBackend,
  squidBackend,
  suricataBackend,
];

for (const backend of backends) {
  test(`${backend.id}: hostile text stays text`, () => {
    const odd = planOf([...HOSTILE, ...ODD_NAMES, ...samplePlan.names], {
      organisation: { name: 'Evil\n"Corp"; */ $x' },
    });
    for (const { path, text } of backend.print(odd)) {
      assert.match(text, /^[\x20-\x7e\n]*$/, `${path} is printable ASCII`);
      assert(text === '' || text.endsWith('\n'), `${path} ends its last line`);
      for (const line of text.split('\n')) {
        if (/^\s*(?:#|-)/.test(line)) continue;
        assert(!/\\032|\\\.b\.example|a[|{/'#]b/.test(line), `${path} holds an odd name: ${line}`);
      }
    }
    const all = backend.print(odd).map(({ text }) => text);
    for (const { id } of ODD_NAMES) {
      assert(
        all.some((text) => text.includes(id)),
        `${id} is told to be left out`,
      );
    }
  });

  test(`${backend.id}: the same plan gives the same bytes`, () => {
    assert.deepEqual(backend.print(samplePlan), backend.print(samplePlan));
    const paths = backend.print(samplePlan).map(({ path }) => path);
    assert.equal(new Set(paths).size, paths.length);
  });
}

test('Suricata: messages come out as they were, numbers are used once and stay', () => {
  const entries = [...HOSTILE, ...samplePlan.names];
  const rules = backends
    .filter(({ id }) => id === 'suricata')
    .flatMap((backend) => backend.print(planOf(entries)))
    .flatMap(({ text }) => readSuricata(text));
  assert.equal(new Set(rules.map(({ sid }) => sid)).size, rules.length);
  assert(rules.every(({ sid }) => sid >= 9_100_000 && sid < 10_000_000));
  assert(rules.some(({ message }) => message.includes('a"; drop database; #')));
  const fewer = readSuricata(suricataBackend.print(planOf(samplePlan.names))[0]?.text ?? '');
  for (const { message, protocol, sid } of fewer) {
    const same = rules.find((rule) => rule.message === message && rule.protocol === protocol);
    assert.equal(same?.sid, sid, message);
  }
});

test('Suricata: a rule with more exceptions than a line holds is told of, not cut', () => {
  const entries = [
    entryOf('example.net', 'block'),
    ...Array.from({ length: 400 }, (_, i) => entryOf(`exception-number-${i}.example.net`, 'allow')),
  ];
  const text = suricataBackend.print(planOf(entries))[0]?.text ?? '';
  assert.match(text, /^# - block\/example\.net: with its exceptions/m);
  assert.equal(suricata('tls', 'tunnelwarden.rules')(entries)('other.example.net'), undefined);
});

test('Sigma: each rule has what the specification asks for', () => {
  const rules = sigmaBackend
    .print(planOf([...HOSTILE, ...samplePlan.names]))
    .flatMap(({ text }) => readSigma(text));
  assert(rules.length >= 7);
  for (const rule of rules) {
    assert.match(rule.id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert(rule.title.length > 0 && rule.title.length <= 256);
    assert(['low', 'medium'].includes(rule.level));
    assert.equal(rule.status, 'stable');
    assert(Object.keys(rule.logsource).length > 0);
    assert.equal(typeof rule.detection.condition, 'string');
  }
  assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length);
  for (const entry of HOSTILE) {
    const [rule] = readSigma(sigmaBackend.print(planOf([entry]))[0]?.text ?? '');
    assert.equal(rule?.description, printable(entry.reason));
  }
});

test('AWS: the rule group is what create-rule-group takes', () => {
  const group = JSON.parse(textOf(awsBackend, samplePlan.names, 'network-firewall-1.json'));
  assert.deepEqual(Object.keys(group).sort(), [
    'Capacity',
    'Description',
    'RuleGroup',
    'RuleGroupName',
    'Type',
  ]);
  assert.match(group.RuleGroupName, /^[a-zA-Z0-9-]{1,128}$/);
  const rules = readSuricata(group.RuleGroup.RulesSource.RulesString);
  assert(group.Capacity >= rules.length && group.Capacity <= 30_000);
  assert.deepEqual(group.RuleGroup.StatefulRuleOptions, { RuleOrder: 'STRICT_ORDER' });
  assert(rules.some(({ action, protocol }) => action === 'drop' && protocol === 'ip'));
});

test('FortiGate: a configuration of nested words and quoted values', () => {
  const text = fortigateBackend.print(planOf([...HOSTILE, ...samplePlan.names]))[0]?.text ?? '';
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines) {
    assert.match(
      line,
      /^(?:config system external-resource|end|\s{4}edit "[a-z0-9-]{1,35}"|\s{4}next|\s{8}set [a-z-]+ (?:"[^"\\]{1,255}"|[a-z0-9]+))$/,
    );
  }
  const categories = [...text.matchAll(/set category (\d+)/g)].map(([, n]) => Number(n));
  assert(categories.every((n) => n >= 192 && n <= 221));
  assert.equal(new Set(categories).size, categories.length);
});

test('Palo Alto: commands of known words only', () => {
  const text = paloaltoBackend.print(planOf([...HOSTILE, ...samplePlan.names]))[0]?.text ?? '';
  for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    assert.match(line, /^set (?:external-list|profiles) [a-z0-9:/. -]+$/);
  }
});

test('RouterOS: ports, resolvers and networks of everyone, where no group differs', () => {
  const plan = { ...samplePlan, packets: { ...samplePlan.packets, dispatch: [] } };
  const [artifact] = routerosBackend.print(plan);
  const commands = readRouteros(artifact?.text ?? '');
  const rules = commands.filter(({ values }) => values.chain === 'tw-forward');
  const lists = new Set(commands.map(({ menu, values }) => `${menu} ${values.list}`));
  for (const { menu, values } of rules) {
    for (const key of ['src-address-list', 'dst-address-list']) {
      const name = values[key]?.replace('!', '');
      const family = menu.replace(' filter', ' address-list');
      if (name) assert(lists.has(`${family} ${name}`), `${name} is a list of ${family}`);
    }
    if (values['reject-with'] === 'tcp-reset') assert.equal(values.protocol, 'tcp');
    if (values['dst-port'] !== undefined) assert(values.protocol);
  }
  const captures = commands.filter(({ values }) => values.chain === 'dstnat');
  assert.equal(captures.length, 4);
  assert(captures.every(({ values }) => values['src-address-list'] === '!tw_dnsok'));
  for (const id of ['TW-DOT', 'TW-DOH', 'TW-NET-1f2e3d4c', 'TW-PORT-cloudflare-tunnel']) {
    assert(
      rules.some(({ values }) => values['log-prefix'] === id),
      id,
    );
  }
  assert.match(artifact?.text ?? '', /^# - addresses: TW-DENY/m);
});
