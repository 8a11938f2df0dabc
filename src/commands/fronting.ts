import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Link, type LinkParts, linkFront } from '../gate/front/link.ts';
import { frontAddress } from '../gate/front/words.ts';
import { BACKLOG, type Listening } from '../gate/sockets.ts';
import { type Libc, libc } from '../native/libc.ts';
import { listenSocket, localEnd } from '../native/tcp.ts';
import { type Endpoint, formatEndpoint } from '../policy/endpoint.ts';
import { gatePortOf, LANES } from '../policy/firewall.ts';
import { version } from '../version.ts';

const PROGRAM = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../gate/front/program.ts' : '../gate/front/program.js',
    import.meta.url,
  ),
);

export type FrontingParts = Omit<LinkParts, 'listeners' | 'address' | 'start'> & {
  readonly endpoints: readonly Endpoint[];
  readonly transparent: boolean;
};

/**
 * The gate as a process of its own, with listening sockets of ours. Rejects with the error of the first
 * endpoint that cannot be had.
 */
export async function startFront({
  endpoints,
  transparent,
  ...parts
}: FrontingParts): Promise<Pick<Listening, 'endpoints'> & Link> {
  const c = libc() as Libc;
  const listeners: (LinkParts['listeners'][number] & Endpoint)[] = [];
  const close = () => {
    for (const { fd } of listeners.splice(0)) c.close(fd);
  };
  try {
    for (const { address, port: first } of endpoints) {
      for (const lane of LANES) {
        const endpoint = { address, port: first === 0 ? 0 : gatePortOf(first, lane) };
        const fd = listenAt(c, endpoint, transparent);
        const port = localEnd(c, fd)?.port ?? endpoint.port;
        listeners.push({ fd, address, port, lane });
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  const taken = listeners.map(({ address, port, lane }) => ({ address, port, lane }));
  const { port } = taken[0] as Endpoint;
  const link = await linkFront({
    ...parts,
    listeners,
    address: frontAddress(version(), port),
    start: () => startProgram(port),
  });
  return {
    endpoints: taken,
    renew: link.renew,
    close: async () => {
      close();
      await link.close();
    },
  };
}

function listenAt(c: Libc, endpoint: Endpoint, transparent: boolean): number {
  try {
    return listenSocket(c, endpoint, { transparent, backlog: BACKLOG });
  } catch (error) {
    throw new Error(`${formatEndpoint(endpoint)}: ${(error as Error).message}`, { cause: error });
  }
}

/** In a session of its own: what ends this process does not end that one. */
function startProgram(port: number): void {
  spawn(process.execPath, [PROGRAM, version(), String(port)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: '/',
  }).unref();
}
