import { createHash } from 'node:crypto';
import { messageOf, type Writer } from './message.ts';
import type { Notice } from './notice.ts';
import type { Words } from './words.ts';

/** Colours of at least 7:1 on their ground (WCAG 2.2, 1.4.6), and lines that break where a name is long. */
const STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1f; --ground: #ffffff; --link: #0b4a9e; --line: #5c5f66; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf1; --ground: #16171a; --link: #a8c7fa; --line: #a0a4ad; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 42rem; margin: 0 auto; padding: clamp(1.25rem, 6vw, 4rem) 1.25rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 1.25rem; }
h2 { font-size: 1.0625rem; margin: 2rem 0 0.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
p { margin: 0 0 0.9rem; }
a { color: var(--link); }
a:focus-visible { outline: 3px solid var(--link); outline-offset: 3px; }
dl { display: grid; grid-template-columns: minmax(4rem, max-content) 1fr; gap: 0.25rem 1rem; margin: 0; }
dt { font-weight: 600; }
dd { margin: 0; }
`;

/**
 * Nothing is loaded or run, only this page's style counts, and nothing can be sent from it. Frames are not
 * forbidden: who sees a refused name within another page is to learn why as well.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** A notice as a page of its own: no script, no other file, readable without its style. */
export function page(notice: Notice, words: Words): string {
  const { heading, sentences, details } = messageOf(notice, words, markUp);
  const { help, name } = notice.organisation;
  const more =
    help === undefined || !isWebAddress(help)
      ? ''
      : `<p><a href="${escapeHtml(help)}">${words.help}</a></p>\n`;
  const rows = details.map(([label, text]) => `<dt>${label}</dt><dd>${text}</dd>\n`).join('');
  const about = rows === '' ? '' : `<h2>${words.details.heading}</h2>\n<dl>\n${rows}</dl>\n`;
  // The empty icon keeps browsers from asking for one, which would look like one more attempt.
  return `<!doctype html>
<html lang="${words.tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${heading} – ${escapeHtml(name)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${heading}</h1>
${sentences.map((sentence) => `<p>${sentence}</p>\n`).join('')}${more}${about}</main>
</body>
</html>
`;
}

/** `bdi` keeps a text of the other direction from turning the sentence round it. */
const markUp: Writer = (value, text) => {
  const escaped = escapeHtml(text);
  // A reason is in the language of who wrote the policy, which nobody has told.
  if (value === 'reason') return `<bdi lang="">${escaped}</bdi>`;
  if (value === 'contact' && isMail(text)) return `<a href="mailto:${escaped}">${escaped}</a>`;
  return value === 'name' || value === 'ways'
    ? `<strong><bdi>${escaped}</bdi></strong>`
    : `<bdi>${escaped}</bdi>`;
};

function isMail(text: string): boolean {
  return /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/.test(text);
}

function isWebAddress(text: string): boolean {
  return /^(?:https?|mailto):/i.test(text);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] as string);
}
