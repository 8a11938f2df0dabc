import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ADDRESSES, createLab, type Namespace } from '../support/e2e/lab.ts';
import { eventually } from '../support/e2e/patience.ts';
import { run, start } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { folder, serve, write } from '../support/e2e/tunnelwarden.ts';
import { a, aaaa, cname, startUpstream, type ZoneRecord } from '../support/e2e/upstream.ts';

// `serve --feed` on a gateway with real sets: what is in them when an answer arrives, and what becomes
// of them when somebody else lays hands on them.

const [RESOLVER] = ADDRESSES.resolver;
const [GATEWAY] = ADDRESSES.gateway;
const LIVE = ['support', 'shared', 'cdn', 'deny'] as const;

/** An HTTPS record for `.` with an IPv4 hint and an IPv6 hint. */
const https: ZoneRecord = {
  type: 'UNKNOWN_65',
  data: { hex: `00010000040004c633640d00060010${'20010db800020000000000000000000d'}` },
  ttl: 60,
};
const zone = {
  'connect.ngrok-agent.com': [a('198.51.100.10'), aaaa('2001:db8:2::10')],
  'tunnel.ngrok.com': [a('198.51.100.11')],
  'ngrokd.ngrok.com': [cname('edge.example.net')],
  'edge.example.net': [a('198.51.100.12'), aaaa('2001:db8:2::12')],
  'lennut.com': [a('198.51.100.13'), aaaa('2001:db8:2::d')],
  'crl.ngrok-agent.com': [a('198.51.100.14')],
  'tunnels.example.com': [a('198.51.100.20'), aaaa('2001:db8:2::20')],
  'eu.tunnels.example.com': [a('198.51.100.10'), aaaa('2001:db8:2::10')],
  'long.tunnels.example.com': [a('198.51.100.10', 2000)],
  'cname.tunnels.example.com': [cname('edge.example.net')],
  'https.tunnels.example.com': [https],
  'www.example.net': [a('198.51.100.11')],
  'plain.example.net': [a('198.51.100.99')],
};

const policyText = `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com, service: ngrok }]
services: { ngrok: block }
resolver: { listen: ['${GATEWAY}:53'], upstreams: ['${RESOLVER}:53'], clients: ['192.0.2.0/24'] }
firewall: { lan: [lan], book: addresses.json }
`;

/** One kind of sets, made and read by its own program. */
type Kind = {
  readonly feed: string;
  readonly make: (gateway: Namespace) => Promise<void>;
  readonly removeAll: (gateway: Namespace) => Promise<void>;
  readonly emptyAll: (gateway: Namespace) => Promise<void>;
  /** Addresses of a set with the seconds each has left. */
  readonly read: (gateway: Namespace, set: string) => Promise<ReadonlyMap<string, number>>;
};

const families = LIVE.flatMap((set) => [`tw_${set}4`, `tw_${set}6`]);

