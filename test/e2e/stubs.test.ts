import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { ADDRESSES, createLab } from '../support/e2e/lab.ts';
import { run } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { attempts, folder, serve, write } from '../support/e2e/tunnelwarden.ts';
import { a, aaaa, cname, startUpstream, txt } from '../support/e2e/upstream.ts';

// What people and programs ask with, against tunnelwarden on a gateway that has two addresses of
// each family and listens on the wildcards.

const BLOCKED = 'connect.ngrok-agent.com';
const [V4, SECOND_V4, V6, SECOND_V6] = ADDRESSES.gateway;

const zone = {
  'www.example.com': [a('198.51.100.80'), aaaa('2001:db8:2::80'), txt('hello')],
  'alias.example.com': [cname('www.example.com')],
  'big.example.com': Array.from({ length: 30 }, (_, i) => txt(`${i} ${'x'.repeat(80)}`)),
  'odd.example.com': [{ type: 'UNKNOWN_65280', data: { hex: '00ff10' } }],
};

const policy = `
organisation: { name: Example Corp, contact: it-help@example.com }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block }
resolver:
  listen: ['0.0.0.0:53', '[::]:53']
  upstreams: ['${ADDRESSES.resolver[0]}']
  clients: [192.0.2.0/24, '2001:db8:1::/64']
`;

/** `dig` or `kdig` with some words, and what its output must and must not have. */
type Case = {
  readonly when: string;
  readonly ask: string;
  readonly sees: readonly RegExp[];
  readonly not?: readonly RegExp[];
};

const ADDRESS = /^www\.example\.com\.\s+\d+\s+IN\s+A\s+198\.51\.100\.80$/m;
const REFUSAL =
  /EDE: 15 \(Blocked\): \(Example Corp: .*For tunnels use tunnels\.example\.com\. Ask it-help@example\.com\.\)/;

