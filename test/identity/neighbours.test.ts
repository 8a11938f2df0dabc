import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { parseHosts } from '../../src/identity/hosts.ts';
import { macOf } from '../../src/identity/mac.ts';
import { parseArp, parseNeighbours, readNeighbours } from '../../src/identity/neighbours.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { ParseError } from '../../src/policy/problem.ts';
import { ENVIRONMENT, missing } from '../support/e2e/requirements.ts';

const macs: readonly { readonly text: string; readonly mac: string | undefined }[] = [
  { text: '00:00:5e:00:53:17', mac: '00:00:5e:00:53:17' },
  { text: '00-00-5E-00-53-AF', mac: '00:00:5e:00:53:af' },
  { text: '0:0:5e:0:53:7', mac: '00:00:5e:00:53:07' },
  { text: '0000.5e00.5317', mac: '00:00:5e:00:53:17' },
  { text: '00005e005317', mac: '00:00:5e:00:53:17' },
  { text: '00:00:00:00:00:00', mac: undefined },
  { text: '00:00-5e:00:53:17', mac: undefined },
  { text: '00:00:5e:00:53', mac: undefined },
  { text: '00:00:5e:00:53:17:18', mac: undefined },
  { text: '(incomplete)', mac: undefined },
];
for (const { text, mac } of macs) {
  test(`macOf: ${text} is ${mac ?? 'none'}`, () => assert.equal(macOf(text), mac));
}

const line = (dst: string, lladdr: string | undefined, ...state: readonly string[]) => ({
  ...{ dst, dev: 'lan', state },
  ...(lladdr === undefined ? {} : { lladdr }),
});
const [MAC, OTHER] = ['00:00:5e:00:53:17', '00:00:5e:00:53:18'];

const outputs: readonly {
  readonly when: string;
  readonly json: string;
  readonly are: Readonly<Record<string, string>>;
}[] = [
  { when: 'nothing', json: '', are: {} },
  { when: 'an empty list', json: '[]\n', are: {} },
  {
    when: 'both families',
    json: JSON.stringify([
      line('192.0.2.17', MAC, 'REACHABLE'),
      line('2001:db8::17', MAC, 'STALE'),
    ]),
    are: { '192.0.2.17': MAC, '2001:db8::17': MAC },
  },
  {
    when: 'neighbours that do not answer',
    json: JSON.stringify([
      line('192.0.2.17', undefined, 'FAILED'),
      line('192.0.2.18', MAC, 'FAILED'),
      line('192.0.2.19', undefined, 'INCOMPLETE'),
    ]),
    are: {},
  },
  {
    when: 'one address on two links',
    json: JSON.stringify([
      line('fe80::1', OTHER, 'STALE'),
      line('fe80::1', MAC, 'REACHABLE'),
      line('fe80::1', OTHER, 'STALE'),
    ]),
    are: { 'fe80::1': MAC },
  },
  {
    when: 'lines that are none of ours',
    json: '[1, null, {}, {"dst": 7, "lladdr": []}, {"dst": "x", "lladdr": "y"}, {"dst":"192.0.2.17","lladdr":"00:00:00:00:00:00","state":["NOARP"]}]',
    are: {},
  },
];
for (const { when, json, are } of outputs) {
  test(`parseNeighbours: ${when}`, () => {
    assert.deepEqual(Object.fromEntries(parseNeighbours(json)), are);
  });
}

test('parseNeighbours: an `ip` that knows no JSON is told of', () => {
  assert.throws(() => parseNeighbours('192.0.2.17 dev lan lladdr'), ParseError);
  assert.throws(() => parseNeighbours('{}'), ParseError);
});

test('parseArp: what macOS, the BSDs and Linux print', () => {
  const text = `? (192.0.2.1) at 0:0:5e:0:53:1 on en0 ifscope [ethernet]
? (192.0.2.2) at (incomplete) on en0 ifscope [ethernet]
host.example.com (192.0.2.3) at 00:00:5e:00:53:03 on em0 expires in 1189 seconds [ethernet]
? (192.0.2.4) at 00:00:5e:00:53:04 [ether] on eth0
? (192.0.2.5) at <incomplete> on eth0
`;
  assert.deepEqual(Object.fromEntries(parseArp(text)), {
    '192.0.2.1': '00:00:5e:00:53:01',
    '192.0.2.3': '00:00:5e:00:53:03',
    '192.0.2.4': '00:00:5e:00:53:04',
  });
});

test('readNeighbours: what the kernel of a namespace says', {
  skip: missing('root', 'ip'),
}, async (t) => {
  const name = `tw-n${process.pid}`;
  const ip = (...words: readonly string[]) =>
    execFileSync('ip', words, { env: ENVIRONMENT, encoding: 'utf8' });
  ip('netns', 'add', name);
  t.after(() => ip('netns', 'del', name));
  ip('-n', name, 'link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'other');
  ip('-n', name, 'link', 'set', 'lan', 'up');
  ip('-n', name, 'neigh', 'add', '192.0.2.17', 'lladdr', MAC, 'dev', 'lan');
  ip('-n', name, 'neigh', 'add', '2001:db8::17', 'lladdr', OTHER, 'dev', 'lan', 'nud', 'stale');
  const json = ip('-n', name, '-j', 'neigh', 'show');
  assert.deepEqual(Object.fromEntries(parseNeighbours(json)), {
    '192.0.2.17': MAC,
    '2001:db8::17': OTHER,
  });
  assert.ok((await readNeighbours()) instanceof Map);
});

test('parseHosts: the first name of an address, and no remarks', () => {
  const hosts = parseHosts(
    '# 192.0.2.1 no\n127.0.0.1\tlocalhost\n192.0.2.17  ada-laptop ada # Ada\n192.0.2.17 later\nfe80::1%lo0 near\r\nnot.an.address x\n192.0.2.18\n192.0.2.19 \u001b[2J\n',
  );
  assert.deepEqual(Object.fromEntries(hosts), {
    '127.0.0.1': 'localhost',
    '192.0.2.17': 'ada-laptop',
    'fe80::1': 'near',
    '192.0.2.19': '\u001b[2J',
  });
  assert.equal(hosts.get(parseAddress('192.0.2.17')), 'ada-laptop');
});
