import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createConversation } from '../../../src/firewall/sets/conversation.ts';
import { createIpsetWriter, ipsetLines } from '../../../src/firewall/sets/ipset.ts';
import { createNftWriter, nftCheck, nftLine } from '../../../src/firewall/sets/nft.ts';
import { pairOf } from '../../../src/firewall/sets/pair.ts';
import { createPfWriter } from '../../../src/firewall/sets/pf.ts';
import type { Changes } from '../../../src/firewall/sets/writer.ts';
import { parseAddress } from '../../../src/policy/network.ts';
import { folder, write } from '../../support/e2e/tunnelwarden.ts';

const A = parseAddress('192.0.2.1');
const B = parseAddress('2001:db8::1');
const changes: Changes = {
  clear: ['tw_cdn4'],
  puts: [
    { table: 'tw_shared4', address: A, seconds: 300 },
    { table: 'tw_shared6', address: B, seconds: 90_000 },
  ],
  drops: [{ table: 'tw_deny4', address: A }],
};

test('nft: a transaction is one line', () => {
  assert.deepEqual(nftLine(changes).split('; '), [
    'flush set inet tunnelwarden tw_cdn4',
    'add element inet tunnelwarden tw_shared4 { 192.0.2.1 }',
    'delete element inet tunnelwarden tw_shared4 { 192.0.2.1 }',
    'add element inet tunnelwarden tw_shared4 { 192.0.2.1 timeout 300s }',
    'add element inet tunnelwarden tw_shared6 { 2001:db8::1 }',
    'delete element inet tunnelwarden tw_shared6 { 2001:db8::1 }',
    'add element inet tunnelwarden tw_shared6 { 2001:db8::1 timeout 90000s }',
    'add element inet tunnelwarden tw_deny4 { 192.0.2.1 }',
    'delete element inet tunnelwarden tw_deny4 { 192.0.2.1 }',
  ]);
  assert.deepEqual(nftCheck(changes.puts.slice(0, 1)).split('; '), [
    'delete element inet tunnelwarden tw_shared4 { 192.0.2.1 }',
    'add element inet tunnelwarden tw_shared4 { 192.0.2.1 timeout 300s }',
  ]);
});

test('ipset: an address enters before it leaves, and no timeout is too long', () => {
  assert.deepEqual(ipsetLines(changes).split('\n'), [
    'flush tw_cdn4',
    'add tw_shared4 192.0.2.1 timeout 300 -exist',
    'add tw_shared6 2001:db8::1 timeout 86400 -exist',
    'del tw_deny4 192.0.2.1 -exist',
  ]);
});

/** A pfctl that writes down how it is called and what it is told, and fails for tables named `gone`. */
const PFCTL = `#!/bin/sh
printf '%s' "$*" >> "$PFCTL_LOG"
case "$*" in *"-f -"*) printf ' <'; tr '\\n' ' ' ;; esac >> "$PFCTL_LOG"
echo >> "$PFCTL_LOG"
case "$*" in *gone*) echo 'pfctl: Table does not exist.' >&2; exit 255 ;; esac
`;

test('pf: pfctl is called with words, adds before it deletes, and says what went wrong', async (t) => {
  const path = folder(t);
  const pfctl = write(path, 'pfctl', PFCTL);
  chmodSync(pfctl, 0o755);
  process.env.PFCTL_LOG = `${path}/log`;
  const pf = createPfWriter(pfctl);
  assert.equal(pf.tableOf('deny', A), 'tw_deny');
  const put = (table: string) => ({ table, address: A, seconds: 300 });
  const [first, second] = await Promise.all([
    pf.write({
      clear: ['tw_cdn'],
      puts: [put('tw_shared'), { ...put('tw_shared'), address: B }],
      drops: [{ table: 'tw_deny', address: A }],
    }),
    pf.check([put('tw_shared')]),
  ]);
  assert.deepEqual([first, second], [undefined, undefined]);
  assert.equal(await pf.check([put('tw_gone')]), 'pfctl: Table does not exist.');
  const called = '-q -a tunnelwarden -t';
  assert.deepEqual(readFileSync(`${path}/log`, 'utf8').trim().split('\n'), [
    `${called} tw_cdn -T flush`,
    `${called} tw_shared -T add -f - <192.0.2.1 2001:db8::1 `,
    `${called} tw_deny -T delete -f - <192.0.2.1 `,
    `${called} tw_shared -T test -f - <192.0.2.1 `,
    `${called} tw_gone -T test -f - <192.0.2.1`,
  ]);
});

test('writers: a program that is not there is a fault with a remedy, not an exception', async () => {
  const nft = createNftWriter('no-such-nft');
  assert.match((await nft.write(changes)) ?? '', /there is no no-such-nft; install it/);
  nft.close();
  const ipset = createIpsetWriter('no-such-ipset');
  assert.match((await ipset.write(changes)) ?? '', /there is no no-such-ipset; install it/);
  ipset.close();
  assert.match((await createPfWriter('no-such-pfctl').write(changes)) ?? '', /ENOENT/);
});

