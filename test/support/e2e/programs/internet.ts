// The internet as a process: on every port it is told, whoever comes is served as what he begins with
// asks for (TLS, ssh, a proxy's CONNECT), in the name of the site whose address he came to.
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, isIP, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { speakAsEdge } from '../edge.ts';
import type { InternetSettings, SessionSeen } from '../internet.ts';

const TLS_RECORD = 0x16;
let seen: SessionSeen[] = [];

process.once('message', async (settings: InternetSettings) => {
  const { certificate, key, sites, tcp, udp } = settings;
  const siteOf = (address: string | undefined) => sites[plain(address)] ?? 'nobody';
  const tls = createTlsServer(
    { cert: readFileSync(certificate), key: readFileSync(key) },
    (socket) => {
      socket.on('error', () => {});
      if (socket.localPort === 853) overTls(socket);
      else session(socket);
    },
  );
  tls.on('tlsClientError', () => {});

  for (const port of tcp) {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      // Servers of ssh speak first.
      if (port === 22) socket.write(banner(socket));
      socket.once('data', (first) => {
        socket.pause();
        if (first[0] === TLS_RECORD) {
          socket.unshift(first);
          tls.emit('connection', socket);
          return;
        }
        const said = first.toString('latin1');
        socket.resume();
        if (said.startsWith('CONNECT ')) proxied(socket, said);
        else if (said.startsWith('SSH-') && port !== 22) socket.write(banner(socket));
        else if (port !== 22) socket.end(`plain ${siteOf(socket.localAddress)}\n`);
      });
    });
    server.listen(port, '::');
    await once(server, 'listening');
  }
  // One socket an address: another would answer from whichever address the machine has first.
  for (const [address, site] of Object.entries(sites)) {
    for (const port of udp) {
      const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
      socket.on('message', (_, peer) => socket.send(site, peer.port, peer.address));
      socket.bind(port, address);
      await once(socket, 'listening');
    }
  }
  process.send?.('ready');
  process.on('message', () => {
    process.send?.(seen);
    seen = [];
  });

  function banner({ localAddress }: Socket): string {
    return `SSH-2.0-${siteOf(localAddress)}\r\n`;
  }

  /** A session of an agent's, a browser's or a test's. */
  function session(socket: TLSSocket): void {
    const { remoteAddress, localAddress, servername } = socket;
    const about = { to: plain(localAddress), site: siteOf(localAddress) };
    const sni = typeof servername === 'string' && servername !== '' ? servername : undefined;
    let isFirst = true;
    let isAgent = false;
    socket.on('data', async (data: Buffer) => {
      if (isAgent) return;
      if (isFirst) {
        const first = data.subarray(0, 12).toString('hex');
        seen.push({ ...about, from: plain(remoteAddress), sni, first });
      }
      isFirst = false;
      const said = data.toString('latin1');
      if (said.startsWith('who')) socket.write(`${JSON.stringify({ ...about, sni })}\n`);
      else if (said.startsWith('GET ')) await web(socket, said, about.site);
      else {
        isAgent = true;
        speakAsEdge(socket, data);
      }
    });
  }

  async function web(socket: TLSSocket, said: string, site: string): Promise<void> {
    const url = new URL(said.split(' ')[1] ?? '/', 'https://host.invalid');
    const body = await pageOf(url, socket.localAddress, site);
    const text = JSON.stringify(body);
    socket.end(
      `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
    );
  }

  async function pageOf(url: URL, address: string | undefined, site: string): Promise<unknown> {
    // As dns.google answers; only what agents look at.
    if (url.pathname === '/resolve') {
      const name = url.searchParams.get('name') ?? '';
      const found = await addressesOf(name, plain(address));
      return { Status: found.length > 0 ? 0 : 3, Answer: found.map((data) => ({ name, data })) };
    }
    return url.pathname === '/dns.ngrok.com/tunnel.json' ? settings.list : { site };
  }

  /** DNS over TLS is DNS over TCP inside: the resolver at the same address has the rest. */
  function overTls(socket: TLSSocket): void {
    const inner = connect(53, plain(socket.localAddress));
    inner.on('error', () => socket.destroy());
    socket.on('close', () => inner.destroy());
    socket.pipe(inner).pipe(socket);
  }

  async function proxied(socket: Socket, said: string): Promise<void> {
    const [, host = '', port = ''] = /^CONNECT (.+):(\d+) /.exec(said) ?? [];
    const [to] = isIP(host) === 0 ? await addressesOf(host, settings.resolver) : [host];
    if (to === undefined) return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    const out = connect(Number(port), to, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(out).pipe(socket);
    });
    out.on('error', () => socket.destroy());
    socket.on('close', () => out.destroy());
  }
});

async function addressesOf(name: string, server: string): Promise<readonly string[]> {
  const resolver = new Resolver();
  resolver.setServers([server]);
  return resolver.resolve4(name).catch(() => []);
}

/** Without the form that IPv4 takes on sockets of both families. */
function plain(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=.*\.)/, '');
}
