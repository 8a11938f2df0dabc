import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Scope } from './process.ts';
import { ENVIRONMENT } from './requirements.ts';

/** A network of its own, with the words that run a program inside it. */
export type Namespace = { readonly name: string; readonly within: readonly string[] };

/**
 * Three machines in a row: client, gateway and "internet". Only they know of each other; there is
 * no way out. The addresses are those set apart for documentation.
 */
export type Lab = {
  readonly client: Namespace;
  readonly gateway: Namespace;
  readonly internet: Namespace;
  /** Writes /etc/resolv.conf as programs started in the client's namespace see it. */
  readonly resolveBy: (...lines: readonly string[]) => void;
};

export const ADDRESSES = {
  client: ['192.0.2.10', '2001:db8:1::10'],
  gateway: ['192.0.2.1', '192.0.2.2', '2001:db8:1::1', '2001:db8:1::2'],
  /** The gateway's other side. */
  outside: ['198.51.100.1', '2001:db8:2::1'],
  resolver: ['198.51.100.53', '2001:db8:2::53'],
  ngrok: ['198.51.100.10', '2001:db8:2::10'],
  sanctioned: ['198.51.100.20', '2001:db8:2::20'],
} as const;

const [lanV4, lanV6] = [24, 64];

let count = 0;

/** Builds the lab; it goes with the test, or with the process at the latest. */
export function createLab(scope: Scope): Lab {
  count += 1;
  const namespace = (part: string): Namespace => {
    const name = `tw-${process.pid}-${count}${part}`;
    return { name, within: ['ip', 'netns', 'exec', name] };
  };
  const [client, gateway, internet] = [namespace('c'), namespace('g'), namespace('i')];
  const names = [client, gateway, internet].map(({ name }) => name);

  const remove = () => {
    for (const name of names) {
      rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
      try {
        ip('netns', 'del', name);
      } catch {} // never made, or gone already
    }
  };
  process.once('exit', remove);
  scope.after(() => {
    process.off('exit', remove);
    remove();
  });

  for (const name of names) {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  connect([client, 'lan', ADDRESSES.client], [gateway, 'lan', ADDRESSES.gateway]);
  connect(
    [gateway, 'wan', ADDRESSES.outside],
    [internet, 'wan', [...ADDRESSES.resolver, ...ADDRESSES.ngrok, ...ADDRESSES.sanctioned]],
  );
  for (const switched of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding']) {
    ip('netns', 'exec', gateway.name, 'sh', '-c', `echo 1 > /proc/sys/net/${switched}`);
  }
  for (const name of names) awaitLinks(name);
  for (const router of [ADDRESSES.gateway[0], ADDRESSES.gateway[2]]) {
    ip('-n', client.name, 'route', 'add', 'default', 'via', router);
  }
  for (const router of ADDRESSES.outside) {
    ip('-n', internet.name, 'route', 'add', 'default', 'via', router);
  }

  return {
    client,
    gateway,
    internet,
    resolveBy: (...lines) => {
      // `ip netns exec` lays this file over /etc/resolv.conf.
      mkdirSync(`/etc/netns/${client.name}`, { recursive: true });
      writeFileSync(`/etc/netns/${client.name}/resolv.conf`, `${lines.join('\n')}\n`);
    },
  };
}

type End = readonly [namespace: Namespace, link: string, addresses: readonly string[]];

function connect(one: End, other: End): void {
  const [[{ name: left }, leftLink], [{ name: right }, rightLink]] = [one, other];
  const peer = ['type', 'veth', 'peer', 'name', rightLink, 'netns', right];
  ip('link', 'add', leftLink, 'netns', left, ...peer);
  for (const [{ name }, link, addresses] of [one, other]) {
    for (const address of addresses) {
      const length = address.includes(':') ? lanV6 : lanV4;
      // Duplicate address detection would keep IPv6 addresses unusable for a second.
      const now = address.includes(':') ? ['nodad'] : [];
      ip('-n', name, 'addr', 'add', `${address}/${length}`, 'dev', link, ...now);
    }
    ip('-n', name, 'link', 'set', link, 'up');
  }
}

/** A link takes a moment until it carries; before that, programs do not see its addresses. */
function awaitLinks(name: string): void {
  const deadline = Date.now() + 10_000;
  while (/state (?!UP|UNKNOWN)/.test(ip('-n', name, 'link', 'show', 'up'))) {
    if (Date.now() > deadline) throw new Error(`the links of ${name} do not come up`);
  }
}

function ip(...words: readonly string[]): string {
  return ipWith('', ...words);
}

function ipWith(input: string, ...words: readonly string[]): string {
  return execFileSync('ip', words, { input, encoding: 'utf8', stdio: 'pipe', env: ENVIRONMENT });
}

/** Counts the packets that reach an address inside a namespace, from now on. */
export function countPackets({ name }: Namespace, addresses: readonly string[]): () => number {
  const rules = addresses.map(
    (address) => `${address.includes(':') ? 'ip6' : 'ip'} daddr ${address} counter name arrived`,
  );
  const script = [
    'table inet counting {',
    'counter arrived {}',
    'chain in { type filter hook prerouting priority -300;',
    ...rules,
    '}',
    '}',
  ].join('\n');
  const nft = ['netns', 'exec', name, 'nft'];
  ipWith(script, ...nft, '-f', '-');
  return () => Number(/packets (\d+)/.exec(ip(...nft, 'list', 'counters'))?.[1] ?? Number.NaN);
}