async function inside({ within }: Namespace, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, { within });
  assert.equal(code, 0, `${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const nft: Kind = {
  feed: 'nft',
  make: async (gateway) => {
    const sets = families.map((name) => {
      const type = name.endsWith('6') ? 'ipv6_addr' : 'ipv4_addr';
      return `add set inet tunnelwarden ${name} { type ${type}; flags timeout; timeout 1h; size 65536; }`;
    });
    await inside(gateway, 'nft', ['add table inet tunnelwarden', ...sets].join('; '));
  },
  removeAll: async (gateway) =>
    void (await inside(gateway, 'nft', 'delete table inet tunnelwarden')),
  emptyAll: async (gateway) => {
    const flush = families.map((name) => `flush set inet tunnelwarden ${name}`);
    await inside(gateway, 'nft', flush.join('; '));
  },
  read: async (gateway, set) => {
    const text = await inside(gateway, 'nft', '-j', 'list', 'set', 'inet', 'tunnelwarden', set);
    const [, { set: found }] = JSON.parse(text).nftables;
    return new Map(
      (found.elem ?? []).map(({ elem }: { elem: { val: string; expires: number } }) => [
        elem.val,
        elem.expires,
      ]),
    );
  },
};

const ipset: Kind = {
  feed: 'ipset',
  make: async (gateway) => {
    for (const name of families) {
      const family = name.endsWith('6') ? 'inet6' : 'inet';
      await inside(
        gateway,
        'ipset',
        'create',
        name,
        'hash:ip',
        'family',
        family,
        'timeout',
        '86400',
      );
    }
  },
  removeAll: async (gateway) => void (await inside(gateway, 'ipset', 'destroy')),
  emptyAll: async (gateway) => void (await inside(gateway, 'ipset', 'flush')),
  read: async (gateway, set) => {
    const text = await inside(gateway, 'ipset', 'list', set);
    return new Map(
      [...text.matchAll(/^(\S+) timeout (\d+)$/gm)].map(([, address = '', left]) => [
        address,
        Number(left),
      ]),
    );
  },
};

async function setUp(t: TestContext, kind: Kind, isMade = true) {
  const lab = createLab(t);
  const { gateway, client, internet } = lab;
  await startUpstream(
    t,
    { zone, listen: [{ address: RESOLVER, port: 53 }] },
    { within: internet.within },
  );
  if (isMade) await kind.make(gateway);
  const path = folder(t);
  const policy = write(path, 'policy.yaml', policyText);
  const server = await serve(t, ['--policy', policy, '--feed', kind.feed, '--feed-wait', '3000'], {
    within: gateway.within,
  });
  const ask = async (name: string, type = 'A') => {
    const args = [`@${GATEWAY}`, '+tries=1', '+time=8', '+short', name, type];
    return (await inside(client, 'dig', ...args)).trim();
  };
  const read = async (set: string) => [...(await kind.read(gateway, set)).keys()].sort();
  return { path, gateway, server, ask, read };
}

for (const kind of [nft, ipset]) {
  const skip = missing('root', 'ip', 'dig', kind === nft ? 'nft' : 'ipset');

  test(`feed ${kind.feed}: sets are ready when an answer arrives`, { skip }, async (t) => {
    const { path, gateway, ask, read } = await setUp(t, kind);

    await t.test('the address book is in them from the start', async () => {
      const denied = ['198.51.100.10', '198.51.100.11', '198.51.100.12', '198.51.100.13'];
      assert.deepEqual(await read('tw_deny4'), denied);
      assert.deepEqual(await read('tw_deny6'), [
        '2001:db8:2::10',
        '2001:db8:2::12',
        '2001:db8:2::d',
      ]);
      assert.deepEqual(await read('tw_support4'), ['198.51.100.14']);
      assert.deepEqual(await read('tw_shared4'), []);
      const book = JSON.parse(readFileSync(`${path}/addresses.json`, 'utf8'));
      assert.deepEqual(book.names['tunnel.ngrok.com'].addresses, ['198.51.100.11']);
      for (const left of (await kind.read(gateway, 'tw_deny4')).values()) {
        assert.ok(left > 600 && left <= 901, `${left} s`);
      }
    });

    const moves = [
      { when: 'IPv4', name: 'eu.tunnels.example.com', type: 'A', moved: '198.51.100.10' },
      { when: 'IPv6', name: 'eu.tunnels.example.com', type: 'AAAA', moved: '2001:db8:2::10' },
      { when: 'a CNAME', name: 'cname.tunnels.example.com', type: 'A', moved: '198.51.100.12' },
      { when: 'a hint', name: 'https.tunnels.example.com', type: 'TYPE65', moved: '198.51.100.13' },
      {
        when: 'an IPv6 hint',
        name: 'https.tunnels.example.com',
        type: 'TYPE65',
        moved: '2001:db8:2::d',
      },
    ];
    for (const { when, name, type, moved } of moves) {
      await t.test(`a sanctioned name's address goes from deny to shared: ${when}`, async () => {
        assert.notEqual(await ask(name, type), '');
        const family = moved.includes(':') ? 6 : 4;
        assert.ok((await read(`tw_shared${family}`)).includes(moved));
        assert.ok(!(await read(`tw_deny${family}`)).includes(moved));
      });
    }

    await t.test('a stranger at a blocked address makes it cdn', async () => {
      assert.equal(await ask('www.example.net'), '198.51.100.11');
      assert.deepEqual(await read('tw_cdn4'), ['198.51.100.11']);
      assert.deepEqual(await read('tw_deny4'), []);
    });

    await t.test('a stranger elsewhere is in no set', async () => {
      assert.equal(await ask('plain.example.net'), '198.51.100.99');
      for (const set of LIVE) {
        assert.ok(!(await read(`tw_${set}4`)).includes('198.51.100.99'), set);
      }
    });

    await t.test('a long TTL makes a long timeout', async () => {
      await ask('long.tunnels.example.com');
      const left = await eventually('a longer timeout', async () => {
        const left = (await kind.read(gateway, 'tw_shared4')).get('198.51.100.10') ?? 0;
        return left > 1000 && left;
      });
      assert.ok(left > 2000 && left <= 2060, `${left} s`);
    });
  });

  test(`feed ${kind.feed}: what somebody else destroys is filled again`, { skip }, async (t) => {
    const { gateway, server, ask, read } = await setUp(t, kind);
    await ask('eu.tunnels.example.com');
    const before = await Promise.all(families.map(read));

    const refilled = () =>
      eventually('the sets as they were', async () => {
        const now = await Promise.all(families.map(read));
        return JSON.stringify(now) === JSON.stringify(before);
      });

    await t.test('sets that were emptied', async () => {
      await kind.emptyAll(gateway);
      await refilled();
    });

    await t.test('sets that were removed and made again', async () => {
      const from = server.log().length;
      await kind.removeAll(gateway);
      const { level } = await server.told('firewall sets lost', from);
      assert.equal(level, 'error');
      await kind.make(gateway);
      await refilled();
      await server.told('firewall sets filled', from);
    });
  });

  test(`feed ${kind.feed}: sets that are made later are filled then`, { skip }, async (t) => {
    const { gateway, server, ask, read } = await setUp(t, kind, false);
    await server.told('firewall sets not there');
    assert.equal(await ask('eu.tunnels.example.com'), '198.51.100.10', 'nothing to wait for');
    await kind.make(gateway);
    // Sets are made one after the other, and each is filled when it is found there.
    await eventually('filled sets', async () => {
      const [shared, denied] = [await read('tw_shared4'), await read('tw_deny4')];
      return shared.length > 0 && denied.length >= 3;
    });
    assert.deepEqual(await read('tw_shared4'), ['198.51.100.10']);
    assert.equal((await read('tw_deny4')).length, 3);
  });
}

