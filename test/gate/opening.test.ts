import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpeningReader, type Opening } from '../../src/gate/opening.ts';
import { captured } from './support/captures.ts';
import { readDripping, readPieces, withoutFirst } from './support/read.ts';

const http = (method: string, target: string, more: Partial<Opening & { kind: 'http' }> = {}) =>
  ({ kind: 'http', method, target, ...more }) satisfies Opening;
const ssh = (software: string): Opening => ({ kind: 'ssh', software });

/** In each case the last octet is the one that tells. */
const known: readonly {
  readonly when: string;
  readonly text: string;
  readonly opening: Opening;
}[] = [
  { when: 'an SSH line', text: 'SSH-2.0-libssh_0.10.6\r\n', opening: ssh('libssh_0.10.6') },
  { when: 'an SSH line without a CR', text: 'SSH-2.0-Go\n', opening: ssh('Go') },
  { when: 'an SSH line with a comment', text: 'SSH-2.0-a_1 b c\r\n', opening: ssh('a_1 b c') },
  { when: 'SSH 1.99', text: 'SSH-1.99-OpenSSH_3.9p1\n', opening: ssh('OpenSSH_3.9p1') },
  { when: 'SSH that is not there yet', text: 'SSH-3.1-next\r\n', opening: ssh('next') },
  { when: 'SSH without a version', text: 'SSH-\r\n', opening: ssh('') },
  {
    when: 'an SSH line over 255 octets',
    text: `SSH-2.0-${'a'.repeat(247)}`,
    opening: ssh('a'.repeat(247)),
  },
  {
    when: 'a request',
    text: 'GET / HTTP/1.1\r\nAccept: */*\r\nHost: example.com\r\n\r\n',
    opening: http('GET', '/', { host: 'example.com' }),
  },
  {
    when: 'a request without fields',
    text: 'HEAD /ping HTTP/1.0\r\n\r\n',
    opening: http('HEAD', '/ping'),
  },
  { when: 'a request in bare LF', text: 'GET /a HTTP/1.0\n\n', opening: http('GET', '/a') },
  {
    when: 'fields in any case, with any spaces',
    text: 'GET / HTTP/1.1\r\nhOST:\t Example.com:80 \r\nACCEPT-LANGUAGE:fr\r\n\r\n',
    opening: http('GET', '/', { host: 'Example.com:80', languages: 'fr' }),
  },
  {
    when: 'a field twice',
    text: 'GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n',
    opening: http('GET', '/', { host: 'a.example' }),
  },
  {
    when: 'fields that are none',
    text: 'GET / HTTP/1.1\r\nHost\r\n: x\r\nHostess: y\r\n z\r\n\r\n',
    opening: http('GET', '/'),
  },
  {
    when: 'a target that is not ASCII',
    text: 'GET /\xc3\xa4 HTTP/1.1\r\n\r\n',
    opening: http('GET', '/\xc3\xa4'),
  },
  {
    when: 'a method that begins like SSH',
    text: 'SSHOW / HTTP/1.1\r\n\r\n',
    opening: http('SSHOW', '/'),
  },
  {
    when: 'fields that do not end within 8 KiB',
    text: `GET / HTTP/1.1\r\nHost: a.example\r\nCookie: ${'a'.repeat(8192 - 41)}`,
    opening: http('GET', '/', { host: 'a.example' }),
  },
  { when: 'a control character', text: '\x05', opening: other('\x05') },
  { when: 'text without a space', text: 'hello\n', opening: other('hello\n') },
  { when: 'a method that is too long', text: 'a'.repeat(33), opening: other('a'.repeat(16)) },
  { when: 'two spaces', text: 'GET  ', opening: other('GET  ') },
  { when: 'HTTP/0.9', text: 'GET /\r', opening: other('GET /\r') },
  {
    when: 'another protocol in the same form',
    text: 'INVITE sip:a@b S',
    opening: other('INVITE sip:a@b S'),
  },
  { when: 'a version too long', text: 'GET / HTTP/1.10', opening: other('GET / HTTP/1.10') },
  { when: 'no version', text: 'GET / HTTP/1\n', opening: other('GET / HTTP/1\n') },
  {
    when: 'a target that does not end within 8 KiB',
    text: `GET /${'a'.repeat(8192 - 5)}`,
    opening: other(`GET /${'a'.repeat(11)}`),
  },
  { when: 'an octet of a record of no TLS', text: '\x15\x01', opening: other('\x15\x01') },
  {
    when: 'octets that are no hello of SSL 2.0',
    text: '\x80\x2e\x02',
    opening: other('\x80\x2e\x02'),
  },
];

function other(text: string): Opening {
  return { kind: 'other', first: Uint8Array.from(Buffer.from(text, 'latin1')) };
}

for (const { when, text, opening } of known) {
  const octets = Buffer.from(text, 'latin1');

  test(`opening: ${when}`, () => {
    const found = readPieces(octets);
    assert.deepEqual(found, opening);
    assert.deepEqual(readDripping(octets), { opening: found, after: octets.length });
    // What comes later changes nothing.
    const more = Buffer.concat([
      octets,
      Buffer.from('\r\nAccept-Language: late\r\n\r\n'.repeat(600)),
    ]);
    assert.deepEqual(withoutFirst(readPieces(more)), withoutFirst(found));
    assert.equal(readDripping(more).after, octets.length);
  });
}

test('opening: what is known stays, and nothing more is taken', () => {
  const reader = createOpeningReader();
  const hello = captured('node24');
  assert.equal(reader.push(Buffer.alloc(0)), undefined);
  assert.equal(reader.push(hello.subarray(0, 700)), undefined);
  const opening = reader.push(hello.subarray(700));
  assert.equal(opening?.kind, 'tls');
  assert.equal(reader.push(Buffer.from('more')), opening);
  assert.equal(reader.push(Buffer.alloc(0)), opening);
  assert.deepEqual(Buffer.from(reader.received()), hello);
});

test('opening: all that was taken is there to be sent on, in at most twice the memory', () => {
  const hello = captured('chromium-1');
  const reader = createOpeningReader();
  for (let at = 0; at < hello.length; at++) {
    // A socket's buffer is larger than what is in it, and is used again.
    const chunk = Buffer.alloc(65_536, hello[at]).subarray(0, 1);
    reader.push(chunk);
    chunk.fill(0xee);
    assert.deepEqual(Buffer.from(reader.received()), hello.subarray(0, at + 1));
    assert(reader.received().buffer.byteLength <= 2 * (at + 1));
  }
  // Early data comes with the last octets of the hello.
  const early = createOpeningReader();
  early.push(hello.subarray(0, 1000));
  early.push(Buffer.concat([hello.subarray(1000), Buffer.alloc(60_000, 1)]));
  assert.deepEqual(Buffer.from(early.received()), Buffer.concat([hello, Buffer.alloc(60_000, 1)]));
});
