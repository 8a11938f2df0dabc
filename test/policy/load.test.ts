import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { loadPolicy, readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import { InputError } from '../../src/policy/problem.ts';
import { NOW } from './support/build.ts';

// Faults name files as they are seen from here, so each case is `policy.yaml` of the current folder.
const home = process.cwd();
let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-'));
});
beforeEach(() => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  process.chdir(folder);
});
after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

function faultsOf(file: string): readonly string[] {
  try {
    loadPolicy(file, NOW);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message.split('\n');
  }
}

type Case = { when: string; policy: string | Uint8Array; are: readonly string[] };
const HEAD = 'organisation: { name: Example Corp }\n';
const ACTIONS = 'needs to be one of block, watch, allow, off';
const KEY = 'this key is not one word; put an address in brackets in quotes: "[::1]:53"';
const ALIAS =
  'this is a YAML alias; put a name that begins with * in quotes, write other values out';

const broken: readonly Case[] = [
  // What is no YAML, or no YAML of ours.
  { when: 'nothing', policy: '', are: ['policy.yaml:1:1: organisation: is missing; add it'] },
  {
    when: 'only a comment',
    policy: '# later\n',
    are: ['policy.yaml:1:1: organisation: is missing; add it'],
  },
  { when: 'null', policy: 'null\n', are: ['policy.yaml:1:1: organisation: is missing; add it'] },
  {
    when: 'text',
    policy: 'block everything',
    are: ['policy.yaml:1:1: needs to be a mapping (key: value), not text'],
  },
  {
    when: 'a list',
    policy: '- ngrok\n',
    are: ['policy.yaml:1:1: needs to be a mapping (key: value), not a list'],
  },
  {
    when: 'a tab',
    policy: 'organisation:\n\tname: Example Corp\n',
    are: ['policy.yaml:2:1: a tab indents this line; use spaces'],
  },
  {
    when: 'a tab before a list entry',
    policy: `${HEAD}block:\n\t- a.example\n`,
    are: ['policy.yaml:3:1: a tab indents this line; use spaces'],
  },
  {
    when: 'two documents',
    policy: `${HEAD}---\n${HEAD}`,
    are: ['policy.yaml:2:1: a second document begins here; keep one'],
  },
  {
    when: 'a key twice, here and there, beside other faults',
    policy: `${HEAD}mode: observe\nmode: enforce\nservices:\n  ngrok: block\n  ngrok: allow\nblock: [a..b]\n`,
    are: [
      'policy.yaml:3:1: a key stands here a second time; keep one of the two',
      'policy.yaml:6:3: a key stands here a second time; keep one of the two',
      'policy.yaml:7:9: block.0: "a..b" has an empty label; remove the extra dot',
    ],
  },
  {
    when: 'a wildcard without quotes',
    policy: `${HEAD}block:\n  - *.example.com\n`,
    are: [`policy.yaml:3:5: ${ALIAS}`],
  },
  {
    when: 'a wildcard without quotes in a row',
    policy: `${HEAD}block: [*.example.com]\n`,
    are: [`policy.yaml:2:9: ${ALIAS}`],
  },
  {
    when: 'aliases that stand for gigabytes',
    policy: `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'.replaceAll(/./g, (c) => `${c}: &${c} [*${String.fromCharCode(c.charCodeAt(0) - 1)}]\n`)}`,
    are: Array.from({ length: 9 }, (_, i) => `policy.yaml:${i + 2}:8: ${ALIAS}`),
  },
  {
    when: 'a merge',
    policy: 'organisation: &o { name: Example Corp }\nrefusal:\n  <<: *o\n',
    are: [`policy.yaml:3:7: ${ALIAS}`],
  },
  {
    when: 'an anchor that nobody uses',
    policy: 'organisation: &o { name: Example Corp }\n',
    are: [],
  },
  { when: 'a list as key', policy: `${HEAD}? [a, b]\n: c\n`, are: [`policy.yaml:2:3: ${KEY}`] },
  {
    when: 'an endpoint without quotes',
    policy: `${HEAD}resolver: { listen: [[::1]:53] }\n`,
    are: [`policy.yaml:2:22: ${KEY}`],
  },
  {
    when: 'a tag',
    policy: `${HEAD}mode: !observe x\n`,
    are: ['policy.yaml:2:7: is not valid YAML: Unresolved tag: !observe'],
  },
  {
    when: 'an open quote',
    policy: `${HEAD}mode: "observe\n`,
    are: ['policy.yaml:3:1: is not valid YAML: Missing closing "quote'],
  },
  {
    when: 'wrong indentation',
    policy: 'organisation:\n    name: Example Corp\n  contact: it\n',
    are: ['policy.yaml:3:1: is not valid YAML: All mapping items must start at the same column'],
  },

  // Marks and line ends of other systems move no line.
  {
    when: 'a byte order mark',
    policy: `\ufeff${HEAD}mdoe: observe\n`,
    are: ['policy.yaml:2:1: mdoe: is not a known key; remove it or correct its spelling'],
  },
  {
    when: 'a byte order mark on the line at fault',
    policy: '\ufefforganisation: 1\n',
    are: ['policy.yaml:1:15: organisation: needs to be a mapping (key: value), not a number'],
  },
  {
    when: 'lines of Windows',
    policy: `${HEAD.replace('\n', '\r\n')}\r\nmdoe: observe\r\n`,
    are: ['policy.yaml:3:1: mdoe: is not a known key; remove it or correct its spelling'],
  },

  // Keys and types.
  {
    when: 'keys nobody knows',
    policy:
      'organisation: { name: Example Corp, phone: 1 }\norganization: {}\nmdoe: observe\n7: x\n',
    are: [
      'policy.yaml:1:37: organisation.phone: is not a known key; remove it or correct its spelling',
      'policy.yaml:2:1: organization: is not a known key; remove it or correct its spelling',
      'policy.yaml:3:1: mdoe: is not a known key; remove it or correct its spelling',
      'policy.yaml:4:1: 7: is not a known key; remove it or correct its spelling',
    ],
  },
  {
    when: 'values of other types',
    policy:
      'organisation: Example Corp\nmode: 1\ningress: tunnels.example.com\nblock: a.example\nresolver: []\nattempts: { database: [] }\n',
    are: [
      'policy.yaml:1:15: organisation: needs to be a mapping (key: value), not text',
      'policy.yaml:2:7: mode: needs to be one of enforce, observe',
      'policy.yaml:3:10: ingress: needs to be a list, not text',
      'policy.yaml:4:8: block: needs to be a list, not text',
      'policy.yaml:5:11: resolver: needs to be a mapping (key: value), not a list',
      'policy.yaml:6:23: attempts.database: needs to be text, not a list',
    ],
  },
  {
    when: 'keys without values',
    policy: 'organisation:\nmode:\nblock:\nservices:\n',
    are: [
      'policy.yaml:1:14: organisation: is empty; write a mapping (key: value) or remove the key',
      'policy.yaml:2:6: mode: needs to be one of enforce, observe',
      'policy.yaml:3:7: block: is empty; write a list or remove the key',
      'policy.yaml:4:10: services: is empty; write a mapping (key: value) or remove the key',
    ],
  },
  {
    when: 'an organisation that says too little',
    policy: 'organisation: { name: "", contact: 7, help: "call us" }\n',
    are: [
      'policy.yaml:1:23: organisation.name: must not be empty',
      'policy.yaml:1:36: organisation.contact: needs to be text, not a number; put it in quotes',
      'policy.yaml:1:45: organisation.help: write a whole address such as https://it.example.com/tunnels',
    ],
  },
  {
    when: 'ingress domains',
    policy: `${HEAD}ingress:\n  - domain: "https://t.example.com"\n  - domian: t.example.com\n  - t.example.com\n  - domain: "*.example.com"\n  - domain: 192.0.2.1\n`,
    are: [
      'policy.yaml:3:13: ingress.0.domain: "https://t.example.com" has a ":"; write the bare domain, without scheme, port or path',
      'policy.yaml:4:5: ingress.1.domain: is missing; add it',
      'policy.yaml:4:5: ingress.1.domian: is not a known key; remove it or correct its spelling',
      'policy.yaml:5:5: ingress.2: needs to be a mapping (key: value), not text',
      'policy.yaml:6:13: ingress.3.domain: "*.example.com" has a "*"; write the bare domain, without scheme, port or path',
      'policy.yaml:7:13: ingress.4.domain: "192.0.2.1" ends in a number, as an address does; write a domain',
    ],
  },
  {
    when: 'targets',
    policy: `${HEAD}block:\n${['a..b', '10.0.0.0/33', '010.0.0.1', '0x7f.0.0.1', '127.1', '10.0.0.1/8', '"example.*"', '"a*.example"', 'https://x.example/', 'x.example:443', 'x.example/24', 'fe80::1%eth0', 'true', '[a.example]'].map((target) => `  - ${target}\n`).join('')}`,
    are: [
      'policy.yaml:3:5: block.0: "a..b" has an empty label; remove the extra dot',
      'policy.yaml:4:5: block.1: "10.0.0.0/33" has a prefix length over 32',
      'policy.yaml:5:5: block.2: "010.0.0.1" is not a network; write one such as 192.0.2.0/24 or 2001:db8::/32',
      'policy.yaml:6:5: block.3: "0x7f.0.0.1" is not a network; write one such as 192.0.2.0/24 or 2001:db8::/32',
      'policy.yaml:7:5: block.4: needs to be text, not a number; put it in quotes',
      'policy.yaml:8:5: block.5: "10.0.0.1/8" has host bits set; did you mean 10.0.0.0/8?',
      'policy.yaml:9:5: block.6: "example.*" ends in a wildcard; put at least one label right of the *',
      'policy.yaml:10:5: block.7: "a*.example" has a * inside a label; a * stands for one whole label',
      'policy.yaml:11:5: block.8: "https://x.example/" has a ":"; write the bare domain, without scheme, port or path',
      'policy.yaml:12:5: block.9: "x.example:443" has a ":"; write the bare domain, without scheme, port or path',
      'policy.yaml:13:5: block.10: "x.example/24" has a "/"; write the bare domain, without scheme, port or path',
      'policy.yaml:14:5: block.11: "fe80::1%eth0" is not a network; write one such as 192.0.2.0/24 or 2001:db8::/32',
      'policy.yaml:15:5: block.12: needs to be text, not true or false',
      'policy.yaml:16:5: block.13: needs to be text, not a list',
    ],
  },
  {
    when: 'entries: the faults of the form they come nearest to',
    policy: `${HEAD}block:
  - {}
  - { nam: a.example }
  - { name: a.example, ports: [443/tcp] }
  - { name: a.example, network: 10.0.0.0/8 }
  - { network: 10.0.0.0/33, ports: [99999/tcp], until: soon }
  - { service: ngrok, roles: [sesion], clients: [] }
`,
    are: [
      'policy.yaml:3:5: block.0.name: is missing; add it',
      'policy.yaml:4:5: block.1.name: is missing; add it',
      'policy.yaml:4:7: block.1.nam: is not a known key; remove it or correct its spelling',
      'policy.yaml:5:24: block.2.ports: is not a known key; remove it or correct its spelling',
      'policy.yaml:6:24: block.3.network: is not a known key; remove it or correct its spelling',
      'policy.yaml:7:16: block.4.network: "10.0.0.0/33" has a prefix length over 32',
      'policy.yaml:7:37: block.4.ports.0: "99999/tcp" is not a port; write one such as 443/tcp or 30000-31000/udp',
      'policy.yaml:7:56: block.4.until: "soon" is not a time; write a day such as 2026-12-31 or 2026-12-31T18:00:00+01:00',
      'policy.yaml:8:31: block.5.roles.0: needs to be one of session, endpoint, support, update, download, admin, bypass',
      'policy.yaml:8:49: block.5.clients: needs at least one',
    ],
  },
  {
    when: 'services and ways round',
    policy: `${HEAD}services:\n  ngrok: blok\n  bore: { session: blok, sesion: block }\n  zrok: { support: block }\n  others: [block]\n  tmate:\n  serveo: true\nbypass: { signals: yes, resolvers: { a: b } }\n`,
    are: [
      `policy.yaml:3:10: services.ngrok: ${ACTIONS}`,
      `policy.yaml:4:20: services.bore.session: ${ACTIONS}`,
      'policy.yaml:4:26: services.bore.sesion: is not a known key; remove it or correct its spelling',
      'policy.yaml:5:20: services.zrok.support: support names (revocation lists) are never blocked: sanctioned agents need them',
      `policy.yaml:6:11: services.others: ${ACTIONS}`,
      `policy.yaml:7:9: services.tmate: ${ACTIONS}`,
      `policy.yaml:8:11: services.serveo: ${ACTIONS}`,
      `policy.yaml:9:20: bypass.signals: ${ACTIONS}`,
      `policy.yaml:9:36: bypass.resolvers: ${ACTIONS}`,
    ],
  },
  {
    when: 'groups and lists',
    policy: `${HEAD}clients:\n  Guests: { networks: [10.0.0.0/8] }\n  a: {}\n  b: { networks: [] }\n  c: { networks: [10.0.0.1/8, foo], mod: observe }\nlists: [names.txt, {}, { file: 1 }, { file: names.txt, action: allow }]\n`,
    are: [
      'policy.yaml:3:3: clients.Guests: write lower-case letters, digits and hyphens',
      'policy.yaml:4:6: clients.a.networks: is missing; add it',
      'policy.yaml:5:18: clients.b.networks: name at least one network',
      'policy.yaml:6:19: clients.c.networks.0: "10.0.0.1/8" has host bits set; did you mean 10.0.0.0/8?',
      'policy.yaml:6:31: clients.c.networks.1: "foo" is not a network; write one such as 192.0.2.0/24 or 2001:db8::/32',
      'policy.yaml:6:37: clients.c.mod: is not a known key; remove it or correct its spelling',
      'policy.yaml:7:9: lists.0: needs to be a mapping (key: value), not text',
      'policy.yaml:7:20: lists.1.file: is missing; add it',
      'policy.yaml:7:32: lists.2.file: needs to be text, not a number; put it in quotes',
      'policy.yaml:7:64: lists.3.action: needs to be one of block, watch',
    ],
  },
  {
    when: 'refusals',
    policy: `${HEAD}refusal: { answer: drop, addresses: [0.0.0.0, "::", "::ffff:0.0.0.0", 010.0.0.1], ttl: 1.5 }\n`,
    are: [
      'policy.yaml:2:20: refusal.answer: needs to be one of nxdomain, nodata, refused, sinkhole',
      ...[
        { column: 38, address: '0.0.0.0' },
        { column: 47, address: '::' },
        { column: 53, address: '::ffff:0.0.0.0' },
      ].map(
        ({ column, address }, i) =>
          `policy.yaml:2:${column}: refusal.addresses.${i}: ${address} sends clients to their own ports; give an address of yours that resets or explains`,
      ),
      'policy.yaml:2:71: refusal.addresses.3: "010.0.0.1" is not an IP address; write four decimal parts such as 192.0.2.1, or IPv6',
      'policy.yaml:2:88: refusal.ttl: needs to be a whole number',
    ],
  },
  {
    when: 'a refusal that lasts too long',
    policy: `${HEAD}refusal: { ttl: 3601 }\n`,
    are: ['policy.yaml:2:17: refusal.ttl: must be at most 3600'],
  },
  {
    when: 'sinkholes without an address to point to',
    policy: `${HEAD}refusal: { answer: sinkhole }\nblock: [{ name: a.example, answer: sinkhole }]\nwatch: [{ name: b.example, answer: nodata }]\n`,
    are: [
      'policy.yaml:2:20: refusal.answer: needs refusal.addresses: name the refuser that refused names shall point to',
      'policy.yaml:3:36: block.0.answer: needs refusal.addresses: name the refuser that refused names shall point to',
      'policy.yaml:4:36: watch.0.answer: belongs to `block` entries only; remove it',
    ],
  },
  {
    when: 'a refuser where others are to be reached',
    policy: `${HEAD}refusal: { addresses: [192.0.2.1, 192.0.2.2, '2001:db8::1'] }\nresolver: { listen: ['192.0.2.1:53', '0.0.0.0:5300'] }\nfirewall: { gate: 9443, refuser: 9444, resolver: ['2001:db8::1'] }\n`,
    are: [
      'policy.yaml:2:24: refusal.addresses.0: 192.0.2.1 is in resolver.listen too, and all TCP to it would go to the refuser, ssh as well; give the refuser an address of its own',
      'policy.yaml:2:46: refusal.addresses.2: 2001:db8::1 is in firewall.resolver too, and all TCP to it would go to the refuser, ssh as well; give the refuser an address of its own',
      "policy.yaml:4:34: firewall.refuser: 9444 is one of the gate's two ports; choose another",
    ],
  },
  {
    when: 'settings of the resolver and the record',
    policy: `${HEAD}resolver:\n  listen: ["localhost:53"]\n  upstreams: ["tls://192.0.2.1", "192.0.2.1:0"]\n  forward: [{ domain: corp.example }]\n  clients: []\n  cache: lots\n  stale: never\n  strangers: drop\n  prefetch: 1\n  strip-ech: none\nattempts: { keep: forever, size: 0MB }\n`,
    are: [
      'policy.yaml:3:12: resolver.listen.0: "localhost" is not an IP address; write four decimal parts such as 192.0.2.1, or IPv6',
      'policy.yaml:4:15: resolver.upstreams.0: "tls://192.0.2.1" lacks the name to check its certificate against; write tls://192.0.2.1#NAME',
      'policy.yaml:4:34: resolver.upstreams.1: "192.0.2.1:0" has port 0; name the port it answers on',
      'policy.yaml:5:13: resolver.forward.0.upstreams: is missing; add it',
      'policy.yaml:6:12: resolver.clients: needs at least one',
      'policy.yaml:7:10: resolver.cache: "lots" is not a size; write one such as 512KB, 64MB or 1GB',
      'policy.yaml:8:10: resolver.stale: "never" is not a duration; write one such as 90s, 30m, 12h or 7d',
      'policy.yaml:9:14: resolver.strangers: needs to be one of refuse, ignore',
      'policy.yaml:10:13: resolver.prefetch: needs to be true or false, not a number',
      'policy.yaml:11:14: resolver.strip-ech: needs to be one of governed, all',
      'policy.yaml:12:19: attempts.keep: "forever" is not a duration; write one such as 90s, 30m, 12h or 7d',
      'policy.yaml:12:34: attempts.size: "0MB" is not a size; write one such as 512KB, 64MB or 1GB',
    ],
  },

  // Faults of every kind, told in one run.
  {
    when: 'faults of spelling, of meaning and contradictions at once',
    policy: `organisaton: { name: Example Corp }
mode: observ
ingress: [{ domain: tunnels.example.com, service: ngrk }]
services: { ngrokk: block, others: blok, tailscale: block }
bypass: { resolver: block }
block: [a..b, good.example, { name: x.example, clients: [guest] }, dup.example, a.tunnels.example.com]
allow: [{ name: dup.example }, { service: bore, until: 2026-02-30 }, { service: boor }]
lists: [{ file: nowhere.txt }]
refusal: { answer: sinkhole }
`,
    are: [
      'policy.yaml:1:1: organisation: is missing; add it',
      'policy.yaml:1:1: organisaton: is not a known key; remove it or correct its spelling',
      'policy.yaml:2:7: mode: needs to be one of enforce, observe',
      'policy.yaml:3:21: ingress.0.service: "ngrk" is not in the catalogue; `tunnelwarden services` lists them',
      'policy.yaml:4:21: services.ngrokk: "ngrokk" is not in the catalogue; did you mean ngrok?',
      'policy.yaml:4:36: services.others: needs to be one of block, watch, allow, off',
      'policy.yaml:5:21: bypass.resolver: "resolver" is not a known way round; did you mean resolvers?',
      'policy.yaml:6:9: block.0: "a..b" has an empty label; remove the extra dot',
      'policy.yaml:6:58: block.1.clients.0: "guest" is neither a network nor a group under `clients` (there are none yet)',
      'policy.yaml:6:81: block: "a.tunnels.example.com" lies in the sanctioned ingress tunnels.example.com (policy.yaml:3:21); remove one of the two',
      'policy.yaml:7:9: allow/dup.example: policy.yaml:6:68 and policy.yaml:7:9 say different things of dup.example for the same clients (block and allow); keep one, or limit one to narrower clients',
      'policy.yaml:7:56: allow.1.until: "2026-02-30" is not a time; write a day such as 2026-12-31 or 2026-12-31T18:00:00+01:00',
      'policy.yaml:7:70: allow.service: "boor" is not in the catalogue; `tunnelwarden services` lists them',
      'policy.yaml:8:9: lists.0.file: nowhere.txt does not exist; correct the path or remove the list',
      'policy.yaml:9:20: refusal.answer: needs refusal.addresses: name the refuser that refused names shall point to',
    ],
  },
  {
    when: 'a faulty group, which its users are not blamed for',
    policy: `${HEAD}block: [{ name: a.example, clients: [guests] }]\nclients: { guests: { networks: [10.0.0.1/8] } }\n`,
    are: [
      'policy.yaml:3:33: clients.guests.networks.0: "10.0.0.1/8" has host bits set; did you mean 10.0.0.0/8?',
    ],
  },
  {
    when: 'faulty clients of an entry, which is not taken for everyone then',
    policy: `${HEAD}block: [{ name: a.example, clients: [10.0.0.1/8] }]\nallow: [a.example]\n`,
    are: [
      'policy.yaml:2:38: block.0.clients.0: "10.0.0.1/8" has host bits set; did you mean 10.0.0.0/8?',
    ],
  },
];
for (const { when, policy, are } of broken) {
  test(`loadPolicy: ${when}`, () => {
    writeFileSync('policy.yaml', policy);
    assert.deepEqual(faultsOf('policy.yaml'), are);
  });
}

