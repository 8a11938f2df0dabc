import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Name } from '../../src/policy/name.ts';
import { CONTENT_SECURITY_POLICY, page } from '../../src/refuser/page.ts';
import { plainLine, plainText } from '../../src/refuser/plain.ts';
import { ENGLISH, LANGUAGES } from '../../src/refuser/words.ts';
import { ENDPOINT, noticeFor, SANCTIONED } from './support.ts';

const [, GERMAN] = LANGUAGES;
const HOSTILE = `<script>alert(1)</script>"' onload="x&amp;`;

test('page: names the organisation, what is refused, the service, the way and the contact', () => {
  const html = page(noticeFor(ENDPOINT), ENGLISH);
  for (const text of [
    'Example Corp',
    `<strong><bdi>${ENDPOINT}</bdi></strong>`,
    'the service <bdi>ngrok</bdi>',
    `<strong><bdi>${SANCTIONED}</bdi></strong>`,
    '<a href="mailto:it-help@example.com">it-help@example.com</a>',
    '<a href="https://it.example.com/tunnels">',
    '<dd><bdi>ngrok/endpoint/ngrok.app</bdi></dd>',
    '<html lang="en">',
  ]) {
    assert(html.includes(text), text);
  }
});

test('page: the reason of who wrote the policy, of no language that we know', () => {
  const html = page(noticeFor('evil.example.net' as Name), GERMAN as typeof ENGLISH);
  assert.match(html, /<dt>Grund<\/dt><dd><bdi lang="">asked for by the works council<\/bdi>/);
});

test('page: a way round the resolver is shown no way for tunnels', () => {
  assert(!page(noticeFor('dns.google' as Name), ENGLISH).includes(SANCTIONED));
});

test('page: a name that is allowed again is not said to be refused', () => {
  const html = page(noticeFor(SANCTIONED), ENGLISH);
  assert(html.includes(`<h1>${ENGLISH.tryAgain}</h1>`));
  assert(!html.includes(ENGLISH.heading));
});

test('page: nothing of a stranger or of the policy is markup', () => {
  const notice = {
    ...noticeFor(ENDPOINT),
    name: HOSTILE as Name,
    service: HOSTILE,
    rule: HOSTILE,
    reason: HOSTILE,
    ways: [HOSTILE as Name],
    organisation: { name: HOSTILE, contact: HOSTILE, help: `https://x.example/"${HOSTILE}` },
  };
  for (const words of LANGUAGES) {
    const html = page(notice, words);
    assert.doesNotMatch(html, /<script|" onload|&amp;amp;amp/);
    // Text and attributes alike: without our own tags nothing is left that begins one.
    const tags = html.replace(
      /<\/?(?:html|head|meta|link|title|style|body|main|h[12]|p|a|dl|dt|dd|bdi|strong)(?: [a-z-]+="[^"<>]*")*>|<!doctype html>/g,
      '',
    );
    assert.doesNotMatch(tags, /[<>]/);
  }
});

test('page: a link leads to the web or to a mailbox only', () => {
  const notice = noticeFor(ENDPOINT);
  const organisation = { ...notice.organisation, help: 'javascript:alert(1)' };
  assert.doesNotMatch(page({ ...notice, organisation }, ENGLISH), /javascript/);
});

test('page: its style is the one that its security policy lets count', () => {
  const style = /<style>([\s\S]*)<\/style>/.exec(page(noticeFor(ENDPOINT), ENGLISH))?.[1] as string;
  const digest = createHash('sha256').update(style).digest('base64');
  assert(CONTENT_SECURITY_POLICY.includes(`style-src 'sha256-${digest}'`));
  assert(CONTENT_SECURITY_POLICY.startsWith("default-src 'none'"));
});

/** Relative luminance and contrast (WCAG 2.2). */
function luminance(colour: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = channels.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  ) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test('page: text, links and lines stand out from their ground, by day and by night', () => {
  const html = page(noticeFor(ENDPOINT), ENGLISH);
  const schemes = [
    ...html.matchAll(/--ink: (\S+); --ground: (\S+); --link: (\S+); --line: (\S+);/g),
  ];
  assert.equal(schemes.length, 2);
  for (const [, ink, ground, link, line] of schemes as unknown as string[][]) {
    for (const [colour, least] of [
      [ink, 7],
      [link, 7],
      [line, 3],
    ] as const) {
      const [dark, light] = [luminance(colour as string), luminance(ground as string)].sort(
        (one, other) => one - other,
      ) as [number, number];
      assert((light + 0.05) / (dark + 0.05) >= least, `${colour} on ${ground}`);
    }
  }
});

test('plainText: the same without markup', () => {
  assert.equal(
    plainText(noticeFor(ENDPOINT), ENGLISH),
    `The network of Example Corp does not allow connections to ${ENDPOINT}.
This name belongs to the service ngrok.
This is a setting of the network. You have done nothing wrong.
To make something reachable from outside, please use the approved way: ${SANCTIONED}.
If you need this connection for your work, or have a question, please contact it-help@example.com.
More information: https://it.example.com/tunnels

Name: ${ENDPOINT}
Service: ngrok
Rule: ngrok/endpoint/ngrok.app
`,
  );
});

test('plainLine: one line of no more than OpenSSH shows, cut at a character, without escapes', () => {
  const notice = noticeFor(undefined);
  const line = plainLine(notice);
  assert(line.includes('Example Corp') && line.includes(SANCTIONED) && line.includes('it-help@'));
  const organisation = { name: `\x1b[2J\n${'ü'.repeat(500)}` };
  const cut = plainLine({ ...notice, organisation });
  assert(Buffer.byteLength(cut) <= 400 && Buffer.byteLength(cut) > 390);
  assert.doesNotMatch(cut, /[\x00-\x1f\ufffd]/);
});
