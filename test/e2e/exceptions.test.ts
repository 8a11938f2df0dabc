import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { TlsDial } from '../support/e2e/acts.ts';
import { holdSessions } from '../support/e2e/clients.ts';
import { ENFORCING, GATE, type Guarded, guard } from '../support/e2e/guarded.ts';
import {
  createInternet,
  DEFAULT_DOOR,
  OLD_DOOR,
  SANCTIONED,
  SITES,
} from '../support/e2e/internet.ts';
import { ADDRESSES, createLab, type Lab } from '../support/e2e/lab.ts';
import { eventually } from '../support/e2e/patience.ts';
import { run } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { attempts, folder, serve, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';
import { a, startUpstream } from '../support/e2e/upstream.ts';

// Exceptions on a gateway: one of two clients is let through for some seconds, by resolver, packet filter
// and gate, and is refused again when they are over; nothing changes for the other.

const [GATEWAY] = ADDRESSES.gateway;
/** Anna by both families; Ben is another machine of the same network. */
const ANNA = ['192.0.2.10', '2001:db8:1::10'] as const;
const BEN = '192.0.2.11';
const [SHARED] = SITES.shared;
const DENIED = SITES.denied;

const POLICY = `
organisation: { name: Example Corp }
ingress: [{ domain: ${SANCTIONED} }]
services: { ngrok: block }
resolver:
  listen: ['0.0.0.0:53']
  upstreams: ['${ADDRESSES.resolver[0]}']
  clients: [192.0.2.0/24]
refusal: { answer: nxdomain }
firewall: { lan: [lan], gate: ${GATE} }
`;

/** Where Anna and Ben go: an address that is refused as such, in both families, and one that the own ingress shares. */
const dialsOf = (v4: string, v6?: string): readonly TlsDial[] => [
  { from: v4, host: DENIED[0], port: 443, sni: OLD_DOOR },
  { from: v4, host: SHARED, port: 443, sni: DEFAULT_DOOR },
  ...(v6 === undefined ? [] : [{ from: v6, host: DENIED[1], port: 443, sni: OLD_DOOR }]),
];
const ALLOWED = ['denied', 'shared', 'denied'];
const REFUSED = ['reset', 'reset', 'reset'];
/** Milliseconds until what a person does has to hold. */
const WITHIN = 1_000;

for (const filter of ['nftables', 'iptables'] as const) {
  const tools = filter === 'nftables' ? (['nft'] as const) : (['iptables', 'ipset'] as const);
  const skip = missing('root', 'ip', 'dig', 'openssl', ...tools);

  test(`exceptions, by ${filter}`, { skip, timeout: 300_000 }, async (t) => {
    const { lab } = await createInternet(t);
    await run('ip', ['-n', lab.client.name, 'addr', 'add', `${BEN}/24`, 'dev', 'lan']);
    const guarded = await guard(t, lab, {
      ...{ home: folder(t), policy: POLICY, filter, flags: ENFORCING.slice(0, 2) },
    });
    const client = clientOf(t, lab, guarded);
    await client.isRefused('before');

    await t.test('one client is let through, and only until the end', async () => {
      const { allowed, until } = await client.allow('--service', 'ngrok', '--for', '6s');
      assert.ok(allowed < WITHIN, `${allowed} ms`);
      const { say } = await client.isAllowed();
      assert.ok(Date.now() < until, 'in time');
      await delay(until - Date.now() - 1_500);
      assert.deepEqual(await say(), ALLOWED, 'until the end, or nearly');
      await delay(until - Date.now() + WITHIN);
      assert.deepEqual(await say(), REFUSED, 'what ran is cut');
      await client.isRefused('afterwards');
    });

    await t.test('a revoke ends it at once', async () => {
      const { id } = await client.allow('--service', 'ngrok', '--for', '1h');
      const { say } = await client.isAllowed();
      await guarded.ok('revoke', id, '--database', guarded.database);
      await delay(WITHIN);
      assert.deepEqual(await say(), REFUSED);
      await client.isRefused('afterwards');
    });

    await t.test('it outlasts a restart, and ends on time', async () => {
      const { until } = await client.allow('--service', 'ngrok', '--for', '25s');
      const { say } = await client.isAllowed();
      await guarded.server.stop();
      assert.deepEqual(await say(), ALLOWED, 'meanwhile');
      await guarded.start();
      assert.deepEqual(await say(), ALLOWED, 'and after it');
      await client.isAllowed();
      assert.ok(Date.now() < until, 'in time');
      await delay(until - Date.now() + WITHIN);
      assert.deepEqual(await say(), REFUSED, 'what ran is cut');
      await client.isRefused('afterwards');
    });

    await t.test('one that is revoked while nobody runs is over at the start', async () => {
      const { id } = await client.allow(OLD_DOOR, '--for', '1h');
      for (const type of ['A', 'AAAA']) await client.ask(ANNA[0], OLD_DOOR, type);
      assert.deepEqual((await client.dial(...ANNA)).first, ['denied', 'reset', 'denied']);
      await guarded.server.stop();
      await guarded.ok('revoke', id, '--database', guarded.database);
      await guarded.start();
      await client.isRefused('then');
    });

    await t.test('one for everyone is for the other, too', async () => {
      const { id } = await client.allowTo(['--everyone'], '--service', 'ngrok', '--for', '1h');
      assert.match(await client.ask(BEN, OLD_DOOR), /^198/);
      assert.match(await client.ask(BEN, DEFAULT_DOOR), /^198/);
      assert.deepEqual((await client.dial(BEN)).first, ALLOWED.slice(0, 2));
      await guarded.ok('revoke', id, '--database', guarded.database);
      await delay(WITHIN);
      await client.isRefused('afterwards');
    });

    await t.test('what was let through is recorded as that', async () => {
      const lines = await attempts(guarded.database, '--verdict', 'excepted');
      const seen = new Set(lines.map(({ client, point, name }) => `${client} ${point} ${name}`));
      for (const line of [
        `${ANNA[0]} resolver ${OLD_DOOR}`,
        `${ANNA[0]} gate ${DEFAULT_DOOR}`,
        `${BEN} resolver ${OLD_DOOR}`,
      ]) {
        assert.ok(seen.has(line), `${line} is none of ${[...seen]}`);
      }
      assert.ok(lines.every(({ rule }) => /^exception\/\d+\//.test(String(rule))));
    });
  });
}

/** What Anna and Ben see. */
function clientOf(t: TestContext, lab: Lab, guarded: Guarded) {
  const ask = (from: string, name: string, type = 'A') => question(lab, from, name, type);
  const dial = (v4: string, v6?: string) => holdSessions(t, lab, dialsOf(v4, v6));
  const isRefused = async (when: string) => {
    for (const from of [ANNA[0], BEN]) {
      for (const name of [OLD_DOOR, DEFAULT_DOOR]) {
        assert.equal(await ask(from, name), 'NXDOMAIN', `${name} for ${from}, ${when}`);
      }
    }
    assert.deepEqual((await dial(...ANNA)).first, REFUSED, when);
    assert.deepEqual((await dial(BEN)).first, REFUSED.slice(0, 2), when);
  };
  /** Allows something, and waits until `serve` has it: how long that took, in milliseconds. */
  const allowTo = async (clients: readonly string[], ...words: readonly string[]) => {
    const from = guarded.server.log().length;
    const said = await guarded.ok(
      ...['allow', ...words, ...clients, '--reason', 'a trial'],
      ...['--database', guarded.database, '--json'],
    );
    const begun = Date.now();
    await guarded.server.told('exceptions', from);
    const { id, until } = JSON.parse(said) as { readonly id: number; readonly until: string };
    return { id: String(id), until: Date.parse(until), allowed: Date.now() - begun };
  };
  return {
    ...{ ask, dial, isRefused, allowTo },
    allow: (...words: readonly string[]) =>
      allowTo(['--client', ANNA[0], '--client', ANNA[1]], ...words),
    isAllowed: async () => {
      assert.match(await ask(ANNA[0], OLD_DOOR), /^198/);
      assert.match(await ask(ANNA[0], OLD_DOOR, 'AAAA'), /^2001/);
      assert.match(await ask(ANNA[0], DEFAULT_DOOR), /^198/);
      assert.equal(await ask(BEN, OLD_DOOR), 'NXDOMAIN');
      const held = await dial(...ANNA);
      assert.deepEqual(held.first, ALLOWED);
      assert.deepEqual((await dial(BEN)).first, REFUSED.slice(0, 2));
      return held;
    },
  };
}

/** An address, or how a question is refused. */
async function question({ client }: Lab, from: string, name: string, type = 'A'): Promise<string> {
  const words = [`@${GATEWAY}`, '-b', from, '+noquestion', '+tries=1', '+time=5', name, type];
  const { stdout } = await run('dig', words, client);
  const answer = new RegExp(`\\sIN\\s+${type}\\s+(\\S+)`).exec(stdout)?.[1];
  return answer ?? /status: (\w+)/.exec(stdout)?.[1] ?? stdout;
}

test('exceptions: a resolver alone', { skip: missing('root', 'ip', 'dig') }, async (t) => {
  const lab = createLab(t);
  await run('ip', ['-n', lab.client.name, 'addr', 'add', `${BEN}/24`, 'dev', 'lan']);
  const zone = { [OLD_DOOR]: [a('198.51.100.20')] };
  const at = { address: ADDRESSES.resolver[0], port: 53 };
  await startUpstream(t, { zone, listen: [at] }, lab.internet);
  const home = folder(t);
  const policy = write(home, 'policy.yaml', POLICY);
  const database = `${home}/attempts.db`;
  const server = await serve(t, ['--policy', policy, '--database', database], lab.gateway);
  const ask = (from: string) => question(lab, from, OLD_DOOR);
  const ok = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await tunnelwarden([...words, '--database', database]);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  assert.equal(await ask(ANNA[0]), 'NXDOMAIN');
  const words = ['--client', ANNA[0], '--for', '1h', '--reason', 'a trial'];
  assert.match(await ok('allow', OLD_DOOR, ...words), /^Exception 1: tunnel\.ngrok\.com for /);
  await server.told('exceptions');
  assert.match(await ask(ANNA[0]), /^198/);
  assert.equal(await ask(BEN), 'NXDOMAIN');
  await server.reload();
  assert.match(await ask(ANNA[0]), /^198/, 'after a reload');
  const explained = await ok('explain', OLD_DOOR, '--policy', policy, '--client', ANNA[0]);
  assert.match(explained, /is answered[\s\S]*exception 1 by .+ until .+:\s+a trial/);
  await ok('revoke', '1');
  await eventually('a refusal', async () => (await ask(ANNA[0])) === 'NXDOMAIN', WITHIN);
  assert.match(await ok('exceptions', '--all'), /1 {2}revoked {3}tunnel\.ngrok\.com/);
});
