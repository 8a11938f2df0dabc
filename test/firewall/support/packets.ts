import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createLab, type Lab, type Namespace } from '../../support/e2e/lab.ts';
import { type Scope, start } from '../../support/e2e/process.ts';
import { succeeds } from './ruleset.ts';

/** One connection or question of a client's. */
export type Probe = {
  readonly over: 'tcp' | 'udp';
  readonly to: string;
  readonly port: number;
  /** One of the client's addresses: left alone, it might take any. */
  readonly from: string;
  /** The first octets sent over TCP, as latin1. */
  readonly says: string;
};

const HELD = fileURLToPath(new URL('../../support/e2e/programs/held.ts', import.meta.url));
const PROGRAM = fileURLToPath(new URL('./peer.ts', import.meta.url));

/** What comes of each: who answered, `reset`, `prohibited`, or `silence`. */
export async function probe(
  { within }: Namespace,
  probes: readonly Probe[],
): Promise<readonly string[]> {
  const words = [PROGRAM, 'probe', JSON.stringify(probes)];
  return JSON.parse(await succeeds(process.execPath, words, { within }));
}

/** Has a name said to whoever comes to some ports, over TCP and UDP. */
export async function serveName(
  scope: Scope,
  { within }: Namespace,
  name: string,
  ports: readonly number[],
) {
  const words = [PROGRAM, 'serve', name, ...ports.map(String)];
  const options = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  const child = start(scope, process.execPath, words, { within }, [...options]);
  const gone = once(child, 'exit').then(() => {
    throw new Error(`${name} has ended`);
  });
  gone.catch(() => {});
  await Promise.race([once(child, 'message'), gone]);
  return child;
}

/** Connections that are held; each call says a word on all and tells what was heard. */
export async function held(
  scope: Scope,
  { client }: Lab,
  addresses: readonly string[],
  port = 443,
) {
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const words = [HELD, String(port), ...addresses];
  const child = start(scope, process.execPath, words, { within: client.within }, [...stdio]);
  await once(child, 'message');
  return async (): Promise<readonly string[]> => {
    child.send('say');
    return (await once(child, 'message'))[0];
  };
}

/** An address of each family that the packet tests use beside those of the lab. */
export const both = (last: number, network: 'lan' | 'wan' = 'wan'): readonly [string, string] =>
  network === 'lan'
    ? [`192.0.2.${last}`, `2001:db8:1::${last}`]
    : [`198.51.100.${last}`, `2001:db8:2::${last}`];

/** The lab with more addresses on the client and on the internet. */
export async function createPacketLab(
  scope: Scope,
  clients: readonly number[],
  servers: readonly number[],
): Promise<Lab> {
  const lab = createLab(scope);
  const add = async ({ name }: Namespace, link: 'lan' | 'wan', lasts: readonly number[]) => {
    const lines = lasts.flatMap((last) => {
      const [four, six] = both(last, link);
      return [`addr add ${four}/24 dev ${link}`, `addr add ${six}/64 dev ${link} nodad`];
    });
    await succeeds('sh', ['-c', `printf '%s\\n' "$@" | ip -n ${name} -batch -`, '-', ...lines]);
  };
  await add(lab.client, 'lan', clients);
  await add(lab.internet, 'wan', servers);
  return lab;
}
