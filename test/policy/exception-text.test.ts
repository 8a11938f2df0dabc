import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatExceptionClients,
  formatExceptionSubject,
  parseExceptionClients,
  parseExceptionDuration,
  parseExceptionReason,
  parseExceptionSubject,
} from '../../src/policy/exception-text.ts';
import { ParseError } from '../../src/policy/problem.ts';

const SERVICES = new Map([['ngrok', true]]);

const cases = [
  { when: 'a service', text: 'ngrok', gives: 'service ngrok' },
  { when: 'a name', text: 'Demo.Example.NET', gives: 'name demo.example.net' },
  { when: 'a name alone', text: '=demo.example.net', gives: 'name =demo.example.net' },
  { when: 'a pattern', text: 'connect.*.example.net', gives: 'name connect.*.example.net' },
  {
    when: 'a service misspelt',
    text: 'ngrokk',
    fails: /"ngrokk" is neither .* did you mean ngrok/,
  },
  { when: 'a whole top-level domain', text: 'com', fails: /neither a service nor a domain/ },
  { when: 'the root', text: '.', fails: /all below it is too much/ },
  { when: 'a URL', text: 'https://demo.example.net/', fails: /write the bare domain/ },
  { when: 'an address', text: '192.0.2.1', fails: /ends in a number/ },
];
for (const { when, text, gives, fails } of cases) {
  test(`what an exception is about: ${when}`, () => {
    if (fails) return assert.throws(() => parseExceptionSubject(text, SERVICES), fails);
    const subject = parseExceptionSubject(text, SERVICES);
    assert.equal(`${subject.kind} ${formatExceptionSubject({ subject })}`, gives);
  });
}

test('whom an exception is for', () => {
  const roundTrip = (text: string) =>
    formatExceptionClients({ clients: parseExceptionClients(text) });
  assert.equal(roundTrip(' everyone '), 'everyone');
  assert.equal(roundTrip('192.0.2.7,2001:DB8::/64'), '192.0.2.7, 2001:db8::/64');
  for (const text of ['', 'anna', '192.0.2.7/24', '192.0.2.7 192.0.2.8', '192.0.2.7,']) {
    assert.throws(() => parseExceptionClients(text), ParseError, text);
  }
});

test('how long an exception lasts', () => {
  assert.equal(parseExceptionDuration('90s'), 90_000);
  assert.equal(parseExceptionDuration('30d'), 30 * 86_400_000);
  for (const text of ['0s', '31d', '721h', 'forever', '', '1.5h', '-1h']) {
    assert.throws(() => parseExceptionDuration(text), ParseError, text);
  }
});

test('why an exception is made has to be said', () => {
  assert.equal(parseExceptionReason('  a demo '), 'a demo');
  assert.throws(() => parseExceptionReason(' \n'), /say why/);
  assert.throws(() => parseExceptionReason('x'.repeat(501)), /at most 500/);
});