test('a thousand faults are told, in their order and without delay', () => {
  writeFileSync('policy.yaml', `${HEAD}block:\n${'  - a..b\n'.repeat(1000)}`);
  const started = performance.now();
  const faults = faultsOf('policy.yaml');
  assert.equal(faults.length, 1000);
  assert.equal(
    faults[999],
    'policy.yaml:1002:5: block.999: "a..b" has an empty label; remove the extra dot',
  );
  assert.ok(performance.now() - started < 5000);
});

test('no policy file', () => {
  assert.deepEqual(faultsOf('nowhere.yaml'), [
    'nowhere.yaml:1:1: nowhere.yaml does not exist; name your policy with --policy FILE',
  ]);
});

test('a folder for a policy file', () => {
  assert.deepEqual(faultsOf('.'), [
    '.:1:1: . cannot be read (EISDIR); name your policy with --policy FILE',
  ]);
});

test('lists are found beside the policy file, wherever the program runs', () => {
  mkdirSync('etc/lists', { recursive: true });
  writeFileSync('etc/lists/a.txt', 'a.example\r\nb.example\r\n');
  writeFileSync('etc/policy.yaml', `${HEAD}lists: [{ file: lists/a.txt }]\n`);
  const { lists } = loadPolicy('etc/policy.yaml', NOW);
  assert.deepEqual(
    lists.map(({ file, count }) => [file, count]),
    [['etc/lists/a.txt', 2]],
  );
});

