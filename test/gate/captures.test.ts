import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Opening } from '../../src/gate/opening.ts';
import { recordsOf } from './support/build.ts';
import { CAPTURES, captured } from './support/captures.ts';
import { readDripping, readPieces } from './support/read.ts';

/** What real clients said, and what it is however it comes in. */

const WEB = ['h2', 'http/1.1'];

type Expected = {
  readonly name?: string;
  readonly alpn?: readonly string[];
  readonly ech?: true;
  readonly ja4: string;
};
const hellos: Readonly<Record<string, Expected>> = {
  'chromium-1': chromium(),
  'chromium-2': chromium(),
  'chromium-3': chromium(),
  curl: { name: 'www.example.com', alpn: WEB, ja4: 't13d3112h2_e8f1e7e78f70_b26ce05bbdd6' },
  gnutls: { name: 'www.example.com', ja4: 't13d291300_723694b0fccc_2cc26d266019' },
  // The fingerprints of ngrok's clients and of Node had been measured before this code was there.
  'ngrok-agent2': { name: 'tunnel.us.ngrok.com', ja4: 't13d190900_9dc949149365_97f8aa674fd9' },
  'ngrok-sdk-1': ngrok('connect.ngrok-agent.com'),
  'ngrok-sdk-2': ngrok('connect.ngrok-agent.com'),
  'ngrok-sdk-3': ngrok('connect.ngrok-agent.com'),
  'ngrok-sdk-address': { ja4: 't13i100900_61a7ad8aa9b6_f9531d972513' },
  'ngrok-sdk-ingress': ngrok('tunnels.example.com'),
  node20: { name: 'www.example.com', ja4: 't13d591000_a33745022dd6_1f22a2ca17c4' },
  node24: { name: 'www.example.com', ja4: 't13d521100_b262b3658495_8e6e362c5eac' },
  'node24-alpn': {
    name: 'www.example.com',
    alpn: WEB,
    ja4: 't13d5212h2_b262b3658495_8e6e362c5eac',
  },
  openssl: { name: 'www.example.com', alpn: WEB, ja4: 't13d3111h2_e8f1e7e78f70_1f22a2ca17c4' },
  'openssl-no-name': { ja4: 't13i310900_e8f1e7e78f70_1f22a2ca17c4' },
  'openssl-tls1.2': { name: 'www.example.com', ja4: 't12d280700_d943125447b4_e7e480e5a997' },
  python: { name: 'www.example.com', ja4: 't13d181100_85036bcba153_d41ae481755e' },
  wget: { name: 'www.example.com', ja4: 't13d291300_723694b0fccc_899037bd0b8c' },
};

const others: Readonly<Record<string, Opening>> = {
  'chromium-http': request('GET', '/page', 'de,en'),
  'curl-connect': request('CONNECT', 'www.example.com:443'),
  'curl-http': request('GET', '/page', 'de, en;q=0.5'),
  'curl-http2': { kind: 'http', method: 'PRI', target: '*' },
  ssh: { kind: 'ssh', software: 'OpenSSH_9.2p1 Debian-2+deb12u10' },
  'wget-http': request('GET', '/page'),
};

function chromium(): Expected {
  const ja4 = 't13d1516h2_8daaf6152771_806a8c22fdea';
  return { name: 'www.example.com', alpn: WEB, ech: true, ja4 };
}
function ngrok(name: string): Expected {
  return { name, ja4: 't13d101000_61a7ad8aa9b6_f9531d972513' };
}
function request(method: string, target: string, languages?: string): Opening {
  const field = languages === undefined ? {} : { languages };
  return { kind: 'http', method, target, host: 'www.example.com:443', ...field };
}

function openingOf(capture: string): unknown {
  const hello = hellos[capture];
  if (!hello) return others[capture];
  const { name, alpn = [], ech = false, ja4 } = hello;
  return {
    kind: 'tls',
    hello: { ...(name === undefined ? {} : { serverName: name }), alpn, ech, ja4 },
  };
}

test('captures: each is expected to be something', () => {
  assert.deepEqual([...CAPTURES.keys()].sort(), Object.keys({ ...hellos, ...others }).sort());
});

for (const [capture, octets] of CAPTURES) {
  const expected = openingOf(capture);

  test(`opening of ${capture}: in one piece, in any two, octet by octet`, () => {
    assert.deepEqual(readPieces(octets), expected);
    for (let cut = 1; cut < octets.length; cut++) {
      assert.deepEqual(readPieces(octets.subarray(0, cut), octets.subarray(cut)), expected);
    }
    assert.deepEqual(readDripping(octets).opening, expected);
  });
}

for (const capture of Object.keys(hellos)) {
  const octets = captured(capture);
  const expected = openingOf(capture);
  const message = octets.subarray(5);

  test(`opening of ${capture}: known with the last octet of the hello and not before`, () => {
    assert.equal(readDripping(octets).after, octets.length);
    // What else comes with it, as early data does, is not looked at.
    const more = Buffer.concat([octets, octets, Buffer.alloc(50_000)]);
    assert.deepEqual(readPieces(more), expected);
    assert.deepEqual(readDripping(more), { opening: expected, after: octets.length });
  });

  test(`opening of ${capture}: in any two records, and in as many as there are octets`, () => {
    for (let cut = 1; cut < message.length; cut++) {
      const records = recordsOf(message.subarray(0, cut), message.subarray(cut));
      assert.deepEqual(readPieces(records), expected);
      // Two segments, cut within the header of the second record.
      const split = cut + 5 + (cut % 6);
      assert.deepEqual(readPieces(records.subarray(0, split), records.subarray(split)), expected);
    }
    const tiny = recordsOf(...Array.from(message, (octet) => Buffer.of(octet)));
    assert.deepEqual(readPieces(tiny), expected);
    assert.deepEqual(readDripping(tiny), { opening: expected, after: tiny.length });
  });
}
