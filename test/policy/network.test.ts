import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import {
  addressFromOctets,
  contains,
  octetsOfAddress,
  parseAddress,
  parseNetwork,
} from '../../src/policy/network.ts';
import { ParseError } from '../../src/policy/problem.ts';
import { createRandom } from './support/random.ts';

const addresses = [
  { when: 'IPv4', text: '192.0.2.1', address: '192.0.2.1' },
  { when: 'IPv4 zeros', text: '0.0.0.0', address: '0.0.0.0' },
  { when: 'IPv6', text: '2001:db8::1', address: '2001:db8::1' },
  { when: 'IPv6 in upper case', text: '2001:DB8::A', address: '2001:db8::a' },
  {
    when: 'IPv6 with leading zeros',
    text: '2001:0db8:0000:0000:0000:0000:0000:0001',
    address: '2001:db8::1',
  },
  {
    when: 'one group of zeros, which stays',
    text: '2001:db8::1:1:1:1:1',
    address: '2001:db8:0:1:1:1:1:1',
  },
  { when: 'the longest run of zeros', text: '2001:0:0:1:0:0:0:1', address: '2001:0:0:1::1' },
  {
    when: 'the first of two equal runs',
    text: '2001:db8:0:0:1:0:0:1',
    address: '2001:db8::1:0:0:1',
  },
  { when: 'zeros at the end', text: '2001:db8:0:0:0:0:0:0', address: '2001:db8::' },
  { when: 'the unspecified address', text: '0:0:0:0:0:0:0:0', address: '::' },
  { when: 'an IPv4-mapped address', text: '::ffff:192.0.2.1', address: '192.0.2.1' },
  { when: 'an IPv4-mapped address in hexadecimal', text: '::FFFF:c000:201', address: '192.0.2.1' },
  {
    when: 'a dotted tail that is not mapped',
    text: '64:ff9b::192.0.2.1',
    address: '64:ff9b::c000:201',
  },
  { when: 'an IPv4-compatible address', text: '::192.0.2.1', address: '::c000:201' },
];
for (const { when, text, address } of addresses) {
  test(`parseAddress: ${when}`, () => assert.equal(parseAddress(text), address));
}

const notAddresses = [
  { when: 'octal', text: '010.0.0.1' },
  { when: 'a zero too many', text: '10.0.0.00' },
  { when: 'two parts', text: '127.1' },
  { when: 'one number', text: '2130706433' },
  { when: 'hexadecimal', text: '0x7f.0.0.1' },
  { when: 'one hexadecimal number', text: '0x7f000001' },
  { when: 'five parts', text: '1.2.3.4.5' },
  { when: 'three parts', text: '1.2.3' },
  { when: 'a part over 255', text: '1.2.3.256' },
  { when: 'an empty part', text: '1..3.4' },
  { when: 'a sign', text: '1.2.3.-4' },
  { when: 'a space', text: ' 192.0.2.1' },
  { when: 'a line feed', text: '192.0.2.1\n' },
  { when: 'a network', text: '192.0.2.0/24' },
  { when: 'a name', text: 'example.com' },
  { when: 'nothing', text: '' },
  { when: 'full-width digits', text: '１92.0.2.1' },
  { when: 'a zone', text: 'fe80::1%eth0' },
  { when: 'brackets', text: '[2001:db8::1]' },
  { when: 'two gaps', text: '2001::db8::1' },
  { when: 'nine groups', text: '1:2:3:4:5:6:7:8:9' },
  { when: 'seven groups', text: '1:2:3:4:5:6:7' },
  { when: 'a gap for no group', text: '1:2:3:4::5:6:7:8' },
  { when: 'a group of five digits', text: '2001:00db8::1' },
  { when: 'a colon at the end', text: '2001:db8::1:' },
  { when: 'a colon at the start', text: ':2001:db8::1' },
  { when: 'an octal tail', text: '::ffff:010.0.0.1' },
  { when: 'a short tail', text: '::ffff:127.1' },
  { when: 'a dotted part in the middle', text: '::192.0.2.1:1' },
];
for (const { when, text } of notAddresses) {
  test(`parseAddress refuses ${when}`, () => {
    assert.throws(() => parseAddress(text), ParseError);
    assert.throws(() => parseNetwork(text === '192.0.2.0/24' ? '' : text), ParseError);
  });
}

const networks = [
  { when: 'IPv4', text: '10.0.0.0/8', is: '10.0.0.0/8' },
  { when: 'one IPv4 address', text: '192.0.2.1', is: '192.0.2.1' },
  { when: 'one IPv4 address with its length', text: '192.0.2.1/32', is: '192.0.2.1' },
  { when: 'all of IPv4', text: '0.0.0.0/0', is: '0.0.0.0/0' },
  { when: 'all of IPv6', text: '::/0', is: '::/0' },
  { when: 'IPv6', text: '2001:DB8:0::/32', is: '2001:db8::/32' },
  { when: 'one IPv6 address with its length', text: '2001:db8::1/128', is: '2001:db8::1' },
  { when: 'a length inside an octet', text: '192.0.2.128/25', is: '192.0.2.128/25' },
  { when: 'an IPv4-mapped network', text: '::ffff:10.0.0.0/104', is: '10.0.0.0/8' },
  { when: 'an IPv4-mapped address', text: '::ffff:10.0.0.1', is: '10.0.0.1' },
  { when: 'all IPv4-mapped addresses', text: '::ffff:0:0/96', is: '0.0.0.0/0' },
];
for (const { when, text, is } of networks) {
  test(`parseNetwork: ${when}`, () => assert.equal(parseNetwork(text).text, is));
}