const skip = missing('root', 'ip', 'dig', 'nft');

test('feed nft: deny to shared is one transaction', { skip }, async (t) => {
  const { gateway, ask } = await setUp(t, nft);
  const monitor = start(t, 'nft', ['monitor'], { within: gateway.within });
  let seen = '';
  monitor.stdout?.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
  });
  await eventually('a monitor that listens', () => seen.includes('new generation'));
  await ask('eu.tunnels.example.com');
  const transaction = await eventually('the move', () =>
    seen.split(/^# new generation.*$/m).find((part) => part.includes('tw_shared4')),
  );
  const last = (set: string) =>
    transaction.match(new RegExp(`^.*${set} \\{ 198\\.51\\.100\\.10 .*$`, 'gm'))?.at(-1);
  assert.match(last('tw_shared4') ?? '', /^add element .* timeout (?:15m|14m5\ds) /);
  assert.match(last('tw_deny4') ?? '', /^delete element/);
});

test('feed nft: an answer waits for its set, and no longer than it may', { skip }, async (t) => {
  const { server, ask, read } = await setUp(t, nft);
  const children = `/proc/${server.pid}/task/${server.pid}/children`;
  const filter = Number(readFileSync(children, 'utf8').trim().split(' ')[0]);
  assert.match(readFileSync(`/proc/${filter}/comm`, 'utf8'), /^nft$/m);

  process.kill(filter, 'SIGSTOP');
  t.after(() => {
    try {
      process.kill(filter, 'SIGCONT');
    } catch {} // gone already
  });
  let answer: string | undefined;
  const asking = ask('eu.tunnels.example.com').then((text) => {
    answer = text;
  });
  await delay(500);
  assert.equal(answer, undefined, 'the answer left before its address was in the set');
  assert.equal(await ask('plain.example.net'), '198.51.100.99', 'other answers do not wait');
  process.kill(filter, 'SIGCONT');
  await asking;
  assert.equal(answer, '198.51.100.10');
  assert.ok((await read('tw_shared4')).includes('198.51.100.10'));

  process.kill(filter, 'SIGSTOP');
  const started = performance.now();
  const [stranger, allowed] = await Promise.all([
    ask('www.example.net'),
    ask('cname.tunnels.example.com'),
  ]);
  assert.equal(stranger, '198.51.100.11', 'what no rule is about leaves late');
  assert.equal(allowed, '', 'what is allowed is an error');
  assert.ok(performance.now() - started > 2_900);

  // One that never answers again is given up for a new one.
  const replaced = await eventually('another nft', () => {
    const [child = ''] = readFileSync(children, 'utf8').trim().split(' ');
    return child !== '' && Number(child) !== filter;
  });
  assert.ok(replaced);
  assert.equal(await ask('cname.tunnels.example.com'), 'edge.example.net.\n198.51.100.12');
  assert.ok((await read('tw_shared4')).includes('198.51.100.12'));
});
