import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Malformed } from '../../src/dns/reader.ts';
import {
  checkServiceBinding,
  decodeServiceBinding,
  dropEch,
  hintsOf,
  keepInSight,
} from '../../src/dns/svcb.ts';
import { nameOctets, words } from '../support/packet.ts';
import { recordOf, textOf } from '../support/records.ts';

const dataOf = (text: string) => recordOf(`x.example.com 1 HTTPS ${text}`).data;
const textOfData = (data: Uint8Array) =>
  textOf({ name: 'x', type: 65, class: 1, ttl: 1, data }).replace('x 1 HTTPS ', '');

const fixed = Buffer.concat([words(1), nameOctets('a.example')]);

const drops = [
  { when: 'there is no key', from: '1 . alpn=h2', to: '1 . alpn=h2' },
  { when: 'the key is all there is', from: '1 . ech=AAECAw==', to: '1 .' },
  {
    when: 'the key stands between others',
    from: '1 svc.example.net alpn=h2,h3 port=8443 ipv4hint=192.0.2.1 ech=AAECAw== ipv6hint=2001:db8::1',
    to: '1 svc.example.net alpn=h2,h3 port=8443 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1',
  },
  {
    when: 'the key is mandatory beside another',
    from: '1 . mandatory=alpn,ech alpn=h2 ech=AAECAw==',
    to: '1 . mandatory=alpn alpn=h2',
  },
  { when: 'the key alone is mandatory', from: '1 . mandatory=ech ech=AAECAw==', to: '1 .' },
  { when: 'an empty key', from: '1 . ech=', to: '1 .' },
];
for (const { when, from, to } of drops) {
  test(`dropEch: ${when}`, () => checkChange(dropEch, from, to));
}

const sights = [
  ...drops.map(({ when, from, to }) => ({ when, from, to: to.replace('h2,h3', 'h2') })),
  { when: 'HTTP/3 before another', from: '1 . alpn=h3,h2', to: '1 . alpn=h2' },
  { when: 'drafts of HTTP/3', from: '1 . alpn=h3-29,h3-Q050,h2', to: '1 . alpn=h2' },
  { when: 'protocols that only begin alike', from: '1 . alpn=h3x,h32', to: '1 . alpn=h3x,h32' },
  { when: 'HTTP/3 is all there is', from: '1 . alpn=h3 port=443', to: '1 . port=443' },
  {
    when: 'HTTP/3 is all there is, and no default',
    from: '1 . alpn=h3,h3-29 no-default-alpn= port=443',
    to: '1 . port=443',
  },
  {
    when: 'no default, and another is left',
    from: '1 . alpn=h2,h3 no-default-alpn=',
    to: '1 . alpn=h2 no-default-alpn=',
  },
  {
    when: 'all that goes is mandatory',
    from: '1 . mandatory=alpn,no-default-alpn,port,ech alpn=h3 no-default-alpn= port=8443 ech=AAECAw==',
    to: '1 . mandatory=port port=8443',
  },
  {
    when: 'what is left is mandatory',
    from: '1 . mandatory=alpn alpn=h3,h2',
    to: '1 . mandatory=alpn alpn=h2',
  },
];
for (const { when, from, to } of sights) {
  test(`keepInSight: ${when}`, () => checkChange(keepInSight, from, to));
}

function checkChange(change: (data: Uint8Array) => Uint8Array, from: string, to: string): void {
  const data = dataOf(from);
  const changed = change(data);
  assert.equal(textOfData(changed), to);
  assert.equal(changed === data, from === to, 'what needs no change is not copied');
  assert.doesNotThrow(() => checkServiceBinding(changed));
  assert.equal(change(changed), changed, 'nothing is left to take out');
}

test('keepInSight: a list of protocols that is cut short hides nothing behind the cut', () => {
  const list = Buffer.concat([fixed, words(1, 7), Buffer.from('\x02h2\x02h3\x09')]);
  assert.equal(textOfData(keepInSight(list)), '1 a.example alpn=h2');
});

test('hintsOf: all addresses of both families, and of nothing else', () => {
  const binding = decodeServiceBinding(
    dataOf('1 . port=443 ipv4hint=192.0.2.1,198.51.100.2 ipv6hint=2001:db8::1,::ffff:c000:0203'),
  );
  assert.deepEqual(hintsOf(binding), ['192.0.2.1', '198.51.100.2', '2001:db8::1', '192.0.2.3']);
});

test('decodeServiceBinding: priority, target and parameters as they came', () => {
  const { priority, target, parameters } = decodeServiceBinding(
    dataOf('7 SVC.example.net alpn=h2 port=1'),
  );
  assert.deepEqual([priority, target], [7, 'svc.example.net']);
  assert.deepEqual(
    parameters.map(({ key, value }) => [key, [...value]]),
    [
      [1, [2, 0x68, 0x32]],
      [3, [0, 1]],
    ],
  );
});

const faults = [
  { when: 'nothing', data: Buffer.alloc(0) },
  { when: 'a priority alone', data: words(1) },
  { when: 'a target that is cut', data: fixed.subarray(0, -1) },
  { when: 'a target with a label that is cut', data: fixed.subarray(0, -4) },
  {
    when: 'a compressed target',
    data: Buffer.concat([words(1), Buffer.from('\x01a'), words(0xc00c)]),
  },
  {
    when: 'a target over 255 octets',
    data: Buffer.concat([words(1), nameOctets(`${'a.'.repeat(127)}a`)]),
  },
  { when: 'a key without a length', data: Buffer.concat([fixed, words(1)]) },
  { when: 'half a key', data: Buffer.concat([fixed, Buffer.of(0)]) },
  { when: 'a value that is cut', data: Buffer.concat([fixed, words(1, 5, 0)]) },
  { when: 'a key twice', data: Buffer.concat([fixed, words(5, 0), words(5, 0)]) },
  { when: 'keys that fall', data: Buffer.concat([fixed, words(6, 0), words(5, 0)]) },
];
for (const { when, data } of faults) {
  test(`checkServiceBinding: ${when}`, () => {
    assert.throws(() => checkServiceBinding(data), Malformed);
  });
}

test('checkServiceBinding: keys that nobody knows', () => {
  assert.doesNotThrow(() =>
    checkServiceBinding(Buffer.concat([fixed, words(667, 2, 7), words(65535, 0)])),
  );
});
