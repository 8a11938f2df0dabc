import { execFile } from 'node:child_process';
import { type Address, parseSocketAddress } from '../policy/network.ts';
import { ParseError } from '../policy/problem.ts';
import { type Mac, macOf } from './mac.ts';

/** Who this machine has met on its links: the MAC address behind each address. */
export type Neighbours = ReadonlyMap<Address, Mac>;

/** One line of what `ip -j neigh` says, as far as it is of use. */
type Line = { readonly dst?: unknown; readonly lladdr?: unknown; readonly state?: unknown };

/** States in which the address behind it is no more than what it was, or never was one. */
const UNKNOWN = ['FAILED', 'INCOMPLETE', 'NONE'];

/** Milliseconds for the program, and how many octets of it are read: some 100,000 neighbours. */
const [PATIENCE, LONGEST] = [3_000, 16 * 1024 ** 2];

/** Reads what `ip -j neigh` prints. Throws ParseError. */
export function parseNeighbours(json: string): Neighbours {
  const neighbours = new Map<Address, Mac>();
  for (const { dst, lladdr, state } of linesOf(json)) {
    if (typeof dst !== 'string' || typeof lladdr !== 'string') continue;
    const states = Array.isArray(state) ? state : [];
    const [client, mac] = [addressOf(dst), macOf(lladdr)];
    if (!client || !mac || states.some((name) => UNKNOWN.includes(name))) continue;
    // A link-local address may be met on several links: who answered just now is the one.
    if (!neighbours.has(client) || states.includes('REACHABLE')) neighbours.set(client, mac);
  }
  return neighbours;
}

function linesOf(json: string): readonly Line[] {
  try {
    // With nothing to say, some versions say nothing at all.
    const lines: unknown = JSON.parse(json.trim() === '' ? '[]' : json);
    if (Array.isArray(lines)) return lines.filter((line) => typeof line === 'object' && line);
  } catch {} // told below
  throw new ParseError('`ip -j neigh` does not speak JSON; install iproute2');
}

/** Reads what `arp -an` prints on the BSDs, macOS and Linux; lines that are none are passed over. */
export function parseArp(text: string): Neighbours {
  const neighbours = new Map<Address, Mac>();
  for (const [, where = '', what = ''] of text.matchAll(/\(([^()\s]+)\) at (\S+)/g)) {
    const [client, mac] = [addressOf(where), macOf(what)];
    if (client && mac) neighbours.set(client, mac);
  }
  return neighbours;
}

function addressOf(text: string): Address | undefined {
  try {
    return parseSocketAddress(text);
  } catch {
    return undefined;
  }
}

/** Asks the kernel by its program. Rejects with ParseError, whose message says what to do. */
export async function readNeighbours(platform = process.platform): Promise<Neighbours> {
  return platform === 'linux'
    ? parseNeighbours(await outputOf('ip', ['-j', 'neigh', 'show']))
    : parseArp(await outputOf('arp', ['-an']));
}

function outputOf(program: string, words: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // Services are started with a PATH that may lack where Debian keeps it.
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
  const options = { env, timeout: PATIENCE, maxBuffer: LONGEST, encoding: 'utf8' } as const;
  execFile(program, words, options, (error, stdout) => {
    if (!error) return resolve(stdout);
    const why = error.code === 'ENOENT' ? 'is not installed' : 'failed';
    const advice = 'see to it, or write `neighbours: false` under `identity`';
    reject(new ParseError(`\`${program} ${words.join(' ')}\` ${why}; ${advice}`, { cause: error }));
  });
  return promise;
}
