import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  DS,
  dig,
  HEAD,
  policy,
  printed,
  section,
  startNamed,
  TARGETS,
  type Where,
} from '../support/e2e/named.ts';
import { has } from '../support/e2e/output.ts';
import { run } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { folder, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';

const REFERRAL = TARGETS.map((target) => `tunnels.example.com. 600 IN NS ${target}.`);

test('zone: named-checkzone takes it within its parent, and a live named refers to the targets', {
  skip: missing('named', 'named-checkzone', 'dig'),
}, async (context) => {
  const path = folder(context);
  const fragment = await printed(path, policy(`    ds: ['${DS}']`), '--format', 'zone');
  const text = HEAD + fragment;
  const file = write(path, 'example.com.db', text);
  const { code, stdout } = await run('named-checkzone', ['-k', 'fail', 'example.com', file]);
  assert.equal(code, 0, stdout);

  const where = await startNamed(context, path, { zones: [{ name: 'example.com', text }] });
  for (const name of ['tunnels.example.com', 'tunnel.us.tunnels.example.com']) {
    const referral = await dig(where, '+norec', name, 'A');
    has(referral.stdout, 'status: NOERROR');
    assert.doesNotMatch(referral.stdout, /flags:[^;]* aa/);
    assert.deepEqual(section(referral.stdout, 'AUTHORITY'), REFERRAL);
  }
  const ds = await dig(where, '+norec', 'tunnels.example.com', 'DS');
  assert.deepEqual(section(ds.stdout, 'ANSWER'), [`tunnels.example.com. 600 IN DS ${DS}`]);
});

test('nsupdate: a live named takes it, twice alike, and refuses where something is in the way', {
  skip: missing('named', 'nsupdate', 'dig'),
}, async (context) => {
  const path = folder(context);
  const script = await printed(path, policy(), '--format', 'nsupdate');
  const old = 'tunnels 60 NS old.example.net.\n';
  const inTheWay = 'tunnels 60 CNAME elsewhere.example.net.\n';
  const update = ({ address, port }: Where) => {
    const file = write(path, 'script', `server ${address} ${port}\n${script}`);
    return run('nsupdate', [file]);
  };
  const options = 'allow-update { 127.0.0.1; };';

  const where = await startNamed(context, path, {
    zones: [{ name: 'example.com', text: HEAD + old, options }],
  });
  for (const _ of ['first', 'again']) {
    const { code, stderr } = await update(where);
    assert.equal(code, 0, stderr);
    const { stdout } = await dig(where, '+norec', 'tunnels.example.com', 'NS');
    assert.deepEqual(section(stdout, 'AUTHORITY'), REFERRAL);
  }

  const blocked = await startNamed(context, path, {
    zones: [{ name: 'example.com', text: HEAD + inTheWay, options }],
  });
  const { code, stderr } = await update(blocked);
  assert.notEqual(code, 0);
  has(stderr, 'YXRRSET');
  const { stdout } = await dig(blocked, '+norec', 'tunnels.example.com', 'NS');
  assert.deepEqual(section(stdout, 'ANSWER'), [
    'tunnels.example.com. 60 IN CNAME elsewhere.example.net.',
  ]);
});

const golden = (name: string, file: string) =>
  readFileSync(new URL(`../ingress/golden/${name}/${file}`, import.meta.url), 'utf8');

for (const name of ['plain', 'hostile']) {
  test(`dnsmasq takes the ${name} golden file`, { skip: missing('dnsmasq') }, async (context) => {
    const file = write(folder(context), 'x', golden(name, 'dnsmasq/ingress.dnsmasq.conf'));
    const { code, stderr } = await run('dnsmasq', ['--test', `--conf-file=${file}`]);
    assert.equal(code, 0, stderr);
  });

  test(`unbound-checkconf takes the ${name} golden file`, {
    skip: missing('unbound-checkconf'),
  }, async (context) => {
    const path = folder(context);
    const text = golden(name, 'unbound/ingress.unbound.conf');
    const file = write(path, 'x', `server:\n  directory: "${path}"\n  chroot: ""\n${text}`);
    const { code, stderr } = await run('unbound-checkconf', [file]);
    assert.equal(code, 0, stderr);
  });

  test(`named-checkconf takes the ${name} golden file`, {
    skip: missing('named-checkconf'),
  }, async (context) => {
    const file = write(folder(context), 'x', golden(name, 'bind/ingress.named.conf'));
    const { code, stdout, stderr } = await run('named-checkconf', [file]);
    assert.equal(code, 0, stdout + stderr);
  });

  test(`named-checkzone takes the ${name} golden files`, {
    skip: missing('named-checkzone'),
  }, async (context) => {
    for (const zone of name === 'plain' ? ['example.com'] : ['example.com', 'deep.example.net']) {
      const text = HEAD + golden(name, `zone/${zone}.zone`);
      const file = write(folder(context), 'x', text);
      const { code, stdout } = await run('named-checkzone', ['-k', 'fail', zone, file]);
      assert.equal(code, 0, stdout);
    }
  });
}

test('ingress records: faults are told with their place and the exit code is 2', async (context) => {
  const path = folder(context);
  const several = `${policy()}  - { domain: b.example.net, nameservers: [ns-1.example.org] }\n`;
  const cases = [
    {
      text: policy().replace(/nameservers:.*/, 'names: []'),
      words: [],
      says: /policy\.yaml:4:13: ingress: tunnels\.example\.com: .*not known.*ns_targets/,
    },
    { text: several, words: ['--format', 'zone'], says: /zone makes 2 files .*--domain.*--out/ },
    { text: policy(), words: ['--format', 'terraform'], says: /makes 4 files .*--provider/ },
    {
      text: policy(),
      words: ['--domain', 'x.example.com'],
      says: /is not an ingress of .*there is tunnels/,
    },
    {
      text: policy(),
      words: ['--provider', 'aws'],
      says: /--provider goes with --format terraform/,
    },
    {
      text: policy(),
      words: ['--zone', 'example.net'],
      says: /is not below the zone example\.net/,
    },
    { text: 'organisation: { name: X }', words: [], says: /has no ingress.*ingress import/ },
    { text: policy(), words: ['--format', 'x'], says: /Allowed choices are zone, nsupdate/ },
  ];
  for (const { text, words, says } of cases) {
    const file = write(path, 'policy.yaml', text);
    const { code, stdout, stderr } = await tunnelwarden([
      ...['ingress', 'records', '-p', file],
      ...words,
    ]);
    assert.deepEqual([code, stdout], [2, ''], stderr);
    assert.match(stderr, says);
  }
  const out = join(path, 'out');
  const written = await printed(path, several, '--format', 'zone', '--out', out);
  assert.equal(
    written,
    `${out}/example.com.zone\n${out}/b.example.net.zone\n`.replace('b.example', 'example'),
  );
  has(
    readFileSync(join(out, 'example.net.zone'), 'utf8'),
    'b.example.net. 3600 IN NS ns-1.example.org.',
  );
});

test('ingress import: the answer of the API becomes records', async (context) => {
  const path = folder(context);
  const answer = write(
    path,
    'answer.json',
    JSON.stringify({
      ingresses: [
        {
          domain: 'tunnels.example.com',
          ns_targets: TARGETS,
          region_domains: ['tunnel.us.tunnels.example.com'],
          certificate_management_policy: { authority: 'letsencrypt' },
        },
      ],
    }),
  );
  const before = readFileSync(new URL('../../rules/policy.example.yaml', import.meta.url), 'utf8');
  const file = write(path, 'policy.yaml', before);

  const shown = await tunnelwarden(['ingress', 'import', answer]);
  assert.equal(shown.code, 0, shown.stderr);
  has(shown.stdout, /^ingress:\n {2}- domain: tunnels\.example\.com\n/);

  const words = ['ingress', 'import', answer, '--policy', file, '--write'];
  const first = await tunnelwarden(words);
  assert.equal(first.code, 0, first.stderr);
  has(first.stdout, 'is changed:\ntunnels.example.com: nameservers 4, regional names 1');
  const after = readFileSync(file, 'utf8');
  for (const line of before.split('\n')) has(after, line);
  has((await tunnelwarden(words)).stdout, 'says so already');
  assert.equal(readFileSync(file, 'utf8'), after);

  const { stdout } = await tunnelwarden(['ingress', 'records', '-p', file, '-f', 'zone']);
  for (const target of TARGETS) has(stdout, `tunnels.example.com. 3600 IN NS ${target}.`);
  has(stdout, '0 issue "letsencrypt.org"');

  const broken = write(path, 'broken.json', '{"domain": "tunnels.example.com", "ns_targets": [');
  const refused = await tunnelwarden(['ingress', 'import', broken]);
  assert.equal(refused.code, 2, refused.stderr);
  has(refused.stderr, /broken\.json:1:\d+: is not valid/);
});
