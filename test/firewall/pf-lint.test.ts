import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintPf, lintPfTable, type PfDialect } from './pf-lint.ts';

// What the real parsers took, in the words they took it.
const TABLES = `
table <tk_deny>   persist counters
table <tk_shared> persist counters
table <tk_doh>    persist counters { 203.0.113.53, 2001:db8:53::53 }
table <tk_dnsok>  const { 192.0.2.53, 2001:db8:2::53 }
`;
const GOOD: Readonly<Record<PfDialect, string>> = {
  openbsd: `${TABLES}
pass in quick on em1 inet  proto { tcp, udp } from ! <tk_dnsok> to any port 53 rdr-to 127.0.0.1 port 53 label "TK-DNS-01"
pass in quick on em1 inet6 proto { tcp, udp } from ! <tk_dnsok> to any port 53 rdr-to ::1 port 53 label "TK-DNS-01"
block return in log (to pflog1) quick on em1 proto { tcp, udp } from ! <tk_dnsok> to any port 853 label "TK-DOT-01"
block return in log (to pflog1) quick on em1 to <tk_deny> label "TK-DENY-01"
block return in log (to pflog1) quick on em1 proto { tcp, udp } to <tk_doh> port 443 label "TK-DOH-01"
pass in quick on em1 inet  proto tcp to <tk_shared> port 443 divert-to 127.0.0.1 port 9443 label "TK-SNI-01"
pass in quick on em1 inet6 proto tcp to <tk_shared> port 443 divert-to ::1 port 9443 label "TK-SNI-01"
block return in log (to pflog1) quick on em1 proto udp to <tk_shared> port 443 label "TK-QUIC-01"
`,
  freebsd: `${TABLES}
rdr pass on em1 inet  proto { tcp, udp } from ! <tk_dnsok> to any port 53 -> 127.0.0.1 port 53
rdr pass on em1 inet6 proto { tcp, udp } from ! <tk_dnsok> to any port 53 -> ::1 port 53
rdr pass on em1 inet  proto tcp from any to <tk_shared> port 443 -> 127.0.0.1 port 9443
rdr pass on em1 inet6 proto tcp from any to <tk_shared> port 443 -> ::1 port 9443
block return in log (to pflog1) quick on em1 proto { tcp, udp } from ! <tk_dnsok> to any port 853 label "TK-DOT-01"
block return in log (to pflog1) quick on em1 from any to <tk_deny> label "TK-DENY-01"
block return in log (to pflog1) quick on em1 proto { tcp, udp } from any to <tk_doh> port 443 label "TK-DOH-01"
block return in log (to pflog1) quick on em1 proto udp from any to <tk_shared> port 443 label "TK-QUIC-01"
`,
};
const MAIN: Readonly<Record<PfDialect, string>> = {
  openbsd: `anchor "toolkit" in on $lan
load anchor "toolkit" from "/etc/pf.anchors/toolkit.conf"
`,
  freebsd: `rdr-anchor "toolkit"
anchor "toolkit"
load anchor "toolkit" from "/etc/pf.anchors/toolkit.conf"
`,
};

for (const dialect of ['openbsd', 'freebsd'] as const) {
  test(`pf lint, ${dialect}: takes what the real parser took`, () => {
    assert.deepEqual(lintPf(GOOD[dialect], dialect), []);
    assert.deepEqual(lintPf(MAIN[dialect], dialect, 'main'), []);
  });
  test(`pf lint, ${dialect}: refuses what the other dialect's parser took`, () => {
    const other = dialect === 'openbsd' ? 'freebsd' : 'openbsd';
    assert.equal(lintPf(GOOD[other], dialect).length, 4);
  });
}

