import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerField, type Request, response } from '../../src/refuser/response.ts';
import { ENDPOINT, noticeFor } from './support.ts';

const CHROME = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

function answerTo(request: Partial<Request>) {
  const octets = response({ method: 'GET', ...request }, noticeFor(ENDPOINT));
  const end = octets.indexOf('\r\n\r\n');
  const [status, ...lines] = octets.subarray(0, end).toString().split('\r\n');
  const fields = new Map(lines.map((line) => line.split(/: (.*)/s) as [string, string]));
  return { status, fields, body: octets.subarray(end + 4) };
}

test('response: a page that is kept nowhere, in the language asked for', () => {
  const { status, fields, body } = answerTo({ accept: CHROME, languages: 'fr-CA, en;q=0.3' });
  assert.equal(status, 'HTTP/1.1 403 Forbidden');
  assert.equal(fields.get('Content-Type'), 'text/html; charset=utf-8');
  assert.equal(fields.get('Content-Language'), 'fr');
  assert.equal(fields.get('Content-Length'), String(body.length));
  assert.equal(fields.get('Cache-Control'), 'no-store');
  assert.equal(fields.get('Connection'), 'close');
  assert.equal(fields.get('Vary'), 'Accept, Accept-Language');
  assert.match(fields.get('Content-Security-Policy') ?? '', /^default-src 'none';/);
  assert.match(body.toString(), /<html lang="fr">/);
});

for (const accept of ['*/*', 'application/json', 'text/plain', 'image/png', undefined]) {
  test(`response: plain text for a client that accepts ${accept ?? 'whatever comes'}`, () => {
    const { fields, body } = answerTo({ accept, languages: 'de' });
    assert.equal(fields.get('Content-Type'), 'text/plain; charset=utf-8');
    assert.match(body.toString(), /^Im Netz von Example Corp/);
  });
}

test('response: HEAD gets the same head and no body', () => {
  const [head, get] = [answerTo({ method: 'HEAD' }), answerTo({ method: 'GET' })];
  assert.deepEqual(head.fields, get.fields);
  assert.equal(head.body.length, 0);
});

const requests: readonly { when: string; text: string; value: string | undefined }[] = [
  { when: 'it is there', text: 'GET / HTTP/1.1\r\nAccept: a\r\n\r\n', value: 'a' },
  { when: 'it is not', text: 'GET / HTTP/1.1\r\nAccepted: a\r\n\r\n', value: undefined },
  { when: 'letters differ', text: 'GET / HTTP/1.1\r\naCCept:a\r\n\r\n', value: 'a' },
  { when: 'two lines', text: 'GET / HTTP/1.1\nAccept: a\nAccept: b\n\n', value: 'a, b' },
  { when: 'it is in the body', text: 'POST / HTTP/1.1\r\n\r\nAccept: a', value: undefined },
  { when: 'it is the target', text: 'GET Accept:a HTTP/1.1\r\n\r\n', value: undefined },
];
for (const { when, text, value } of requests) {
  test(`headerField: ${when}`, () => assert.equal(headerField(Buffer.from(text), 'accept'), value));
}
