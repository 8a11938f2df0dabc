import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TlsDial } from './acts.ts';
import type { Lab } from './lab.ts';
import { eventually } from './patience.ts';
import { run, type Scope, start } from './process.ts';
import type { AgentTurn } from './programs/ngrok-agent.ts';

const program = (name: string) => fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
const SILENT = ['ignore', 'ignore', 'inherit', 'ipc'] as const;

/** Sessions that are held; each call says a word on all and tells whom they reach, or how they ended. */
export type Held = {
  readonly first: readonly string[];
  readonly say: () => Promise<readonly string[]>;
};

export async function holdSessions(
  scope: Scope,
  { client }: Lab,
  dials: readonly TlsDial[],
): Promise<Held> {
  const child = start(scope, process.execPath, [program('sessions')], client, [...SILENT]);
  const told = async (words: unknown) => {
    const answer = Promise.race([once(child, 'message'), once(child, 'exit')]);
    child.send(words as object);
    const [heard] = await answer;
    assert.ok(Array.isArray(heard), 'the sessions have ended');
    return heard as readonly string[];
  };
  return { first: await told(dials), say: () => told('say') };
}

/** A round of an ngrok agent of version 2 or 3. */
export async function agentRound(
  scope: Scope,
  { client }: Lab,
  version: 2 | 3,
): Promise<readonly AgentTurn[]> {
  const words = [program('ngrok-agent'), `${version}`];
  const child = start(scope, process.execPath, words, client, [...SILENT]);
  const [turns] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  assert.ok(Array.isArray(turns), 'the agent has told nothing');
  return turns;
}

/** Clients of a crowd: all that is free in the client's network. */
const CROWD = Array.from({ length: 64 }, (_, i) => `192.0.2.${128 + i}`);

/** Connections that say nothing, as many as are asked for, and again whenever one is ended. */
export async function startIdle(
  scope: Scope,
  { client }: Lab,
  address: string,
  count: number,
): Promise<void> {
  // Every address of it is the client's own.
  const route = ['route', 'replace', 'local', '192.0.2.128/26', 'dev', 'lo'];
  await run('ip', ['-n', client.name, ...route]);
  const words = [program('idle'), address, '443', `${count}`, ...CROWD];
  const child = start(scope, process.execPath, words, client, [...SILENT]);
  await once(child, 'message', { signal: AbortSignal.timeout(20_000) });
}

/** What the real SDK tells of a session. */
export type SdkSession = { readonly connected: boolean; readonly milliseconds: number };

/** Sessions of the real SDK, one after the other; where no server is named, with its default door. */
export async function sdkSessions(
  { client }: Lab,
  ca: string,
  { server = '', count = 1 } = {},
): Promise<readonly SdkSession[]> {
  const words = [program('ngrok-session'), server, ca, `${count}`];
  const { stdout, stderr } = await run(process.execPath, words, client);
  assert.notEqual(stdout, '', stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A session of the real SDK that is held. */
export type HeldSdk = {
  /** Waits for one more heartbeat that is answered; gives what has ended the session so far. */
  readonly beat: () => Promise<readonly string[]>;
};

export async function holdSdk(
  scope: Scope,
  { client }: Lab,
  server: string,
  ca: string,
): Promise<HeldSdk> {
  const words = [program('ngrok-held'), server, ca];
  const child = start(scope, process.execPath, words, client, [...SILENT]);
  const [connected] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  assert.equal(connected, 'connected');
  const told = async () => {
    child.send('tell');
    const [{ heartbeats, ends }] = await once(child, 'message');
    return { heartbeats: Number(heartbeats), ends: ends as readonly string[] };
  };
  return {
    beat: async () => {
      const before = await told();
      return eventually('a heartbeat', async () => {
        const now = await told();
        return (now.heartbeats > before.heartbeats || now.ends.length > 0) && now.ends;
      });
    },
  };
}

/** The hosts file as programs in the client's namespace see it; without lines it is this machine's own. */
export function useHosts({ client }: Lab, ...lines: readonly string[]): void {
  const folder = `/etc/netns/${client.name}`;
  mkdirSync(folder, { recursive: true });
  if (lines.length === 0) rmSync(`${folder}/hosts`, { force: true });
  else writeFileSync(`${folder}/hosts`, `${lines.join('\n')}\n`);
}
