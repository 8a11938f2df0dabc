import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readPageCertificate } from '../../src/refuser/certificate.ts';
import { LANGUAGES } from '../../src/refuser/words.ts';
import { startBrowser } from '../support/e2e/browser.ts';
import { missing } from '../support/e2e/requirements.ts';
import { makeCertificates } from '../support/e2e/tls.ts';
import { folder } from '../support/e2e/tunnelwarden.ts';
import { POLICY, rulesetOf, SANCTIONED, startRefuser } from './support.ts';

// The page as a real browser shows it. ngrok.io is a zone that browsers still visit without TLS:
// .app and .dev are on their list of names that are HTTPS only.

const HOST = 'shop.ngrok.io';
const LONG = `${'w'.repeat(63)}.ngrok.io`;

const EVIL = POLICY.replace('Example Corp', `"Bits <img src=x onerror=alert(1)> & 'Bobs'"`);

test('the page in Chromium', { skip: missing('chromium-headless-shell') }, async (t) => {
  let ruleset = rulesetOf();
  const { port, told } = await startRefuser(t, { ruleset: () => ruleset });
  const browser = await startBrowser(t, { hosts: [`MAP * 127.0.0.1:${port}`] });
  const text = "document.body.innerText.replace(/\\s+/g, ' ')";

  for (const words of LANGUAGES) {
    await t.test(`in ${words.tag}, alone and without a complaint`, async () => {
      const url = `http://${HOST}/a/b?c=d`;
      const { requests, complaints, evaluate } = await browser.visit(url, {
        language: `eo, ${words.tag};q=0.9, en;q=0.1`,
      });
      assert.equal(await evaluate('document.documentElement.lang'), words.tag);
      assert.equal(await evaluate("document.querySelector('h1').innerText"), words.heading);
      const shown = String(await evaluate(text));
      for (const part of ['Example Corp', HOST, SANCTIONED, 'it-help@example.com', 'ngrok']) {
        assert(shown.includes(part), `${part} in: ${shown}`);
      }
      assert.deepEqual(complaints, []);
      assert.deepEqual(
        requests.filter((request) => !request.startsWith('data:')),
        [url],
      );
      assert.equal(
        await evaluate("getComputedStyle(document.querySelector('dl')).display"),
        'grid',
      );
    });
  }

  for (const { when, language, host } of [
    { when: 'German', language: 'de', host: LONG },
    { when: 'Polish', language: 'pl', host: LONG },
    { when: 'Japanese', language: 'ja', host: HOST },
  ]) {
    await t.test(`${when} fits 320 pixels without scrolling sideways`, async () => {
      const { evaluate } = await browser.visit(`http://${host}/`, { language, width: 320 });
      assert.equal(await evaluate('innerWidth'), 320);
      assert.equal(await evaluate('document.documentElement.scrollWidth'), 320);
    });
  }

  await t.test('follows the colour scheme', async () => {
    const ground = 'getComputedStyle(document.body).backgroundColor';
    const [light, dark] = await Promise.all([
      browser.visit(`http://${HOST}/`),
      browser.visit(`http://${HOST}/`, { dark: true }),
    ]);
    assert.equal(await light.evaluate(ground), 'rgb(255, 255, 255)');
    assert.equal(await dark.evaluate(ground), 'rgb(22, 23, 26)');
  });

  await t.test('has one main part, headings in their order, and links with words', async () => {
    const { evaluate } = await browser.visit(`http://${HOST}/`);
    const all = (selector: string, what: string) =>
      evaluate(`[...document.querySelectorAll('${selector}')].map((one) => one.${what})`);
    assert.deepEqual(await all('main', 'tagName'), ['MAIN']);
    assert.deepEqual(await all('h1, h2, h3', 'tagName'), ['H1', 'H2']);
    assert.deepEqual(await all('a', 'href'), [
      'mailto:it-help@example.com',
      'https://it.example.com/tunnels',
    ]);
    for (const words of (await all('a', 'innerText')) as string[]) assert.notEqual(words, '');
    assert.equal(await evaluate('document.title'), `${LANGUAGES[0].heading} – Example Corp`);
  });

  await t.test('shows what looks like markup as it is', async () => {
    ruleset = rulesetOf(EVIL);
    const { requests, complaints, evaluate } = await browser.visit(`http://${HOST}/<img>?<script>`);
    assert.match(String(await evaluate(text)), /Bits <img src=x onerror=alert\(1\)> & 'Bobs'/);
    assert.equal(await evaluate("document.querySelectorAll('img, script').length"), 0);
    assert.deepEqual(complaints, []);
    assert.equal(requests.filter((request) => !request.startsWith('data:')).length, 1);
  });

  assert(told().every((line) => line.startsWith('http ') && line.endsWith(' page')));
});

test('the page in Chromium over HTTPS', {
  skip: missing('chromium-headless-shell', 'openssl'),
}, async (t) => {
  const { certificate: file, key } = makeCertificates(folder(t), '*.ngrok.app');
  const cert = readFileSync(file);
  const certificate = readPageCertificate({ cert, key: readFileSync(key) });
  const { port, events } = await startRefuser(t, { certificate: () => certificate });
  const spki = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  const browser = await startBrowser(t, {
    hosts: [`MAP *.ngrok.app 127.0.0.1:${port}`, `MAP connect.ngrok-agent.com 127.0.0.1:${port}`],
    trusted: createHash('sha256').update(spki).digest('base64'),
  });
  const { complaints, evaluate } = await browser.visit('https://shop.ngrok.app/', {
    language: 'de',
  });
  assert.equal(await evaluate('document.documentElement.lang'), 'de');
  assert.deepEqual(complaints, []);
  const paged = events.filter(({ answer }) => answer === 'page');
  assert(paged.length === 1 && paged[0]?.name === 'shop.ngrok.app');
  // A door of agents is answered by an alert, whoever knocks.
  await assert.rejects(browser.visit('https://connect.ngrok-agent.com/'), /ERR_SSL_PROTOCOL_ERROR/);
  assert.equal(events.at(-1)?.answer, 'alert');
});
