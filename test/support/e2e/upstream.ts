import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Scope, type StartOptions, start } from './process.ts';

/** One record as people write it; `data` is what dns-packet takes for the type, or hex octets. */
export type ZoneRecord = { readonly type: string; readonly data: unknown; readonly ttl?: number };

/** What the scripted upstream knows: names with their records. Other names do not exist. */
export type Zone = Readonly<Record<string, readonly ZoneRecord[]>>;

export type UpstreamScript = {
  readonly zone: Zone;
  /** Milliseconds each answer is held back, by name. */
  readonly delays?: Readonly<Record<string, number>>;
  readonly listen: readonly { readonly address: string; readonly port: number }[];
};

export type Upstream = {
  /** `ADDRESS:PORT` of each place it listens on. */
  readonly endpoints: readonly string[];
  readonly port: number;
  /** The names it has been asked so far, in their order, each with its type: `www.example.com A`. */
  readonly asked: () => Promise<readonly string[]>;
};

const PROGRAM = fileURLToPath(new URL('./programs/upstream.ts', import.meta.url));

/** Starts a resolver that knows only what its script says, over UDP and TCP. */
export async function startUpstream(
  scope: Scope,
  script: Omit<UpstreamScript, 'listen'> & Partial<UpstreamScript>,
  options: StartOptions = {},
): Promise<Upstream> {
  const child = start(scope, process.execPath, [PROGRAM], options, [
    'ignore',
    'inherit',
    'inherit',
    'ipc',
  ]);
  child.send({ listen: [{ address: '127.0.0.1', port: 0 }], ...script });
  const endpoints = await reply<readonly string[]>(child);
  return {
    endpoints,
    port: Number(/\d+$/.exec(endpoints[0] ?? '')?.[0]),
    asked: () => {
      child.send('asked');
      return reply(child);
    },
  };
}

async function reply<T>(child: ChildProcess): Promise<T> {
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the scripted upstream ended with ${code}`);
  });
  gone.catch(() => {});
  const [message] = (await Promise.race([once(child, 'message'), gone])) as [T];
  return message;
}

export const a = (address: string, ttl = 60): ZoneRecord => ({ type: 'A', data: address, ttl });
export const aaaa = (address: string, ttl = 60): ZoneRecord => ({
  type: 'AAAA',
  data: address,
  ttl,
});
export const cname = (target: string, ttl = 60): ZoneRecord => ({
  type: 'CNAME',
  data: target,
  ttl,
});
export const txt = (...texts: string[]): ZoneRecord => ({ type: 'TXT', data: texts, ttl: 60 });
