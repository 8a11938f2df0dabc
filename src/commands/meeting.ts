import { connect, type PeerCertificate } from 'node:tls';
import type { Met } from '../ingress/verify/facts.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';

/** Milliseconds a handshake may take. */
const PATIENCE = 4_000;
const PORT = 443;

/** What is judged elsewhere, with better words: whether the name and the dates are right. */
const NOT_TRUST = ['ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'];

/** Goes through a TLS handshake as an agent does, whatever certificate comes, and leaves. */
export function meet(name: Name, address: Address): Promise<Met> {
  return new Promise((resolve) => {
    const socket = connect({
      ...{ host: address, port: PORT, servername: name, minVersion: 'TLSv1.2' },
      // The certificate is only looked at: nothing is sent, so nothing depends on it.
      rejectUnauthorized: false,
    });
    const finish = (met: Met) => {
      clearTimeout(late);
      socket.destroy();
      resolve(met);
    };
    const failed = (why: string) => finish({ kind: 'failed', name, address, why });
    const late = setTimeout(() => failed('no TLS handshake in time'), PATIENCE);
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) => failed(code ?? message));
    socket.on('close', () => failed('closed before the handshake was done'));
    socket.on('secureConnect', () => {
      const { authorizationError } = socket;
      const distrust = typeof authorizationError === 'string' ? authorizationError : undefined;
      finish({
        ...{ kind: 'met', name, address, ...partsOf(socket.getPeerCertificate()) },
        ...(distrust === undefined || NOT_TRUST.includes(distrust) ? {} : { distrust }),
      });
    });
  });
}

function partsOf(certificate: PeerCertificate) {
  const { issuer, subjectaltname = '', valid_from, valid_to } = certificate;
  return {
    issuer: { organisation: only(issuer?.O), commonName: only(issuer?.CN) },
    names: [...subjectaltname.matchAll(/DNS:([^,\s]+)/g)].map(([, name = '']) => name),
    from: Date.parse(valid_from),
    until: Date.parse(valid_to),
  };
}

/** A part of a name may be there several times. */
function only(part: string | readonly string[] | undefined): string {
  return typeof part === 'string' ? part : (part?.[0] ?? '');
}