const BLOCK = 'block return in quick on em1';
type LintCase = {
  readonly when: string;
  readonly text: string;
  /** Undefined where it is fine. */
  readonly problem?: RegExp;
  readonly dialects?: readonly PfDialect[];
  readonly main?: true;
};
const BOTH: readonly PfDialect[] = ['openbsd', 'freebsd'];
const OPENBSD = ['openbsd'] as const;
const FREEBSD = ['freebsd'] as const;
const LINT_CASES: readonly LintCase[] = [
  { when: 'match', text: 'match in on em1 from any to any' },
  { when: 'scrub in a match', text: 'match in all scrub (no-df max-mss 1440)', dialects: OPENBSD },
  {
    when: 'scrub in a match',
    text: 'match in all scrub (no-df max-mss 1440)',
    dialects: FREEBSD,
    problem: /not in this dialect/,
  },
  { when: 'scrub', text: 'scrub in all', dialects: FREEBSD },
  { when: 'scrub', text: 'scrub in all', dialects: OPENBSD, problem: /not in this dialect/ },
  { when: 'nat-to', text: 'match out on em0 nat-to (em0)', problem: /no option of ours/ },
  { when: 'nat', text: 'nat on em0 inet from any to any -> 192.0.2.1', dialects: FREEBSD },
  {
    when: 'nat',
    text: 'nat on em0 inet from any to any -> 192.0.2.1',
    dialects: OPENBSD,
    problem: /not in this/,
  },
  {
    when: 'rdr',
    text: 'rdr on em1 inet proto udp from any to any port 53 -> 192.0.2.1 port 53',
    dialects: FREEBSD,
  },
  {
    when: 'rdr',
    text: 'rdr on em1 inet proto udp from any to any port 53 -> 192.0.2.1 port 53',
    dialects: OPENBSD,
    problem: /not in this/,
  },
  { when: 'no rdr', text: 'no rdr on em1 proto tcp from any to any port 443', dialects: FREEBSD },
  {
    when: 'no rdr',
    text: 'no rdr on em1 proto tcp from any to any port 443',
    dialects: OPENBSD,
    problem: /not in this/,
  },
  {
    when: 'no rdr that leads somewhere',
    text: 'no rdr on em1 inet proto tcp from any to any port 443 -> 127.0.0.1',
    dialects: FREEBSD,
    problem: /-> with no/,
  },
  {
    when: 'no rdr pass',
    text: 'no rdr pass on em1 from any to any',
    dialects: FREEBSD,
    problem: /pass with no/,
  },
  {
    when: 'rdr to nowhere',
    text: 'rdr on em1 inet from any to any',
    dialects: FREEBSD,
    problem: /nowhere/,
  },
  {
    when: 'rdr pass to another machine',
    text: 'rdr pass on em1 inet from any to any -> 192.0.2.1',
    dialects: FREEBSD,
    problem: /another machine/,
  },
  {
    when: 'rdr to the other family',
    text: 'rdr on em1 inet from any to any -> ::1',
    dialects: FREEBSD,
    problem: /family/,
  },
  {
    when: 'rdr without a family',
    text: 'rdr on em1 from any to any -> 127.0.0.1',
    dialects: FREEBSD,
    problem: /family/,
  },
  { when: 'rdr-anchor', text: 'rdr-anchor "t"', main: true, dialects: FREEBSD },
  {
    when: 'rdr-anchor',
    text: 'rdr-anchor "t"',
    main: true,
    dialects: OPENBSD,
    problem: /not in this dialect/,
  },
  {
    when: 'nat-anchor',
    text: 'nat-anchor "t"',
    main: true,
    dialects: OPENBSD,
    problem: /not in this dialect/,
  },
  {
    when: 'rdr-to',
    text: 'pass in on em1 inet proto udp from any to any port 53 rdr-to 127.0.0.1 port 53',
    dialects: OPENBSD,
  },
  {
    when: 'rdr-to',
    text: 'pass in on em1 inet proto udp from any to any port 53 rdr-to 127.0.0.1 port 53',
    dialects: FREEBSD,
    problem: /not in this/,
  },
  {
    when: 'rdr-to the other family',
    text: 'pass in on em1 inet from any to any rdr-to ::1 port 53',
    dialects: OPENBSD,
    problem: /family/,
  },
  {
    when: 'rdr-to in a block',
    text: `${BLOCK} inet from any to any rdr-to 127.0.0.1 port 53`,
    dialects: OPENBSD,
    problem: /but in pass in/,
  },
  {
    when: 'divert-to',
    text: 'pass in on em1 inet proto tcp from any to any divert-to 127.0.0.1 port 9443',
    dialects: FREEBSD,
    problem: /not in this/,
  },
  {
    when: 'divert-to in a match',
    text: 'match in on em1 inet proto tcp from any to any divert-to 127.0.0.1 port 9443',
    dialects: OPENBSD,
    problem: /but in pass in/,
  },
  {
    when: 'divert-to for UDP',
    text: 'pass in on em1 inet proto udp from any to any divert-to 127.0.0.1 port 9443',
    dialects: OPENBSD,
    problem: /TCP alone/,
  },
  {
    when: 'divert-to another machine',
    text: 'pass in on em1 inet proto tcp from any to any divert-to 192.0.2.1 port 9443',
    dialects: OPENBSD,
    problem: /another machine/,
  },
  ...['divert-packet port 700', 'once', 'received-on em0', 'max-pkt-rate 5/1'].flatMap(
    (option): LintCase[] => [
      { when: option, text: `pass in on em1 from any to any ${option}`, dialects: OPENBSD },
      {
        when: option,
        text: `pass in on em1 from any to any ${option}`,
        dialects: FREEBSD,
        problem: /not in this dialect/,
      },
    ],
  ),
  {
    when: 'two labels',
    text: `${BLOCK} from any to any label "A" label "B"`,
    problem: /label cannot be said twice/,
  },
  {
    when: 'ridentifier',
    text: `${BLOCK} from any to any ridentifier 7`,
    problem: /no option of ours/,
  },
  { when: 'a label of 63', text: `${BLOCK} from any to any label "${'a'.repeat(63)}"` },
  {
    when: 'a label of 64',
    text: `${BLOCK} from any to any label "${'a'.repeat(64)}"`,
    problem: /over 63/,
  },
  { when: 'a macro in a label', text: `${BLOCK} from any to any label "$if"`, problem: /macro/ },
  {
    when: 'a label without quotes',
    text: `${BLOCK} from any to any label A`,
    problem: /quoted expected/,
  },
  {
    when: 'an anchor with rules on one line',
    text: 'anchor "t" { pass }',
    main: true,
    problem: /on one line/,
  },
  {
    when: 'an anchor with rules',
    text: 'anchor "t" {\npass\n}',
    main: true,
    problem: /do not see the tables/,
  },
  { when: 'an anchor in ours', text: 'anchor "t"', problem: /no anchor in our anchor/ },
  {
    when: 'load anchor in ours',
    text: 'load anchor "t" from "/x"',
    problem: /no anchor in our anchor/,
  },
  {
    when: 'load anchor by a relative path',
    text: 'load anchor "t" from "x"',
    main: true,
    problem: /where pfctl runs/,
  },
  { when: 'user', text: 'pass in on em1 from any to any user unbound', problem: /accounts/ },
  {
    when: 'a port by name',
    text: `${BLOCK} proto tcp from any to any port domain-s`,
    problem: /not a number/,
  },
  { when: 'a range of ports', text: `${BLOCK} proto tcp from any to any port 5000:5100` },
  {
    when: 'a range from high to low',
    text: `${BLOCK} proto tcp from any to any port 9:5`,
    problem: /no range/,
  },
  {
    when: 'a port above all',
    text: `${BLOCK} proto tcp from any to any port 65536`,
    problem: /no range/,
  },
  { when: 'several ports', text: `${BLOCK} proto tcp from any to any port { 80, 443 }` },
  {
    when: 'a port of every protocol',
    text: `${BLOCK} from any to any port 443`,
    problem: /without proto/,
  },
  {
    when: 'a port of ICMP',
    text: `${BLOCK} proto { tcp, icmp } from any to any port 443`,
    problem: /without proto/,
  },
  {
    when: 'a host by name',
    text: `${BLOCK} from any to tunnel.example.com`,
    problem: /neither address nor table/,
  },
  {
    when: 'an interface as address',
    text: `${BLOCK} from any to (em0)`,
    problem: /neither address nor table/,
  },
  {
    when: 'a name in a table',
    text: 'table <t> persist { tunnel.example.com }',
    problem: /neither address nor table/,
  },
  {
    when: 'host bits in a table',
    text: 'table <t> persist { 192.0.2.1/24 }',
    problem: /neither address nor table/,
  },
  { when: 'a table of nothing', text: 'table <t> persist { }' },
  { when: 'a table name of 31', text: `table <${'t'.repeat(31)}> persist` },
  { when: 'a table name of 32', text: `table <${'t'.repeat(32)}> persist`, problem: /over 31/ },
  {
    when: 'an item to a line',
    text: 'table <t> persist {\n\t192.0.2.1\n\t!192.0.2.2\n\t2001:db8::/32\n}',
  },
  {
    when: 'a backslash at the end of a line',
    text: 'table <t> persist { 192.0.2.1, \\\n192.0.2.2 }',
  },
  {
    when: 'a comma at the end of a line',
    text: 'table <t> persist {\n192.0.2.1,\n192.0.2.2\n}',
    problem: /comma before/,
  },
  { when: 'a last comma', text: 'table <t> persist { 192.0.2.1, }', problem: /comma before/ },
  {
    when: 'an address in and out',
    text: 'table <t> persist { 192.0.2.1, !192.0.2.1 }',
    problem: /twice/,
  },
  { when: 'a table from a file', text: 'table <t> persist file "/x"', problem: /has to be there/ },
  {
    when: 'a table nobody declares',
    text: `${BLOCK} from any to <t>`,
    problem: /not declared before/,
  },
  {
    when: 'a table declared too late',
    text: `${BLOCK} from any to <t>\ntable <t> persist`,
    problem: /not declared before/,
  },
  {
    when: 'a table declared twice',
    text: 'table <t> persist\ntable <t> persist',
    problem: /declared again/,
  },
  {
    when: '! before a list',
    text: `${BLOCK} from any to ! { 192.0.2.1, 192.0.2.2 }`,
    problem: /each of its items/,
  },
  {
    when: 'rdr after a filter rule',
    text: `${BLOCK} from any to any\nno rdr on em1 from any to any`,
    dialects: FREEBSD,
    problem: /translation after filtering/,
  },
  {
    when: 'scrub after rdr',
    text: 'no rdr on em1 from any to any\nscrub in all',
    dialects: FREEBSD,
    problem: /normalization after translation/,
  },
  {
    when: 'rdr-anchor after an anchor',
    text: 'anchor "t"\nrdr-anchor "t"',
    main: true,
    dialects: FREEBSD,
    problem: /translation after filtering/,
  },
  {
    when: 'an option after rdr',
    text: 'rdr-anchor "t"\nset limit table-entries 9',
    main: true,
    dialects: FREEBSD,
    problem: /options after translation/,
  },
  { when: 'an option', text: 'set limit table-entries 400000', problem: /not allowed in anchors/ },
  { when: 'the option of the main file', text: 'set limit table-entries 400000', main: true },
  {
    when: 'a quick match',
    text: 'match in quick on em1 from any to any',
    problem: /does not end a match/,
  },
  { when: 'pflog15', text: 'block return in log (to pflog15) quick on em1 from any to any' },
  {
    when: 'pflog16',
    text: 'block return in log (to pflog16) quick on em1 from any to any',
    problem: /ends at pflog15/,
  },
  {
    when: 'a log that is no pflog',
    text: 'match in log (to em0) on em1 from any to any',
    problem: /no pflog/,
  },
  {
    when: 'a group that is called like a word',
    text: 'match in on egress from any to any',
    problem: /no interface/,
  },
  { when: 'a group in quotes', text: 'match in on { em0, "egress" } from any to any' },
  { when: 'a macro', text: 'match in on $lan from any to any', problem: /no interface/ },
  {
    when: 'something unheard of',
    text: 'pas in on em1 from any to any',
    problem: /no statement of ours/,
  },
  {
    when: 'something left over',
    text: 'match in on em1 from any to any em2',
    problem: /no option of ours/,
  },
  {
    when: 'a comment that takes the next rule along',
    text: `# note \\\n${BLOCK} from any to any`,
    problem: /no statement|expected/,
  },
  { when: 'no end of the last line', text: 'match in on em1 from any to any', main: true },
];

for (const { when, text, problem, dialects = BOTH, main } of LINT_CASES) {
  for (const dialect of dialects) {
    test(`pf lint, ${dialect}: ${when} is ${problem ? 'a problem' : 'fine'}`, () => {
      const found = lintPf(`${text}\n`, dialect, main ? 'main' : 'anchor');
      if (problem) assert.match(found.join('\n'), problem);
      else assert.deepEqual(found, []);
    });
  }
}

test('pf lint: a problem has its line, and what comes after it is still read', () => {
  const text =
    '# note\n\npas\ntable <t> persist {\n192.0.2.1,\n192.0.2.2\n}\nmatch in on em1 from any to <u>\n';
  assert.deepEqual(
    lintPf(text, 'openbsd').map((problem) => problem.split(':')[0]),
    ['3', '4', '8'],
  );
});

test('pf lint: lines of a table file are addresses', () => {
  assert.deepEqual(lintPfTable('# note\n192.0.2.1\n!2001:db8::1\n'), []);
  assert.equal(lintPfTable('example.com\n192.0.2.1 192.0.2.2\n').length, 2);
});
