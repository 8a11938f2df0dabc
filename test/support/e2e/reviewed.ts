import { openForReading } from '../../../src/attempts/store.ts';
import { openTerminal, type Terminal } from '../terminal.ts';
import { eventually } from './patience.ts';
import type { Scope } from './process.ts';
import { type Ask, udpClient } from './question.ts';
import { CLI, folder, type Server, serve, tunnelwarden, write } from './tunnelwarden.ts';
import { a, startUpstream } from './upstream.ts';

/** A resolver that refuses some services, with a client that asks it, and who reviews that. */
export type Reviewed = {
  readonly home: string;
  readonly policy: string;
  readonly database: string;
  readonly server: Server;
  readonly ask: Ask;
  /** Starts the resolver again on the same database. */
  readonly begin: () => Promise<Server>;
  /** Opens the terminal UI beside it, as ada. */
  readonly tui: (size: Size, ...words: readonly string[]) => Terminal;
  /** Runs a command on its database as somebody; fails where that does. */
  readonly as: (person: string, ...words: readonly string[]) => Promise<string>;
};

type Size = { readonly width: number; readonly height: number };

export const DOOR = 'connect.ngrok-agent.com';
export const OTHER_DOOR = 'tunnel.ngrok.com';
export const TAILSCALE = 'controlplane.tailscale.com';

const ADDRESS = '198.51.100.20';

export async function review(scope: Scope): Promise<Reviewed> {
  const names = [DOOR, OTHER_DOOR, TAILSCALE, `nine.${DOOR}`];
  const zone = Object.fromEntries(names.map((name) => [name, [a(ADDRESS)]]));
  const upstream = await startUpstream(scope, { zone });
  const home = folder(scope);
  const policy = write(home, 'policy.yaml', policyWith(upstream.endpoints[0] as string));
  const database = `${home}/attempts.db`;
  const begin = () =>
    serve(scope, ['--policy', policy, '--database', database, '--listen', '127.0.0.1:0']);
  const server = await begin();
  await eventually('a database', () => isMade(database));
  const ask = await udpClient(scope, server.port);
  return {
    ...{ home, policy, database, server, ask, begin },
    tui: (size, ...words) =>
      openTerminal(scope, [process.execPath, CLI, 'tui', '-d', database, '-p', policy, ...words], {
        ...size,
        cwd: home,
        env: { USER: 'ada' },
      }),
    as: async (person, ...words) => {
      const { code, stdout, stderr } = await tunnelwarden([...words, '--database', database], {
        env: { USER: person, SUDO_USER: '' },
      });
      if (code !== 0) throw new Error(`${words.join(' ')} exits ${code}: ${stderr}`);
      return stdout;
    },
  };
}

function policyWith(upstream: string): string {
  return `
organisation: { name: Example Corp }
ingress: [{ domain: connect.example.com }]
services: { ngrok: block, tailscale: block }
resolver: { upstreams: ['${upstream}'], clients: [127.0.0.0/8] }
refusal: { answer: nxdomain }
`;
}

/** A resolver answers before its database is there. */
function isMade(database: string): boolean {
  try {
    openForReading(database).close();
    return true;
  } catch {
    return false;
  }
}
