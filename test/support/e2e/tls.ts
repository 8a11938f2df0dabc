import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Scope, type StartOptions, start } from './process.ts';

/** A certificate authority of a test's own, and a certificate it has signed. */
export type Certificates = {
  /** Files, in PEM. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
};

/** Makes an authority in a folder, and a certificate of it for some names. */
export function makeCertificates(folder: string, ...names: readonly string[]): Certificates {
  const at = (file: string) => join(folder, file);
  const openssl = (...words: readonly string[]) =>
    execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  openssl(
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=Test CA'],
    ...['-addext', 'keyUsage=critical,keyCertSign'],
    ...['-keyout', at('ca.key'), '-out', at('ca.pem')],
  );
  const alternatives = names.map((name) => `DNS:${name}`).join(',');
  writeFileSync(at('extensions'), `subjectAltName=${alternatives}\nbasicConstraints=CA:FALSE\n`);
  openssl(
    'req',
    ...newKey,
    '-subj',
    `/CN=${names[0]}`,
    '-keyout',
    at('key.pem'),
    '-out',
    at('csr'),
  );
  openssl(
    ...[
      'x509',
      '-req',
      '-in',
      at('csr'),
      '-days',
      '2',
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
    ],
    ...['-CAcreateserial', '-extfile', at('extensions'), '-out', at('certificate.pem')],
  );
  return { ca: at('ca.pem'), certificate: at('certificate.pem'), key: at('key.pem') };
}

/** What a TLS server saw of one connection. */
export type Visit = {
  readonly from: string;
  /** The address it came to. */
  readonly to: string;
  /** The server name of its ClientHello, once the handshake is done. */
  readonly sni: string | undefined;
  readonly protocol: string;
  /** The first octets sent inside, in hex. */
  readonly first: string;
};

const PROGRAM = fileURLToPath(new URL('./programs/tls-server.ts', import.meta.url));

/** Starts a TLS server on some addresses; it notes who comes and says nothing. */
export async function startTlsServer(
  scope: Scope,
  { certificate, key }: Certificates,
  listen: { readonly addresses: readonly string[]; readonly port: number },
  options: StartOptions = {},
): Promise<{ readonly visits: () => Promise<readonly Visit[]> }> {
  const child = start(scope, process.execPath, [PROGRAM], options, [
    'ignore',
    'inherit',
    'inherit',
    'ipc',
  ]);
  child.send({ certificate, key, ...listen });
  await once(child, 'message');
  return {
    visits: async () => {
      child.send('visits');
      const [visits] = (await once(child, 'message')) as [readonly Visit[]];
      return visits;
    },
  };
}