test('the catalogue can be read from its own folder', () => {
  process.chdir(join(SHIPPED_RULES, 'services'));
  assert.ok(readCatalogue(SHIPPED_RULES).services.size > 50);
});

const FILE =
  'title: X\nkind: tunnel\nsummary: x\nchecked: 2026-08-22\nnames: {}\nsources: [{ title: x, date: 2026-02-30 }]\n';
test('all faulty files of a catalogue are told at once', () => {
  mkdirSync('services');
  mkdirSync('bypass');
  mkdirSync('fronts');
  writeFileSync('services/a.yaml', `id: b\n${FILE.replace('02-30', '02-28')}`);
  writeFileSync('services/c.yaml', `id: c\n${FILE}`);
  writeFileSync('services/notes.txt', 'no service');
  writeFileSync('bypass/d.yaml', 'id: d\n');
  assert.throws(
    () => readCatalogue('.'),
    (error) => {
      assert.ok(error instanceof InputError);
      assert.deepEqual(
        error.problems.map(({ place: { file, line }, path }) => `${file}:${line} ${path}`),
        [
          'bypass/d.yaml:1 title',
          'bypass/d.yaml:1 kind',
          'bypass/d.yaml:1 summary',
          'bypass/d.yaml:1 checked',
          'bypass/d.yaml:1 names',
          'bypass/d.yaml:1 sources',
          'services/a.yaml:1 id',
          'services/c.yaml:7 sources.0.date',
        ],
      );
      return true;
    },
  );
});
