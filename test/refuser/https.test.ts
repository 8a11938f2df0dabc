import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect } from 'node:tls';
import type { Name } from '../../src/policy/name.ts';
import { type PageCertificate, readPageCertificate } from '../../src/refuser/certificate.ts';
import { REFUSER_LIMITS } from '../../src/refuser/refuser.ts';
import { createFakeClock } from '../support/clock.ts';
import { run } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { type Certificates, makeCertificates } from '../support/e2e/tls.ts';
import { folder } from '../support/e2e/tunnelwarden.ts';
import { ENDPOINT, SESSION, startRefuser } from './support.ts';

const skip = missing('openssl');
const NAMES = ['*.ngrok.app', 'custom.example.net', SESSION];

function read({ certificate, key }: Certificates): PageCertificate {
  return readPageCertificate({ cert: readFileSync(certificate), key: readFileSync(key) });
}

/** What a client that trusts our authority gets under a name: a status with its body, or an error. */
function ask(port: number, servername: string, ca: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = request(
      {
        ...{ host: '127.0.0.1', port, servername, ca: readFileSync(ca), agent: false },
        headers: { Host: servername, Accept: 'text/html', 'Accept-Language': 'de' },
      },
      async (response) => resolve(`${response.statusCode} ${await text(response)}`),
    );
    asked.on('error', ({ message }) => resolve(message)).end();
  });
}

test('https: the page under covered names, the alert for doors and for the rest', {
  skip,
}, async (t) => {
  const certificates = makeCertificates(folder(t), ...NAMES);
  const certificate = read(certificates);
  const { port, toldOf, events } = await startRefuser(t, { certificate: () => certificate });
  const asked = (name: string) => ask(port, name, certificates.ca);
  assert.match(await asked(ENDPOINT), /^403 <!doctype html>[\s\S]*Im Netz von <bdi>Example Corp/);
  assert.match(await asked('custom.example.net'), /^403 <!doctype html>/);
  assert.match(await asked('deep.shop.ngrok.app'), /alert access denied/);
  assert.match(await asked(SESSION), /alert access denied/);
  assert.deepEqual(await toldOf(4), [
    `tls ${ENDPOINT} page`,
    'tls custom.example.net page',
    'tls deep.shop.ngrok.app alert',
    `tls ${SESSION} alert`,
  ]);
  for (const { opening } of events) assert(opening.kind === 'tls' && opening.hello.ja4 !== '');
});

test('https: the certificate in force is the one used', { skip }, async (t) => {
  const [first, second] = [
    makeCertificates(folder(t), ...NAMES),
    makeCertificates(folder(t), ...NAMES),
  ];
  let certificate: PageCertificate | undefined;
  const { port } = await startRefuser(t, { certificate: () => certificate });
  assert.match(await ask(port, ENDPOINT, first.ca), /alert access denied/);
  certificate = read(first);
  assert.match(await ask(port, ENDPOINT, first.ca), /^403/);
  certificate = read(second);
  assert.match(await ask(port, ENDPOINT, second.ca), /^403/);
  assert.match(await ask(port, ENDPOINT, first.ca), /signature|unable to|self-signed/);
});

test('https: a client that does not trust us ends there, and is told of', { skip }, async (t) => {
  const certificates = makeCertificates(folder(t), ...NAMES);
  const certificate = read(certificates);
  const { port, toldOf } = await startRefuser(t, { certificate: () => certificate });
  const { stderr } = await run('openssl', [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', ENDPOINT],
    ...['-verify_return_error', '-CAfile', makeCertificates(folder(t), 'x.example').ca],
  ]);
  assert.match(stderr, /verify error/);
  assert.deepEqual(await toldOf(1), [`tls ${ENDPOINT} reset`]);
});

test('https: HTTP/1.1 is what is spoken, though a browser offers more', { skip }, async (t) => {
  const certificates = makeCertificates(folder(t), ...NAMES);
  const certificate = read(certificates);
  const { port } = await startRefuser(t, { certificate: () => certificate });
  const socket = connect({
    ...{ host: '127.0.0.1', port, servername: ENDPOINT, ca: readFileSync(certificates.ca) },
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  const protocol = await new Promise((resolve) =>
    socket.once('secureConnect', () => resolve(socket.alpnProtocol)),
  );
  assert.equal(protocol, 'http/1.1');
  socket.write(`HEAD / HTTP/1.1\r\nHost: ${ENDPOINT}\r\n\r\n`);
  assert.match(await text(socket), /^HTTP\/1\.1 403 [\s\S]*\r\n\r\n$/);
});

for (const { when, says } of [
  { when: 'says nothing', says: '' },
  { when: 'drips', says: 'GET' },
  { when: 'speaks of something else', says: '\x00\x00\x04\x12\x00\x00\x00\x03\xff\xff\xff\xff' },
]) {
  test(`https: a client that ${when} inside TLS is reset`, { skip }, async (t) => {
    const certificates = makeCertificates(folder(t), ...NAMES);
    const certificate = read(certificates);
    const clock = createFakeClock();
    const { port, told, toldOf } = await startRefuser(t, { certificate: () => certificate, clock });
    const socket = connect({
      ...{ host: '127.0.0.1', port, servername: ENDPOINT, ca: readFileSync(certificates.ca) },
    });
    const ended = new Promise((resolve) => socket.once('error', resolve).once('close', resolve));
    await new Promise<void>((resolve) => socket.once('secureConnect', resolve));
    assert.deepEqual(told(), []);
    socket.write(says);
    if (says.startsWith('\x00')) assert.deepEqual(await toldOf(1), [`tls ${ENDPOINT} reset`]);
    await clock.advance(REFUSER_LIMITS.opening);
    assert.deepEqual(told(), [`tls ${ENDPOINT} reset`]);
    await ended;
  });
}

test('https: who is sent away in the midst of a handshake is told of once', { skip }, async (t) => {
  const certificates = makeCertificates(folder(t), ...NAMES);
  const certificate = read(certificates);
  const limits = { ...REFUSER_LIMITS, perClient: 1 };
  const { port, told, toldOf } = await startRefuser(t, { certificate: () => certificate, limits });
  const begin = () =>
    connect({
      ...{ host: '127.0.0.1', port, servername: ENDPOINT, ca: readFileSync(certificates.ca) },
    }).on('error', () => {});
  const first = begin();
  await new Promise<void>((resolve) => first.once('secureConnect', resolve));
  const gone = new Promise((resolve) => first.once('close', resolve));
  assert.match(await ask(port, 'other.example', certificates.ca), /alert access denied/);
  await gone;
  await toldOf(2);
  assert.deepEqual([...told()].sort(), ['tls other.example alert', `tls ${ENDPOINT} reset`].sort());
});

test('readPageCertificate: says what is wrong', { skip }, (t) => {
  const [one, other] = [
    makeCertificates(folder(t), ...NAMES),
    makeCertificates(folder(t), 'x.example'),
  ];
  assert.throws(() => read({ ...one, key: other.key }), /key does not belong to .*ngrok\.app/);
  assert.throws(() => readPageCertificate({ cert: 'no certificate', key: 'no key' }));
  assert.throws(() => read({ ...one, certificate: join(one.ca, 'nowhere') }), { code: 'ENOTDIR' });
  assert(read(one).covers('a.ngrok.app' as Name));
  assert(!read(one).covers('ngrok.app' as Name));
});
