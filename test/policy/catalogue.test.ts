import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatPort } from '../../src/policy/fields.ts';
import { judge } from '../../src/policy/judge.ts';
import { loadPolicy, readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import { labelsOf, type Name, parseName } from '../../src/policy/name.ts';
import { contains, octetsOfAddress, parseAddress } from '../../src/policy/network.ts';
import { covers, formatPattern, type NamePattern } from '../../src/policy/pattern.ts';
import type { Rule } from '../../src/policy/ruleset.ts';
import type { Port } from '../../src/policy/service.ts';
import { compileText, faultsOf, NOW } from './support/build.ts';

const shipped = readCatalogue(SHIPPED_RULES);
const services = [...shipped.services.values()];
const client = parseAddress('192.0.2.7');
const example = loadPolicy(join(SHIPPED_RULES, 'policy.example.yaml'), NOW);

const verdictOf = (text: string) => judge(example.ruleset, { client, name: parseName(text) });
/** A name that the pattern covers: every wildcard filled. */
const filled = ({ name }: NamePattern) =>
  parseName(
    labelsOf(name)
      .map((label) => (label === '*' ? 'new-region' : label))
      .join('.'),
  );

for (const [part, entries] of [
  ['services', shipped.services],
  ['bypass', shipped.bypasses],
  ['fronts', shipped.fronts],
] as const) {
  test(`every file of rules/${part} is read, and bears the id of what is in it`, () => {
    const files = readdirSync(join(SHIPPED_RULES, part));
    assert.deepEqual([...entries.keys()].map((id) => `${id}.yaml`).sort(), files.sort());
  });
}

test('no name stands twice in the catalogue, in whatever role', () => {
  const seen = new Map<string, string>();
  for (const { id, names } of services) {
    for (const { role, pattern } of names) {
      const notation = formatPattern(pattern);
      assert.equal(
        seen.get(notation),
        undefined,
        `${notation} is in ${id}/${role} and in ${seen.get(notation)}`,
      );
      seen.set(notation, `${id}/${role}`);
    }
  }
});

test('no session name of a service covers a name of another', () => {
  for (const { id, names } of services) {
    for (const { pattern } of names.filter(({ role }) => role === 'session')) {
      for (const other of services) {
        for (const theirs of other.id === id ? [] : other.names) {
          const inside = covers(pattern, theirs.pattern.name, labelsOf(theirs.pattern.name));
          assert.ok(
            !inside,
            `${id}/${formatPattern(pattern)} covers ${other.id}/${formatPattern(theirs.pattern)}`,
          );
        }
      }
    }
  }
});

test('no address belongs to two services', () => {
  const all = services.flatMap(({ networks }) => networks.map(({ text }) => text));
  assert.equal(new Set(all).size, all.length);
});

test('ports that only one service uses are among those it dials, and nobody else dials them', () => {
  const overlap = (a: Port, b: Port) =>
    a.transport === b.transport &&
    a.number <= (b.last ?? b.number) &&
    b.number <= (a.last ?? a.number);
  const owners = services.filter(({ ownPorts }) => ownPorts.length > 0);
  assert.ok(owners.length >= 5);
  for (const { id, ports, ownPorts } of owners) {
    for (const own of ownPorts) {
      assert.ok(
        ports.some((port) => formatPort(port) === formatPort(own)),
        `${id} ${own.number}`,
      );
      // Those that any program may use: refusing them towards everyone would be an outage.
      assert.ok(![22, 53, 80, 123, 443, 3478, 8080, 8443, 51820].includes(own.number), id);
      const rival = services.find((s) => s.id !== id && s.ports.some((port) => overlap(port, own)));
      assert.equal(rival?.id, undefined, `${id} ${formatPort(own)}`);
    }
  }
});

test('labels are known only for a *, and make names that the pattern covers', () => {
  const known = services.flatMap(({ names }) => names.filter((name) => name.known.length > 0));
  assert.ok(known.length >= 2);
  for (const { pattern, known: labels } of known) {
    for (const label of labels) {
      const name = parseName(pattern.name.replace('*', label));
      assert.ok(covers(pattern, name, labelsOf(name)), name);
      assert.notEqual(name, pattern.name);
    }
  }
});

test('fronts of many are public networks, none listed twice', () => {
  const fronts = [...shipped.fronts.values()].flatMap(({ networks }) => networks);
  const unroutable = ['10.0.0.1', '127.0.0.1', '192.168.1.1', '172.16.0.1', 'fd00::1', 'fe80::1'];
  for (const front of fronts) {
    assert.ok(front.length > 0);
    for (const text of unroutable) {
      assert.ok(!contains(front, octetsOfAddress(parseAddress(text))), `${front.text} ${text}`);
    }
    const wider = fronts.find(
      (other) => other !== front && other.length <= front.length && contains(other, front.octets),
    );
    // Vendors list some ranges twice, once within a wider one.
    assert.ok(!wider || wider.text !== front.text, front.text);
  }
});

test('every service has something to block and says where it is known from', () => {
  for (const { id, names, sources, checked } of services) {
    assert.ok(
      names.some(({ role }) => role === 'session' || role === 'endpoint'),
      `${id} has no name to block`,
    );
    for (const { date } of sources)
      assert.ok(date <= checked, `${id}: a source of ${date} was read before ${checked}`);
  }
});

test('the starter policy is sound and warns of nothing', () =>
  assert.deepEqual(example.warnings, []));

test('the starter policy blocks what every service of the catalogue dials', () => {
  for (const service of services) {
    for (const { role, pattern } of service.names.filter(({ role }) => role === 'session')) {
      for (const name of [
        filled(pattern),
        ...(pattern.scope === 'subtree' ? [parseName(`a1.${filled(pattern)}`)] : []),
      ]) {
        const verdict = judge(example.ruleset, { client, name });
        // A more specific name of another role of the same service may be left open below it.
        if (verdict.kind === 'allowed' && isLeftOpen(verdict.rule, name)) continue;
        assert.equal(verdict.kind, 'blocked', `${service.id}/${role}: ${name}`);
      }
    }
    for (const network of service.networks) {
      const address = parseAddress(network.text.replace(/\/.*/, ''));
      assert.equal(
        judge(example.ruleset, { client, address }).kind,
        'blocked',
        `${service.id}: ${network.text}`,
      );
    }
  }
});

function isLeftOpen(rule: Rule, name: Name): boolean {
  return (
    rule.origin === 'implied' &&
    rule.target.kind === 'name' &&
    covers(rule.target.pattern, name, labelsOf(name))
  );
}

// Written out from the vendor's documents, so that an edit of the catalogue cannot lose one.
const REGIONS = ['us', 'eu', 'ap', 'au', 'sa', 'jp', 'in', 'us-cal-1'];
const ngrokDoors = [
  'connect.ngrok-agent.com',
  ...REGIONS.map((region) => `connect.${region}.ngrok-agent.com`),
  'connect.eu-lon-1.ngrok-agent.com',
  'connect.new-region.ngrok-agent.com',
  'tunnel.ngrok.com',
  ...REGIONS.map((region) => `tunnel.${region}.ngrok.com`),
  'korgn.su.lennut.com',
  'korgn.ue.lennut.com',
  'ngrok.us.tunnel.com',
  'ngrokd.ngrok.com',
  'kubernetes-binding-ingress.ngrok.io',
  'connect.ngrok-endpoints.com',
];
for (const name of ngrokDoors) {
  test(`ngrok: block refuses ${name}`, () => {
    const verdict = verdictOf(name);
    assert.equal(verdict.kind, 'blocked');
    assert.equal(
      'rule' in verdict && `${verdict.rule.service}/${verdict.rule.role}`,
      'ngrok/session',
    );
  });
}

const roundResolvers = [
  'dns.google',
  'dns.google.com',
  'cloudflare-dns.com',
  'mozilla.cloudflare-dns.com',
  'one.one.one.one',
  'dns.quad9.net',
  'doh.opendns.com',
  'dns.nextdns.io',
  'dns.adguard-dns.com',
];
for (const name of roundResolvers) {
  test(`resolvers: block refuses ${name}`, () => assert.equal(verdictOf(name).kind, 'blocked'));
}

const signals = [
  'use-application-dns.net',
  'mask.icloud.com',
  'mask-h2.icloud.com',
  'mask-api.icloud.com',
];
for (const name of signals) {
  test(`the signal ${name} is answered NXDOMAIN`, () => {
    const verdict = verdictOf(name);
    assert.equal(verdict.kind, 'blocked');
    assert.equal('rule' in verdict && verdict.rule.answer, 'nxdomain');
  });
}

const allowed = [
  'crl.ngrok-agent.com',
  'crl.ngrok.com',
  'tunnels.example.com',
  'tunnel.us.tunnels.example.com',
];
for (const name of allowed) {
  test(`the starter policy allows ${name}`, () => assert.equal(verdictOf(name).kind, 'allowed'));
}

/** Names an office needs, some of them right beside those of a tunnel service. */
const ordinary = [
  '.',
  'com',
  'example.com',
  'www.example.com',
  'localhost',
  'arpa',
  'github.com',
  'api.github.com',
  'raw.githubusercontent.com',
  'github.dev',
  'ghcr.io',
  's3.amazonaws.com',
  'amazonaws.com',
  'sts.amazonaws.com',
  'example.s3.amazonaws.com',
  'www.cloudflare.com',
  'api.cloudflare.com',
  'dash.cloudflare.com',
  'cdnjs.cloudflare.com',
  'cloudflare.com',
  'workers.dev',
  'login.microsoftonline.com',
  'www.microsoft.com',
  'vscode.dev',
  'code.visualstudio.com',
  'marketplace.visualstudio.com',
  'dev.azure.com',
  'visualstudio.com',
  'ngrok.com',
  'dashboard.ngrok.com',
  'api.ngrok.com',
  'status.ngrok.com',
  'ngrok-agent.com',
  'update.ngrok-agent.com',
  'example.ngrok.app',
  'example.ngrok-free.app',
  '0.tcp.ngrok.io',
  'ngrok.io',
  'ngrok-cname.com',
  'tunnel.com',
  'us.tunnel.com',
  'update.equinox.io',
  'bin.equinox.io',
  'equinox.io',
  'api.stripe.com',
  'huggingface.co',
  'cdn-media.huggingface.co',
  'gradio.app',
  'www.gradio.app',
  'expo.dev',
  'auth0.com',
  'pypi.org',
  'files.pythonhosted.org',
  'crates.io',
  'proxy.golang.org',
  'www.google.com',
  'google.com',
  'accounts.google.com',
  'www.apple.com',
  'icloud.com',
  'www.icloud.com',
  'apple-dns.net',
  'svix.com',
  'api.svix.com',
  'www.mozilla.org',
  'doh.example.com',
  'quad9.net',
  'www.opendns.com',
];
for (const name of ordinary) {
  test(`the starter policy does not touch ${name}`, () =>
    assert.deepEqual(verdictOf(name), { kind: 'unmatched' }));
}

const every = (choice: string) =>
  `organisation: { name: Example Corp }\nservices:\n${services.map(({ id }) => `  ${id}: ${choice}\n`).join('')}`;
const wholesale = [
  { when: 'every service blocked by name', policy: every('block') },
  {
    when: 'every role of every service',
    policy: every(
      '{ session: block, endpoint: block, support: watch, update: watch, download: block, admin: block, bypass: block }',
    ),
  },
  {
    when: 'every service blocked by an entry',
    policy: `organisation: { name: Example Corp }\nblock:\n${services.map(({ id }) => `  - service: ${id}\n`).join('')}`,
  },
];
for (const { when, policy } of wholesale) {
  test(`no contradiction with ${when}`, () =>
    assert.deepEqual(faultsOf(policy, { using: shipped }), []));
}

test('services blocked one by one mean what `others: block` means', () => {
  const one = compileText(every('block'), { using: shipped }).ruleset;
  const all = compileText('organisation: { name: Example Corp }\nservices: { others: block }', {
    using: shipped,
  }).ruleset;
  const said = ({ rules }: typeof one) => rules.map(({ id, action }) => `${action} ${id}`).sort();
  assert.deepEqual(said(one), said(all));
});