const cases: readonly Case[] = [
  {
    when: 'an ordinary question',
    ask: `dig @${V4} www.example.com`,
    sees: [/NOERROR/, ADDRESS, /flags: qr rd ra;/],
  },
  { when: 'over TCP', ask: `dig @${V4} +tcp www.example.com`, sees: [ADDRESS, /\(TCP\)/] },
  { when: 'over IPv6', ask: `dig @${V6} www.example.com`, sees: [ADDRESS, /\(UDP\)/] },
  { when: 'over IPv6 and TCP', ask: `dig @${V6} +tcp www.example.com`, sees: [ADDRESS, /\(TCP\)/] },
  // dig takes no answer from another address than the one it asked.
  {
    when: 'the second IPv4 address',
    ask: `dig @${SECOND_V4} www.example.com`,
    sees: [ADDRESS],
    not: [/unexpected/],
  },
  {
    when: 'the second IPv6 address',
    ask: `dig @${SECOND_V6} www.example.com`,
    sees: [ADDRESS],
    not: [/unexpected/],
  },
  {
    when: 'an alias',
    ask: `dig @${V4} alias.example.com`,
    sees: [/alias\.example\.com\..*CNAME\s+www/, ADDRESS],
  },
  {
    when: 'a name that is not there',
    ask: `dig @${V4} gone.example.com`,
    sees: [/NXDOMAIN/, /SOA/],
    not: [/EDE/],
  },
  {
    when: 'a type that is not there',
    ask: `dig @${V4} www.example.com MX`,
    sees: [/NOERROR/, /ANSWER: 0/, /SOA/],
  },
  {
    when: 'a type nobody knows',
    ask: `dig @${V4} odd.example.com TYPE65280`,
    sees: [/TYPE65280 \\# 3 00FF10/],
  },
  {
    when: 'ANY',
    ask: `dig @${V4} +notcp www.example.com ANY`,
    sees: [/HINFO\s+"RFC8482"/],
    not: [ADDRESS],
  },
  { when: 'class CHAOS', ask: `dig @${V4} version.bind CH TXT`, sees: [/REFUSED/] },
  { when: 'a zone transfer', ask: `dig @${V4} example.com AXFR`, sees: [/Transfer failed/] },
  {
    when: 'NOTIFY',
    ask: `dig @${V4} +opcode=NOTIFY www.example.com SOA`,
    sees: [/NOTIMP|REFUSED/],
  },
  {
    when: 'a question without RD',
    ask: `dig @${V4} +norecurse gone.example.org`,
    sees: [/REFUSED/],
  },
  {
    when: 'a name in mixed case',
    ask: `dig @${V4} wWw.ExAmPlE.cOm`,
    sees: [/^;wWw\.ExAmPlE\.cOm\./m, /198\.51\.100\.80/],
  },

  {
    when: 'no EDNS',
    ask: `dig @${V4} +noedns www.example.com`,
    sees: [ADDRESS, /ADDITIONAL: 0/],
    not: [/OPT/],
  },
  {
    when: 'an EDNS version from the future',
    ask: `dig @${V4} +edns=1 +noednsneg www.example.com`,
    sees: [/BADVERS/],
  },
  {
    when: 'an EDNS option nobody knows',
    ask: `dig @${V4} +ednsopt=65001:c0ffee www.example.com`,
    sees: [ADDRESS],
    not: [/OPT=65001/],
  },
  {
    when: 'EDNS flags nobody knows',
    ask: `dig @${V4} +ednsflags=0x40 www.example.com`,
    sees: [ADDRESS, /flags:; udp/],
    not: [/MBZ/],
  },
  {
    when: 'a client subnet',
    ask: `dig @${V4} +subnet=203.0.113.0/24 www.example.com`,
    sees: [ADDRESS],
    not: [/CLIENT-SUBNET/],
  },
  {
    when: 'the server’s identity',
    ask: `dig @${V4} +nsid www.example.com`,
    sees: [ADDRESS],
    not: [/NSID/],
  },
  {
    when: 'a cookie',
    ask: `dig @${V4} +cookie=0123456789abcdef www.example.com`,
    sees: [/COOKIE: 0123456789abcdef01000000[0-9a-f]{24} \(good\)/],
  },
  {
    when: 'a cookie of another server',
    ask: `dig @${V4} +cookie=0123456789abcdef0100000000000000aaaaaaaaaaaaaaaa www.example.com`,
    sees: [ADDRESS, /COOKIE: 0123456789abcdef/],
  },
  { when: 'DNSSEC', ask: `dig @${V4} +dnssec www.example.com`, sees: [ADDRESS, /flags: do;/] },
  {
    when: 'padding and keepalive over TCP',
    ask: `dig @${V4} +tcp +padding=128 +keepalive www.example.com`,
    sees: [ADDRESS, /KEEPALIVE: 10\.0/, /PAD: \(/, /rcvd: 468/],
  },
  {
    when: 'an answer that is too long for UDP',
    ask: `dig @${V4} +ignore big.example.com TXT`,
    sees: [/flags: qr tc rd ra/, /ANSWER: 0/, /COOKIE: .* \(good\)/],
  },
  {
    when: 'an answer that is too long for UDP, followed to TCP',
    ask: `dig @${V4} big.example.com TXT`,
    sees: [/Truncated, retrying in TCP/, /ANSWER: 30/],
  },

  {
    when: 'a blocked name',
    ask: `dig @${V4} ${BLOCKED}`,
    sees: [/NXDOMAIN/, /\s30\s+IN\s+SOA/, REFUSAL],
  },
  {
    when: 'a blocked name over TCP',
    ask: `dig @${V4} +tcp ${BLOCKED} AAAA`,
    sees: [/NXDOMAIN/, REFUSAL],
  },
  {
    when: 'a blocked name over IPv6',
    ask: `dig @${V6} ${BLOCKED} HTTPS`,
    sees: [/NXDOMAIN/, REFUSAL],
  },
  {
    when: 'a blocked name without EDNS',
    ask: `dig @${V4} +noedns ${BLOCKED}`,
    sees: [/NXDOMAIN/, /SOA/],
    not: [/EDE/],
  },
  {
    when: 'a blocked name with DNSSEC and checking disabled',
    ask: `dig @${V4} +dnssec +cdflag ${BLOCKED}`,
    sees: [/NXDOMAIN/, /flags: qr rd ra cd;/],
  },
  {
    when: 'a blocked name in mixed case',
    ask: `dig @${V4} cOnNeCt.NgRoK-aGeNt.CoM`,
    sees: [/NXDOMAIN/, /cOnNeCt\.NgRoK-aGeNt\.CoM/],
  },
  { when: 'a blocked name, ANY', ask: `dig @${V4} ${BLOCKED} ANY`, sees: [/NXDOMAIN/] },
  { when: 'the canary of browsers', ask: `dig @${V4} use-application-dns.net`, sees: [/NXDOMAIN/] },

  { when: 'kdig', ask: `kdig @${V4} www.example.com`, sees: [/NOERROR/, ADDRESS] },
  {
    when: 'kdig with EDNS, a cookie and padding',
    ask: `kdig @${V6} +edns +cookie +padding +tcp www.example.com`,
    sees: [ADDRESS, /COOKIE/],
  },
  {
    when: 'kdig, several on one connection',
    ask: `kdig @${V4} +tcp +keepopen www.example.com A www.example.com TXT ${BLOCKED} A`,
    sees: [ADDRESS, /"hello"/, /NXDOMAIN/],
    not: [/;; (WARNING|ERROR)/],
  },
  {
    when: 'kdig with TCP Fast Open',
    ask: `kdig @${V4} +tcp +fastopen www.example.com`,
    sees: [ADDRESS],
    not: [/;; (WARNING|ERROR)/],
  },
];

test('stubs', { skip: missing('root', 'ip', 'dig', 'kdig', 'getent') }, async (t) => {
  const lab = createLab(t);
  const path = folder(t);
  const database = `${path}/attempts.db`;
  await startUpstream(
    t,
    { zone, listen: [{ address: ADDRESSES.resolver[0], port: 53 }] },
    { within: lab.internet.within },
  );
  const policyFile = write(path, 'policy.yaml', policy);
  const server = await serve(t, ['--policy', policyFile, '--database', database], {
    within: lab.gateway.within,
  });
  const asClient = async (line: string, patience?: number) => {
    const [command = '', ...words] = line.split(' ');
    const { stdout, stderr, code } = await run(command, words, {
      within: lab.client.within,
      ...(patience ? { patience } : {}),
    });
    return { code, text: stdout + stderr };
  };

  for (const { when, ask, sees, not = [] } of cases) {
    await t.test(when, async () => {
      const { text } = await asClient(ask);
      for (const pattern of sees) assert.match(text, pattern);
      for (const pattern of not) assert.doesNotMatch(text, pattern);
    });
  }

  const stubs = [
    { when: 'as it is', lines: [`nameserver ${V4}`] },
    { when: 'over IPv6', lines: [`nameserver ${V6}`] },
    { when: 'with EDNS', lines: [`nameserver ${V4}`, 'options edns0 trust-ad'] },
    // glibc then sends A and AAAA in one segment and waits for both answers.
    { when: 'over TCP', lines: [`nameserver ${V4}`, 'options use-vc'] },
    {
      when: 'one after the other on one socket',
      lines: [`nameserver ${V4}`, 'options single-request'],
    },
  ];
  for (const { when, lines } of stubs) {
    await t.test(`the system resolver, ${when}`, async () => {
      lab.resolveBy(...lines);
      const { text } = await asClient('getent ahosts www.example.com');
      assert.deepEqual(
        new Set([...text.matchAll(/^(\S+)\s+STREAM/gm)].map(([, address]) => address)),
        new Set(['198.51.100.80', '2001:db8:2::80']),
      );
      const refused = await asClient(`getent ahosts ${BLOCKED}`);
      assert.deepEqual(refused, { code: 2, text: '' });
    });
  }

  await t.test('strangers are refused', async () => {
    const { stdout } = await run('dig', ['@198.51.100.1', 'www.example.com'], {
      within: lab.internet.within,
    });
    assert.match(stdout, /REFUSED/);
    assert.match(stdout, /EDE: 18 \(Prohibited\)/);
    assert.doesNotMatch(stdout, ADDRESS);
  });

  await t.test(
    'an address that comes later is listened on, and one that goes is let go',
    async () => {
      const gateway = (...words: string[]) =>
        execFileSync('ip', [
          '-n',
          lab.gateway.name,
          'addr',
          ...words,
          '192.0.2.3/24',
          'dev',
          'lan',
        ]);
      gateway('add');
      await server.told('listening', server.log().length);
      assert.match((await asClient('dig @192.0.2.3 www.example.com')).text, ADDRESS);
      gateway('del');
    },
  );

  await t.test('strangers are ignored where the policy says so', async () => {
    write(path, 'policy.yaml', policy.replace('resolver:', 'resolver:\n  strangers: ignore'));
    await server.reload();
    for (const transport of ['+notcp', '+tcp']) {
      const { stdout } = await run(
        'dig',
        ['@198.51.100.1', transport, '+timeout=1', '+tries=1', 'www.example.com'],
        { within: lab.internet.within },
      );
      assert.match(stdout, /timed out|no servers could be reached/);
    }
    assert.match((await asClient(`dig @${V4} www.example.com`)).text, ADDRESS);
  });

  await t.test('every way of asking is in the log', async () => {
    assert.equal(await server.stop(), 0);
    const lines = await attempts(database);
    const seen = new Set(
      lines.map(({ client, transport, type }) => `${client} ${transport} ${type}`),
    );
    for (const line of [
      `${ADDRESSES.client[0]} udp A`,
      `${ADDRESSES.client[0]} tcp AAAA`,
      `${ADDRESSES.client[1]} udp HTTPS`,
    ]) {
      assert.ok(seen.has(line), `${line}, not among ${[...seen].join(', ')}`);
    }
    assert.ok(
      lines.every(({ name }) => name === BLOCKED),
      'and nothing else',
    );
  });
});
