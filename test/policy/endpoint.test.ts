import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatEndpoint,
  formatUpstream,
  parseEndpoint,
  parseUpstream,
} from '../../src/policy/endpoint.ts';
import { ParseError } from '../../src/policy/problem.ts';

const endpoints = [
  { text: '192.0.2.1', is: '192.0.2.1:53' },
  { text: '192.0.2.1:5300', is: '192.0.2.1:5300' },
  { text: '192.0.2.1:0', is: '192.0.2.1:0' },
  { text: '[2001:db8::1]', is: '[2001:db8::1]:53' },
  { text: '[2001:DB8::1]:65535', is: '[2001:db8::1]:65535' },
  { text: '2001:db8::1', is: '[2001:db8::1]:53' },
  { text: '::', is: '[::]:53' },
  { text: '[::ffff:192.0.2.1]:53', is: '192.0.2.1:53' },
];
for (const { text, is } of endpoints) {
  test(`parseEndpoint: ${text}`, () => assert.equal(formatEndpoint(parseEndpoint(text)), is));
}

const upstreams = [
  { text: '192.0.2.53', is: '192.0.2.53:53' },
  { text: 'tls://192.0.2.53#dns.example.net', is: 'tls://192.0.2.53:853#dns.example.net' },
  { text: 'tls://192.0.2.53:8853#DNS.Example.Net.', is: 'tls://192.0.2.53:8853#dns.example.net' },
  { text: 'tls://[2001:db8::53]#dns.example.net', is: 'tls://[2001:db8::53]:853#dns.example.net' },
  { text: 'tls://2001:db8::53#dns.example.net', is: 'tls://[2001:db8::53]:853#dns.example.net' },
];
for (const { text, is } of upstreams) {
  test(`parseUpstream: ${text}`, () => {
    assert.equal(formatUpstream(parseUpstream(text)), is);
    assert.deepEqual(parseUpstream(is), parseUpstream(text));
  });
}

const refusedEndpoints = [
  { when: 'nothing', text: '' },
  { when: 'a port alone', text: ':53' },
  { when: 'a name', text: 'localhost:53' },
  { when: 'a port over 65535', text: '192.0.2.1:65536' },
  { when: 'a port of six digits', text: '192.0.2.1:000053' },
  { when: 'a colon without a port', text: '192.0.2.1:' },
  { when: 'text behind the port', text: '192.0.2.1:53 ' },
  { when: 'a short address', text: '127.1:53' },
  { when: 'an octal address', text: '010.0.0.1:53' },
  { when: 'empty brackets', text: '[]:53' },
  { when: 'a zone', text: '[fe80::1%eth0]:53' },
  { when: 'a bracket too many', text: '[[::1]]:53' },
  { when: 'a URL', text: 'udp://192.0.2.1' },
];
for (const { when, text } of refusedEndpoints) {
  test(`parseEndpoint refuses ${when}`, () => {
    assert.throws(() => parseEndpoint(text), ParseError);
    assert.throws(() => parseUpstream(text), ParseError);
  });
}

const refusedUpstreams = [
  { when: 'port 0', text: '192.0.2.1:0', says: /port 0/ },
  { when: 'port 0 over TLS', text: 'tls://192.0.2.1:0#dns.example.net', says: /port 0/ },
  { when: 'TLS without a name', text: 'tls://192.0.2.1', says: /write tls:\/\/192\.0\.2\.1#NAME/ },
  {
    when: 'TLS with an empty name',
    text: 'tls://192.0.2.1#',
    says: /write tls:\/\/192\.0\.2\.1#NAME/,
  },
  { when: 'two names', text: 'tls://192.0.2.1#a.example#b.example', says: /"#"/ },
  { when: 'a name with a space', text: 'tls://192.0.2.1#dns example', says: /space/ },
  {
    when: 'a name as address',
    text: 'tls://dns.example.net#dns.example.net',
    says: /not an IP address/,
  },
  { when: 'HTTPS', text: 'https://dns.example.net/dns-query', says: /not an IP address/ },
];
for (const { when, text, says } of refusedUpstreams) {
  test(`parseUpstream refuses ${when}`, () => {
    assert.throws(
      () => parseUpstream(text),
      (error) => error instanceof ParseError && says.test(error.message),
    );
  });
}
