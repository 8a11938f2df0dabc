import { wordsFor } from './language.ts';
import type { Notice } from './notice.ts';
import { CONTENT_SECURITY_POLICY, page } from './page.ts';
import { plainText } from './plain.ts';

/** What the answer depends on, of a request. */
export type Request = {
  readonly method: string;
  /** Header fields as they came. */
  readonly languages?: string | undefined;
  readonly accept?: string | undefined;
};

/**
 * The whole answer to any HTTP/1.1 request: 403 with a page for those that say they take one, as every
 * browser does, and with a few lines of plain text for the rest. The connection ends with it.
 */
export function response({ method, languages, accept = '' }: Request, notice: Notice): Buffer {
  const words = wordsFor(languages);
  const isPage = /\btext\/html\b|\bapplication\/xhtml\+xml\b/i.test(accept);
  const body = Buffer.from(isPage ? page(notice, words) : plainText(notice, words));
  const head = [
    'HTTP/1.1 403 Forbidden',
    `Content-Type: text/${isPage ? 'html' : 'plain'}; charset=utf-8`,
    `Content-Language: ${words.tag}`,
    `Content-Length: ${body.length}`,
    `Content-Security-Policy: ${isPage ? CONTENT_SECURITY_POLICY : "default-src 'none'"}`,
    'Vary: Accept, Accept-Language',
    'Cache-Control: no-store',
    'Referrer-Policy: no-referrer',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    '',
    '',
  ].join('\r\n');
  return method === 'HEAD' ? Buffer.from(head) : Buffer.concat([Buffer.from(head), body]);
}

/** The value of a header field in the octets of a request (RFC 9112 section 5); several lines are one list. */
export function headerField(octets: Uint8Array, field: string): string | undefined {
  const [, ...lines] = Buffer.from(octets).toString('latin1').split(/\r?\n/);
  const end = lines.indexOf('');
  const values = (end < 0 ? lines : lines.slice(0, end)).flatMap((line) => {
    const colon = line.indexOf(':');
    return line.slice(0, colon).toLowerCase() === field ? [line.slice(colon + 1).trim()] : [];
  });
  return values.length === 0 ? undefined : values.join(', ');
}
