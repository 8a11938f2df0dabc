import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { NameEntry, Plan } from '../../src/firewall/backend.ts';
import { haproxyBackend } from '../../src/firewall/backends/haproxy.ts';
import { nginxBackend } from '../../src/firewall/backends/nginx.ts';
import { squidBackend } from '../../src/firewall/backends/squid.ts';
import { freePorts } from '../support/e2e/ports.ts';
import { missing } from '../support/e2e/requirements.ts';
import { makeCertificates } from '../support/e2e/tls.ts';
import { folder, write } from '../support/e2e/tunnelwarden.ts';
import { createPrng } from '../support/prng.ts';
import { samplePlan } from './sample-plan.ts';
import {
  lay,
  listens,
  nginxConf,
  objections,
  proxied,
  squidConf,
  squidObjections,
  startGreeter,
  startHaproxy,
  startNginx,
  startSquid,
  tunnelled,
} from './support/gates.ts';
import { clientHello, exchange } from './support/hello.ts';
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

// The real programs read what is printed, and decide by it as the policy does.

const LONGEST = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(57)}.net`;
const many: readonly NameEntry[] = Array.from({ length: 3000 }, (_, i) =>
  entryOf(`${i % 3 === 0 ? '=' : ''}h${i}.example.net`, i % 7 === 0 ? 'allow' : 'block'),
);
const plans: readonly { readonly when: string; readonly plan: Plan }[] = [
  { when: 'the sample', plan: samplePlan },
  { when: 'nothing', plan: planOf([]) },
  { when: 'hostile reasons and ids', plan: planOf([...HOSTILE, ...samplePlan.names]) },
  { when: 'names that are no hosts', plan: planOf(ODD_NAMES) },
  {
    when: 'the longest name, and words of the dialects',
    plan: planOf([
      entryOf(LONGEST, 'allow'),
      ...['default', 'hostnames', 'include', 'volatile', 'all', 'localhost'].flatMap((word) => [
        entryOf(word, 'allow'),
        entryOf(`=${word}`, 'allow'),
      ]),
    ]),
  },
  {
    when: 'everything is blocked but for one domain',
    plan: planOf([entryOf('.', 'block'), entryOf('example.net', 'allow')]),
  },
  {
    when: 'a name alone and all below it, said apart',
    plan: planOf([entryOf('example.net', 'block'), entryOf('=example.net', 'allow')]),
  },
  { when: 'many', plan: planOf(many) },
  {
    when: 'a gate by TPROXY, resolvers of both families',
    plan: planOf(samplePlan.names, {
      settings: {
        ...samplePlan.settings,
        transparent: true,
        resolver: ['192.0.2.53', '2001:db8:2::53'] as unknown as Plan['settings']['resolver'],
      },
    }),
  },
];

for (const { when, plan } of plans) {
  test(`haproxy takes it: ${when}`, { skip: missing('haproxy') }, async (context) => {
    const path = folder(context);
    lay(path, haproxyBackend.print(plan));
    assert.equal(await objections('haproxy', ['-c', '-f', `${path}/haproxy.cfg`]), '');
  });

  test(`nginx takes it: ${when}`, { skip: missing('nginx', 'root') }, async (context) => {
    const [artifact] = nginxBackend.print(plan);
    assert(artifact);
    const config = nginxConf(folder(context), artifact);
    assert.equal(await objections('nginx', ['-t', '-c', config]), '');
  });

  test(`squid takes it: ${when}`, { skip: missing('squid') }, async (context) => {
    const [artifact] = squidBackend.print(plan);
    assert(artifact);
    assert.equal(await squidObjections(squidConf(folder(context), artifact)), '');
  });
}

test('the checks can fail: haproxy', { skip: missing('haproxy') }, async (context) => {
  const config = write(folder(context), 'haproxy.cfg', 'frontend x\n  nonsense\n');
  assert.notEqual(await objections('haproxy', ['-c', '-f', config]), '');
});

const prng = createPrng(7);
const forests = Array.from({ length: 6 }, () => growEntries(prng, { wildcards: true, count: 18 }));
const asked = ASKED.filter((_, i) => i % 2 === 0);

/** Asks a gate for all names; `passes` says what it has to let through. */
async function ask(
  port: number,
  entries: readonly NameEntry[],
  passes: (decided: NameEntry['action'] | undefined) => boolean,
): Promise<void> {
  const wrong: string[] = [];
  const names = asked.flatMap((name) => [name, `${name.toUpperCase()}`, `${name}.`]);
  for (let at = 0; at < names.length; at += 20) {
    await Promise.all(
      names.slice(at, at + 20).map(async (name) => {
        const heard = await exchange(port, clientHello(name));
        const wanted = passes(decided(entries, name.toLowerCase().replace(/\.$/, '')));
        if (heard.includes('hello') !== wanted)
          wrong.push(`${name}: ${wanted ? 'closed' : 'passed'}`);
      }),
    );
  }
  assert.deepEqual(wrong, [], titleOf(entries));
}

const letsThrough = (action: NameEntry['action'] | undefined) =>
  action === 'allow' || action === 'watch';

for (const [i, entries] of forests.entries()) {
  test(`haproxy decides as the policy does: ${i}`, {
    skip: missing('haproxy'),
  }, async (context) => {
    const [shared, others] = (await freePorts(2)) as [number, number];
    await haproxyOnLoopback(context, entries, [shared, others]);
    await ask(shared, entries, letsThrough);
    await ask(others, entries, (action) => action !== 'block');
    const plain = Buffer.from('GET / HTTP/1.0\r\n\r\n');
    assert.equal(await exchange(shared, clientHello()), '', 'no name at a shared address');
    assert.equal(await exchange(shared, plain), '', 'no TLS at a shared address');
    assert.equal(await exchange(others, clientHello()), 'hello\n', 'no name elsewhere');
    assert.equal(await exchange(others, plain), 'hello\n', 'no TLS elsewhere');
  });

  const needs = missing('squid', 'openssl');
  test(`squid decides as the policy does: ${i}`, { skip: needs }, async (context) => {
    const path = folder(context);
    const [port] = (await freePorts(1)) as [number];
    const target = await startGreeter(context);
    const [artifact] = squidBackend.print(planOf(entries));
    assert(artifact);
    const { certificate, key } = makeCertificates(path, 'proxy.example.net');
    const both = write(
      path,
      'both.pem',
      readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'),
    );
    chmodSync(both, 0o644);
    await startSquid(context, path, artifact, { port, names: asked, certificate: both });
    const wrong: string[] = [];
    for (const name of asked.filter((name) => name.includes('.'))) {
      const refused = decided(entries, name) === 'block';
      const heard = await tunnelled(port, target, clientHello(name.toUpperCase()));
      if (heard.includes('hello') === refused) wrong.push(`${name} in TLS: ${heard}`);
      const status = await proxied(port, name, target);
      if ((status === 403) !== refused) wrong.push(`${name}: ${status}`);
    }
    assert.deepEqual(wrong, [], titleOf(entries));
  });

  const skip = missing('nginx', 'root');
  test(`nginx decides as the policy does: ${i}`, { skip }, async (context) => {
    const [port, v6] = (await freePorts(2)) as [number, number];
    const [artifact] = nginxBackend.print(planOf(entries));
    assert(artifact);
    // What it would connect to is said instead, as nothing here resolves.
    const text = replaced(artifact.text, [
      ['listen 0.0.0.0:9443;', `listen 127.0.0.1:${port};`],
      ['listen [::]:9443 ipv6only=on;', `listen [::1]:${v6};`],
      ['proxy_pass $tw_target;', 'return "$tw_target hello\\n";'],
    ]).replaceAll('default "";', 'default "closed";');
    const config = nginxConf(folder(context), {
      ...artifact,
      text: text.replaceAll(' "";', ' "closed";').replaceAll('hello\\n', '\\n'),
    });
    await startNginx(context, config);
    await listens(port);
    const wrong: string[] = [];
    for (const name of asked.flatMap((name) => [name, name.toUpperCase(), `${name}.`])) {
      const heard = (await exchange(port, clientHello(name))).trim();
      const wanted = letsThrough(decided(entries, name.toLowerCase().replace(/\.$/, '')));
      if (heard.toLowerCase() !== (wanted ? `${name}:443`.toLowerCase() : 'closed')) {
        wrong.push(`${name}: ${heard}`);
      }
    }
    assert.deepEqual(wrong, [], titleOf(entries));
  });
}

/** The printed configuration, moved to loopback and with a greeter for the internet. */
async function haproxyOnLoopback(
  context: TestContext,
  entries: readonly NameEntry[],
  [shared, others]: readonly [number, number],
): Promise<void> {
  const path = folder(context);
  const [config, ...maps] = haproxyBackend.print(planOf(entries));
  assert(config);
  const greeter = await startGreeter(context);
  const text = replaced(config.text, [
    ['bind 0.0.0.0:9443', `bind 127.0.0.1:${shared}`],
    ['bind 0.0.0.0:9444', `bind 127.0.0.1:${others}`],
    ['option transparent', `server greeter 127.0.0.1:${greeter}`],
  ]);
  lay(path, [...maps, { ...config, text }]);
  await startHaproxy(context, `${path}/haproxy.cfg`);
  await listens(others);
}

function replaced(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((done, [from, to]) => {
    assert(done.includes(from), `it has "${from}"`);
    return done.replace(from, to);
  }, text);
}
