import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BACKENDS } from '../../src/firewall/backends/index.ts';
import { folder, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';

const POLICY = `organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block, others: block }
bypass: { resolvers: block }
block: [198.51.100.0/24]
lists: [{ file: list.txt }]
firewall: { lan: [lan0] }
`;
const BOOK = JSON.stringify({
  version: 1,
  names: {
    'connect.ngrok-agent.com': { addresses: ['198.51.100.20'], seen: '2026-11-25T00:00:00.000Z' },
    'tunnels.example.com': { addresses: ['198.51.100.20'], seen: '2026-11-25T00:00:00.000Z' },
  },
});

/** The text of each file of a folder, by its path. */
function filesIn(folder: string): ReadonlyMap<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const whole = paths.filter((path) => statSync(join(folder, path)).isFile());
  return new Map(whole.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

test('generate', async (t) => {
  const path = folder(t);
  const policy = write(path, 'policy.yaml', POLICY);
  write(path, 'list.txt', 'listed.example.org\n');
  write(path, 'tunnelwarden.addresses.json', BOOK);
  const generate = (...words: readonly string[]) =>
    tunnelwarden(['generate', ...words, '--policy', policy]);

  await t.test('prints the first file of a format', async () => {
    const { code, stdout, stderr } = await generate('rpz');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^listed\.example\.org +.*CNAME +\.$/m);
    assert.match(stdout, /^tunnels\.example\.com +.*CNAME +rpz-passthru\.$/m);
  });

  await t.test('writes every format, and tells of each file', async () => {
    const write = async (id: string) => {
      const out = join(path, 'out', id);
      const { code, stdout, stderr } = await generate(id, '--out', out);
      assert.deepEqual([code, stderr], [0, ''], id);
      const whole = [...filesIn(out).keys()];
      assert.ok(whole.length > 0 && !whole.some((file) => file.endsWith('.new')), id);
      for (const file of whole) assert.ok(stdout.includes(file), `${id}: ${file} is not told`);
    };
    const ids = BACKENDS.map(({ id }) => id);
    for (let i = 0; i < ids.length; i += 3) await Promise.all(ids.slice(i, i + 3).map(write));
  });

  await t.test('writes all formats at once, each into a folder of its own', async () => {
    const out = join(path, 'all');
    const { code, stdout, stderr } = await generate('all', '--out', out);
    assert.deepEqual([code, stderr], [0, '']);
    const ids = BACKENDS.map(({ id }) => id);
    assert.deepEqual(readdirSync(out).sort(), ids.toSorted());
    const told = new Map(
      [...stdout.matchAll(/^(.*): (\d+) files, \d+ gaps$/gm)].map(([, at = '', count]) => [
        at,
        count,
      ]),
    );
    for (const id of ids) {
      // As that format alone is written, to the byte.
      const whole = filesIn(join(out, id));
      assert.deepEqual(whole, filesIn(join(path, 'out', id)), id);
      assert.equal(told.get(join(out, id)), String(whole.size), id);
    }
    const nowhere = await generate('all');
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /give --out FOLDER/);
  });

  await t.test('check says what a format cannot enforce, and what collides in it', async () => {
    const check = async (...words: readonly string[]) => {
      const ended = await tunnelwarden(['check', ...words, '--json', '--policy', policy]);
      assert.deepEqual([ended.code, ended.stderr], [0, '']);
      return JSON.parse(ended.stdout);
    };
    const { ok, formats } = await check('--for', 'nftables', '--for', 'hosts');
    assert.equal(ok, true);
    const generated = async (id: string) => {
      const { stdout } = await generate(id, '--json');
      const { gaps, collisions } = JSON.parse(stdout);
      return { format: id, gaps, collisions };
    };
    const [nftables, hosts] = [await generated('nftables'), await generated('hosts')];
    assert.equal(nftables.collisions[0].address, '198.51.100.20');
    assert.ok(hosts.gaps.length > 0);
    assert.deepEqual(formats, [nftables, hosts]);
    assert.equal('formats' in (await check()), false);
  });

  await t.test('says in JSON which names collide where', async () => {
    const { stdout } = await generate('nftables', '--json', '--out', join(path, 'json'));
    const { collisions, digest, files } = JSON.parse(stdout);
    assert.match(digest, /^[0-9a-f]{64}$/);
    assert.ok(files.length >= 2);
    assert.deepEqual(collisions, [
      {
        address: '198.51.100.20',
        sanctioned: ['tunnels.example.com'],
        blocked: ['connect.ngrok-agent.com', 'block/198.51.100.0/24'],
      },
    ]);
  });

  await t.test('fails with --strict where there are gaps', async () => {
    const { code, stderr } = await generate('hosts', '--strict', '--out', join(path, 'strict'));
    assert.equal(code, 1);
    assert.match(stderr, /^hosts does not enforce all of the policy:\n {2}/);
  });

  const faults: readonly { when: string; words: readonly string[]; says: RegExp }[] = [
    {
      when: 'an unknown format',
      words: ['nftable'],
      says: /"nftable" is not a format; did you mean nftables\?/,
    },
    { when: 'no format', words: [], says: /name a format.*--list/ },
    {
      when: 'an interface that is none',
      words: ['nftables', '--lan', 'lan0; drop'],
      says: /is not an interface/,
    },
    {
      when: 'a part that is none',
      words: ['nftables', '--part', 'dns'],
      says: /is not a part; there are capture/,
    },
    { when: 'a gate that is no port', words: ['nftables', '--gate', '0'], says: /is not a port/ },
  ];
  for (const { when, words, says } of faults) {
    await t.test(`refuses ${when}`, async () => {
      const { code, stdout, stderr } = await generate(...words);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, says);
    });
  }

  await t.test('needs to know where clients are, and takes it from the command line', async () => {
    const bare = write(path, 'bare.yaml', 'organisation: { name: X }\nblock: [198.51.100.0/24]\n');
    const without = await tunnelwarden(['generate', 'nftables', '--policy', bare]);
    assert.equal(without.code, 2);
    assert.match(without.stderr, /set firewall\.lan in .*bare\.yaml, or give --lan INTERFACE/);
    const { code, stdout } = await tunnelwarden([
      'generate',
      'nftables',
      '--policy',
      bare,
      '--lan',
      'eth1.20',
    ]);
    assert.equal(code, 0);
    assert.match(stdout, /iifname != \{ "eth1\.20" \}/);
  });

  await t.test('says which file of addresses is at fault, and where', async () => {
    write(path, 'tunnelwarden.addresses.json', '{"version":1,"names":{"x":7}}');
    const { code, stderr } = await generate('nftables');
    assert.equal(code, 2);
    assert.match(stderr, /tunnelwarden\.addresses\.json/);
  });
});
