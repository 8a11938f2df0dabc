import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Name } from '../policy/name.ts';

/** A certificate of the organisation's own authority, for names that it has the page shown under. */
export type PageCertificate = {
  readonly context: SecureContext;
  readonly covers: (name: Name) => boolean;
};

/**
 * Reads a certificate with its chain, and its key, both PEM. Throws an Error that says what is wrong
 * with them, as where the key belongs to another certificate.
 */
export function readPageCertificate({
  cert,
  key,
}: {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}): PageCertificate {
  const certificate = new X509Certificate(cert);
  if (!certificate.checkPrivateKey(createPrivateKey(key))) {
    throw new Error(`the key does not belong to the certificate of ${certificate.subject}`);
  }
  return {
    context: createSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
    covers: (name) => certificate.checkHost(name, { subject: 'never' }) !== undefined,
  };
}
