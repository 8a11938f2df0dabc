// A TLS server as a process: takes its settings as the first message, then notes every visit.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import type { Visit } from '../tls.ts';

type Settings = {
  readonly certificate: string;
  readonly key: string;
  readonly addresses: readonly string[];
  readonly port: number;
};

process.once('message', async ({ certificate, key, addresses, port }: Settings) => {
  const visits: Visit[] = [];
  for (const address of addresses) {
    const server = createServer(
      { cert: readFileSync(certificate), key: readFileSync(key) },
      (socket) => {
        socket.on('error', () => {});
        socket.once('data', (data) => {
          visits.push({
            from: socket.remoteAddress ?? '',
            to: address,
            sni: socket.servername || undefined,
            protocol: socket.getProtocol() ?? '',
            first: data.subarray(0, 12).toString('hex'),
          });
        });
      },
    );
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
  }
  process.send?.('ready');
  process.on('message', () => process.send?.(visits));
});