const notNetworks = [
  { when: 'host bits', text: '10.0.0.1/8', says: /did you mean 10\.0\.0\.0\/8\?/ },
  {
    when: 'host bits inside an octet',
    text: '192.0.2.129/25',
    says: /did you mean 192\.0\.2\.128\/25\?/,
  },
  { when: 'host bits of IPv6', text: '2001:db8::1/32', says: /did you mean 2001:db8::\/32\?/ },
  {
    when: 'host bits of a mapped network',
    text: '::ffff:10.0.0.1/104',
    says: /did you mean 10\.0\.0\.0\/8\?/,
  },
  {
    when: 'a prefix wider than mapped',
    text: '::ffff:0:0/95',
    says: /did you mean ::fffe:0:0\/95\?/,
  },
  { when: '/33', text: '10.0.0.0/33', says: /prefix length over 32/ },
  { when: '/129', text: '2001:db8::/129', says: /prefix length over 128/ },
  { when: 'a length with a leading zero', text: '10.0.0.0/08', says: /not a network/ },
  { when: 'a mask', text: '10.0.0.0/255.0.0.0', says: /not a network/ },
  { when: 'an empty length', text: '10.0.0.0/', says: /not a network/ },
  { when: 'a negative length', text: '10.0.0.0/-1', says: /not a network/ },
  { when: 'two lengths', text: '10.0.0.0/8/8', says: /not a network/ },
  { when: 'a short address', text: '10/8', says: /not a network/ },
  { when: 'an octal address', text: '010.0.0.0/8', says: /not a network/ },
  { when: 'a zone', text: 'fe80::%eth0/64', says: /not a network/ },
];
for (const { when, text, says } of notNetworks) {
  test(`parseNetwork refuses ${when}`, () => {
    assert.throws(
      () => parseNetwork(text),
      (error) => error instanceof ParseError && says.test(error.message),
    );
  });
}

const memberships = [
  { when: 'inside', network: '10.0.0.0/8', address: '10.255.255.255', inside: true },
  { when: 'just outside', network: '10.0.0.0/8', address: '11.0.0.0', inside: false },
  { when: 'inside an octet', network: '192.0.2.128/25', address: '192.0.2.255', inside: true },
  {
    when: 'just outside inside an octet',
    network: '192.0.2.128/25',
    address: '192.0.2.127',
    inside: false,
  },
  { when: 'all of IPv4', network: '0.0.0.0/0', address: '255.255.255.255', inside: true },
  { when: 'IPv6 in all of IPv4', network: '0.0.0.0/0', address: '2001:db8::1', inside: false },
  { when: 'IPv4 in all of IPv6', network: '::/0', address: '192.0.2.1', inside: false },
  {
    when: 'a mapped client in an IPv4 network',
    network: '192.0.2.0/24',
    address: '::ffff:192.0.2.9',
    inside: true,
  },
  { when: 'one address', network: '2001:db8::1', address: '2001:db8::1', inside: true },
  { when: 'its neighbour', network: '2001:db8::1', address: '2001:db8::2', inside: false },
];
for (const { when, network, address, inside } of memberships) {
  test(`contains: ${when}`, () => {
    assert.equal(contains(parseNetwork(network), octetsOfAddress(parseAddress(address))), inside);
  });
}

test('the texts of random IPv6 addresses are those a URL has (RFC 5952)', () => {
  const random = createRandom(5952);
  for (let round = 0; round < 20_000; round++) {
    const octets = Uint8Array.from({ length: 16 }, () =>
      random.chance(0.6) ? 0 : random.below(256),
    );
    const address = addressFromOctets(octets);
    if (!address.includes(':')) continue; // mapped: a URL keeps those as IPv6
    assert.equal(`[${address}]`, new URL(`http://[${octetsToHex(octets)}]`).hostname);
    assert.deepEqual(octetsOfAddress(address), octets);
  }
});

test('what is an address is what the system takes for one, in full form', () => {
  const random = createRandom(2553);
  const parts = [
    '0',
    '1',
    '00',
    '255',
    '256',
    '::',
    ':',
    '.',
    'ffff',
    'FFFF',
    '1.2.3.4',
    'g',
    '%1',
    '12345',
  ];
  for (let round = 0; round < 50_000; round++) {
    const text = Array.from({ length: 1 + random.below(9) }, () => random.pick(parts)).join(
      random.pick(['', ':', '.']),
    );
    const expected = isIPv4(text) || (isIPv6(text) && !text.includes('%'));
    let taken = true;
    try {
      parseAddress(text);
    } catch {
      taken = false;
    }
    assert.equal(taken, expected, text);
  }
});

function octetsToHex(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((octets[2 * i] as number) << 8) | (octets[2 * i + 1] as number)).toString(16),
  );
  return groups.join(':');
}
