import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from '../../src/identity/lease.ts';
import { parseLeases, partsOf } from '../../src/identity/leases.ts';

const NOW = Date.UTC(2026, 10, 26, 12);
const SECOND = NOW / 1000;

const KEA4 =
  'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n';
const KEA6 =
  'address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n';
const HEAD = `# The format of this file is documented in the dhcpd.leases(5) manual page.
# This lease file was written by isc-dhcp-4.4.3-P1

# authoring-byte-order entry is generated, DO NOT DELETE
authoring-byte-order little-endian;

`;
const iscLease = (address: string, ...statements: readonly string[]) =>
  `lease ${address} {\n${statements.map((one) => `  ${one};\n`).join('')}}\n`;
const ACTIVE = [
  'starts 4 2026/11/26 11:30:00',
  'ends 4 2026/11/26 12:30:00',
  'cltt 4 2026/11/26 11:30:00',
  'binding state active',
  'next binding state free',
  'rewind binding state free',
  'hardware ethernet 00:00:5e:00:53:17',
];
const mac = '00:00:5e:00:53:17';

const cases: readonly {
  readonly when: string;
  readonly text: string;
  readonly are: readonly Record<string, string>[];
}[] = [
  { when: 'an empty file', text: '', are: [] },
  { when: 'something else', text: 'Hello, world\n{ } ; " {{', are: [] },

  // dnsmasq
  {
    when: 'dnsmasq: one of each family, one without a name',
    text: `${SECOND + 60} ${mac} 192.0.2.17 ada-laptop 01:00:00:5e:00:53:17
${SECOND + 60} 00:00:5e:00:53:18 192.0.2.18 * *
duid 00:01:00:01:2e:c1:a5:28:00:00:5e:00:53:01
${SECOND + 60} 6188183 2001:db8::17 ada-laptop 00:01:00:01:2e:c1:a5:28:00:00:5e:00:53:17
${SECOND + 60} T6188183 2001:db8::18 * 00:01:00:01:2e:c1:a5:28:00:00:5e:00:53:17
`,
    are: [
      { address: '192.0.2.17', host: 'ada-laptop', mac },
      { address: '192.0.2.18', mac: '00:00:5e:00:53:18' },
      { address: '2001:db8::17', host: 'ada-laptop' },
      { address: '2001:db8::18' },
    ],
  },
  {
    when: 'dnsmasq: one for ever, one that is over, one of token ring',
    text: `0 ${mac} 192.0.2.17 printer *\n${SECOND} 00:00:5e:00:53:18 192.0.2.18 gone *\n${SECOND + 1} 06-00:00:5e:00:53:19 192.0.2.19 ring *\n`,
    are: [
      { address: '192.0.2.17', host: 'printer', mac },
      { address: '192.0.2.19', host: 'ring', mac: '00:00:5e:00:53:19' },
    ],
  },
  {
    when: 'dnsmasq: IPv6 alone, a broken line, a last line cut short',
    text: `duid 00:01\n${SECOND + 60} 7 2001:db8::17 a b\n${SECOND + 60} ${mac} 192.0.2.999 x y\n${SECOND + 60} ${mac} 192.0`,
    are: [{ address: '2001:db8::17', host: 'a' }],
  },
  {
    when: 'dnsmasq: a name that would act on a terminal',
    text: `0 ${mac} 192.0.2.17 \u001b]0;x\u0007\u202etxt *\n`,
    are: [{ address: '192.0.2.17', host: '\u001b]0;x\u0007\u202etxt', mac }],
  },

  // ISC dhcpd
  {
    when: 'dhcpd: one with all there is',
    text: `${HEAD}${iscLease('192.0.2.17', ...ACTIVE, 'uid "\\001\\000\\000^\\000S\\027"', 'set vendor-class-identifier = "MSFT 5.0"', 'client-hostname "ada-laptop"')}`,
    are: [{ address: '192.0.2.17', host: 'ada-laptop', mac, vendor: 'MSFT 5.0' }],
  },
  {
    when: 'dhcpd: the last of an address counts',
    text: `${HEAD}${iscLease('192.0.2.17', ...ACTIVE, 'client-hostname "before"')}${iscLease('192.0.2.17', ...ACTIVE, 'client-hostname "after"')}`,
    are: [{ address: '192.0.2.17', host: 'after', mac }],
  },
  {
    when: 'dhcpd: the last says that it was given back',
    text: `${HEAD}${iscLease('192.0.2.17', ...ACTIVE)}${iscLease('192.0.2.17', 'starts 4 2026/11/26 11:30:00', 'ends 4 2026/11/26 11:50:00', 'binding state free', 'hardware ethernet 00:00:5e:00:53:17')}`,
    are: [],
  },
  {
    when: 'dhcpd: over, for ever, by seconds, and abandoned',
    text: `${HEAD}${[
      ['192.0.2.1', 'ends 4 2026/11/26 12:00:00', 'binding state active'],
      ['192.0.2.2', 'ends never', 'binding state active'],
      ['192.0.2.3', `ends epoch ${SECOND + 1}`, 'binding state active'],
      ['192.0.2.4', `ends epoch ${SECOND - 1}`, 'binding state active'],
      ['192.0.2.5', 'ends never', 'binding state abandoned'],
    ]
      .map(([address = '', ...statements]) => iscLease(address, ...statements))
      .join('')}`,
    are: [{ address: '192.0.2.2' }, { address: '192.0.2.3' }],
  },
  {
    when: 'dhcpd: a name in quotes that holds what ends a lease, and octets as numbers',
    text: iscLease(
      '192.0.2.17',
      ...ACTIVE,
      'client-hostname "a\\"; } lease 192.0.2.99 { #\\\\b\\303\\274\\033[2J"',
    ),
    are: [{ address: '192.0.2.17', host: 'a"; } lease 192.0.2.99 { #\\bü\u001b[2J', mac }],
  },
  {
    when: 'dhcpd: scopes within a lease, and leases of IPv6',
    text: `lease 192.0.2.17 {\n  ends never;\n  binding state active;\n  on expiry { set x = "y"; binding state free; }\n}\nia-na "\\001\\002" {\n  cltt 4 2026/11/26 11:30:00;\n  iaaddr 2001:db8::17 {\n    binding state active;\n    ends never;\n  }\n}\n`,
    are: [{ address: '192.0.2.17' }],
  },
  {
    when: 'dhcpd: cut off in the middle of a name',
    text: `${HEAD}lease 192.0.2.17 {\n ends never;\n client-hostname "a`,
    are: [],
  },

  // Kea
  {
    when: 'Kea: IPv4',
    text: `${KEA4}192.0.2.17,${mac},01:00:00:5e:00:53:17,3600,${SECOND + 60},1,0,0,ada-laptop.example.com.,0,,0\n192.0.2.18,00:00:5e:00:53:18,,3600,${SECOND + 60},1,0,0,,0,,0\n`,
    are: [
      { address: '192.0.2.17', host: 'ada-laptop.example.com', mac },
      { address: '192.0.2.18', mac: '00:00:5e:00:53:18' },
    ],
  },
  {
    when: 'Kea: given back, over, declined',
    text: `${KEA4}192.0.2.17,${mac},,3600,${SECOND + 60},1,0,0,a,0,,0\n192.0.2.17,${mac},,0,${SECOND - 10},1,0,0,a,0,,0\n192.0.2.18,${mac},,3600,${SECOND},1,0,0,b,0,,0\n192.0.2.19,${mac},,3600,${SECOND + 60},1,0,0,c,1,,0\n`,
    are: [],
  },
  {
    when: 'Kea: what stands in the parts of a file that is being tidied up, with the titles of each',
    text: `${KEA4}192.0.2.17,${mac},,3600,${SECOND + 60},1,0,0,old,0,,0\n${KEA4}192.0.2.17,${mac},,3600,${SECOND + 90},1,0,0,new,0,,0\n`,
    are: [{ address: '192.0.2.17', host: 'new', mac }],
  },
  {
    when: 'Kea: a name with a comma',
    text: `${KEA4}192.0.2.17,${mac},,3600,${SECOND + 60},1,0,0,a&#x2cb&#x2c,0,,0\n`,
    are: [{ address: '192.0.2.17', host: 'a,b,', mac }],
  },
  {
    when: 'Kea: IPv6, and a prefix that is no client',
    text: `${KEA6}2001:db8::17,00:01:00:01,4000,${SECOND + 60},1,3000,0,7,128,0,0,ada.example.com.,${mac},0,,1,0,0\n2001:db8:1::,00:01:00:01,4000,${SECOND + 60},1,3000,2,7,56,0,0,,,0,,,,0\n`,
    are: [{ address: '2001:db8::17', host: 'ada.example.com', mac }],
  },
];

for (const { when, text, are } of cases) {
  test(`parseLeases: ${when}`, () => {
    assert.deepEqual(parseLeases(text, NOW), are as readonly unknown[] as readonly Lease[]);
  });
}

test('parseLeases: a very long name is kept whole, and costs no more than its length', () => {
  const host = 'x'.repeat(100_000);
  const [lease] = parseLeases(`0 ${mac} 192.0.2.17 ${host} *\n`, NOW);
  assert.equal(lease?.host, host);
  const begun = performance.now();
  parseLeases(`${HEAD}lease 192.0.2.17 { client-hostname "${'\\"'.repeat(100_000)}`, NOW);
  assert.ok(performance.now() - begun < 1000);
});

test('partsOf: only Kea writes a file in parts, and the newest is read last', () => {
  assert.deepEqual(
    partsOf('/x/kea-leases4.csv').map((part) => part.slice(3)),
    ['kea-leases4.csv.2', 'kea-leases4.csv.1', 'kea-leases4.csv'],
  );
  assert.deepEqual(partsOf('/x/dhcpd.leases'), ['/x/dhcpd.leases']);
});