/** Complains of lines with `bad` as nft and ipset do; ends at `die`; all else pleases it. */
const FILTER = `
process.stdin.setEncoding('utf8').on('data', (text) => {
  for (const line of text.split('\\n').filter(Boolean)) {
    if (line === 'die') process.exit(3);
    if (line.startsWith('tw-mark')) process.stderr.write('Error: syntax\\n' + line + '\\n    ^\\n');
    else if (line.startsWith('create')) process.stderr.write("filter: '" + line.slice(7) + "' is wrong\\n");
    else if (line.includes('bad')) process.stderr.write('Error: no such thing\\n' + line + '\\n ^^^\\n');
  }
});
`;
const marks = [
  { when: 'a mark that is repeated below the complaint', mark: (word: string) => word },
  { when: 'a mark in the middle of the complaint', mark: (word: string) => `create ${word}` },
];
for (const { when, mark } of marks) {
  test(`conversation: complaints are told apart by marks: ${when}`, async (t) => {
    const file = write(folder(t), 'filter.mjs', FILTER);
    const filter = createConversation({ program: process.execPath, args: [file], mark });
    t.after(filter.close);
    const said = await Promise.all(['fine', 'bad one', 'fine', 'bad\nbad', 'fine'].map(filter.say));
    const complaint = (line: string) => `Error: no such thing\n${line}`;
    assert.deepEqual(said, [
      '',
      complaint('bad one'),
      '',
      [complaint('bad'), complaint('bad')].join('\n'),
      '',
    ]);
    const last = await Promise.all([filter.say('fine'), filter.say('die'), filter.say('fine')]);
    assert.equal(last[0], '');
    assert.match(last[1] as string, /ended with 3/);
    assert.match(last[2] as string, /ended with 3/);
    assert.equal(await filter.say('fine'), '', 'a new one is started');
    filter.close();
    assert.equal(await filter.say('fine'), 'closed');
  });
}

const PAIR = pairOf(parseAddress('192.0.2.7'), A);
const passing = {
  clear: [],
  puts: [
    {
      ...{ table: 'tw_pass4', address: PAIR, seconds: 3_000_000 },
      note: { id: '12', ports: [{ number: 7000, last: 7001, transport: 'tcp' as const }] },
    },
  ],
  drops: [],
};

test('nft: a pair is a concatenation that bears the number of its exception', () => {
  assert.deepEqual(nftLine(passing).split('; '), [
    'add element inet tunnelwarden tw_pass4 { 192.0.2.7 . 192.0.2.1 }',
    'delete element inet tunnelwarden tw_pass4 { 192.0.2.7 . 192.0.2.1 }',
    'add element inet tunnelwarden tw_pass4 { 192.0.2.7 . 192.0.2.1 timeout 3000000s comment "12" }',
  ]);
});

/** An ipset that writes down what it is told, and complains of the mark as the real one does. */
const IPSET = `#!/bin/sh
if [ "$1" = save ]; then
  echo "create $2 hash:ip,port,ip family inet hashsize 1024 maxelem 1048576 timeout 86400 comment"
  [ "$2" = tw_pass4 ] && for port in tcp:443 tcp:80; do
    echo "add $2 192.0.2.7,$port,192.0.2.1 timeout 17 comment \\"12\\""
  done
  exit 0
fi
while read -r line; do
  case "$line" in create*) echo "ipset: $line is wrong" >&2 ;; *) echo "$line" >> "$IPSET_LOG" ;; esac
done
`;

test('ipset: a pair is an element a port, all of which go with it, and is read back as one', async (t) => {
  const path = folder(t);
  const program = write(path, 'ipset', IPSET);
  chmodSync(program, 0o755);
  process.env.IPSET_LOG = `${path}/log`;
  const ipset = createIpsetWriter(program);
  t.after(ipset.close);
  assert.equal(ipset.tableOf('pass', PAIR), 'tw_pass4');
  await ipset.write(passing);
  await ipset.write({ clear: [], puts: [], drops: [{ table: 'tw_pass4', address: PAIR }] });
  const ports = ['tcp:22', 'tcp:80', 'tcp:443', 'udp:443', 'tcp:7000', 'tcp:7001'];
  const element = (port: string) => `tw_pass4 192.0.2.7,${port},192.0.2.1`;
  assert.deepEqual(readFileSync(`${path}/log`, 'utf8').trim().split('\n').filter(Boolean), [
    ...ports.map((port) => `add ${element(port)} timeout 2147483 comment "12" -exist`),
    ...ports.map((port) => `del ${element(port)} -exist`),
  ]);
  assert.deepEqual(await ipset.readPairs?.('pass'), [{ pair: PAIR, id: '12' }]);
});
