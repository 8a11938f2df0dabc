import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type Scope, start } from './process.ts';

/** What Chromium tells over its DevTools protocol; only what is looked at. */
type Message = {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
};

export type Visited = {
  /** Where every request went, the page's own first. */
  readonly requests: readonly string[];
  /** What the console shows, other than that the page came with an error status. */
  readonly complaints: readonly string[];
  /** The value of an expression in the page, which is something of JSON. */
  readonly evaluate: (expression: string) => Promise<unknown>;
};

export type Visit = {
  readonly language?: string;
  readonly dark?: boolean;
  /** Pixels of CSS. */
  readonly width?: number;
};

/**
 * A headless Chromium that finds hosts where it is told to, as `MAP shop.example 127.0.0.1:8080`, and
 * nothing else; `trusted` is the digest of a public key whose certificates it takes. It is spoken to over a
 * pipe and ends with it: what the shell starts is not a child that we could end.
 */
export async function startBrowser(
  scope: Scope,
  { hosts, trusted }: { readonly hosts: readonly string[]; readonly trusted?: string },
): Promise<{ readonly visit: (url: string, how?: Visit) => Promise<Visited> }> {
  const profile = mkdtempSync(join(tmpdir(), 'tunnelwarden-browser-'));
  const child = start(
    scope,
    'chromium-headless-shell',
    [
      ...['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      ...['--remote-debugging-pipe', `--user-data-dir=${profile}`],
      `--host-resolver-rules=${[...hosts, 'MAP * ~NOTFOUND'].join(', ')}`,
      ...(trusted === undefined ? [] : [`--ignore-certificate-errors-spki-list=${trusted}`]),
    ],
    {},
    ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  );
  const [, , , input, output] = child.stdio as unknown as [null, null, null, Writable, Readable];
  const connection = connectTo(input, output);
  const ended = once(output, 'end');
  scope.after(async () => {
    input.end();
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    visit: async (url, how = {}) => {
      const { targetId } = await connection.ask('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await connection.ask('Target.attachToTarget', {
        targetId,
        flatten: true,
      });
      const session = sessionId as string;
      const devtools: Devtools = {
        ask: (method, params) => connection.ask(method, params, session),
        on: (hear) => connection.on((message) => message.sessionId === session && hear(message)),
      };
      return visitWith(devtools, url, how);
    },
  };
}

type Devtools = {
  readonly ask: (
    method: string,
    params?: object,
    session?: string,
  ) => Promise<Readonly<Record<string, unknown>>>;
  readonly on: (hear: (message: Message) => void) => void;
};

/** Messages of JSON, each with a zero behind it. */
function connectTo(input: Writable, output: Readable): Devtools {
  const pending = new Map<number, (message: Message) => void>();
  const hearers: ((message: Message) => void)[] = [];
  let rest = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    const texts = `${rest}${chunk}`.split('\0');
    rest = texts.pop() as string;
    for (const text of texts) {
      const message = JSON.parse(text) as Message;
      if (message.id === undefined) for (const hear of hearers) hear(message);
      else pending.get(message.id)?.(message);
    }
  });
  output.once('end', () => {
    for (const settle of pending.values()) settle({ error: { message: 'the browser has ended' } });
  });
  input.on('error', () => {}); // `end` tells
  let last = 0;
  return {
    on: (hear) => hearers.push(hear),
    ask: (method, params = {}, session) => {
      last += 1;
      const id = last;
      input.write(`${JSON.stringify({ id, method, params, sessionId: session })}\0`);
      return new Promise((resolve, reject) => {
        pending.set(id, ({ result, error }) => {
          pending.delete(id);
          if (error) reject(new Error(`${method}: ${error.message}`));
          else resolve(result ?? {});
        });
      });
    },
  };
}

async function visitWith(devtools: Devtools, url: string, how: Visit): Promise<Visited> {
  const { language = 'en', dark = false, width = 1024 } = how;
  const { ask } = devtools;
  const requests: string[] = [];
  const complaints: string[] = [];
  const loaded = new Promise<void>((resolve) => {
    devtools.on(({ method, params = {} }) => {
      if (method === 'Page.loadEventFired') resolve();
      if (method === 'Network.requestWillBeSent') {
        requests.push((params.request as { url: string }).url);
      }
      if (method === 'Log.entryAdded') {
        const { source, text } = params.entry as { source: string; text: string };
        if (!/the server responded with a status of 403/.test(text)) {
          complaints.push(`${source}: ${text}`);
        }
      }
      if (method === 'Runtime.consoleAPICalled' || method === 'Runtime.exceptionThrown') {
        complaints.push(JSON.stringify(params));
      }
    });
  });
  for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await ask(`${domain}.enable`);
  await ask('Network.setExtraHTTPHeaders', { headers: { 'Accept-Language': language } });
  await ask('Emulation.setDeviceMetricsOverride', {
    ...{ width, height: 800, deviceScaleFactor: 1, mobile: true },
  });
  await ask('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
  });
  const { errorText } = await ask('Page.navigate', { url });
  if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
  await loaded;
  return {
    requests,
    complaints,
    evaluate: async (expression) => {
      const { result, exceptionDetails } = (await ask('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
      })) as { result: { value?: unknown }; exceptionDetails?: { text: string } };
      if (exceptionDetails) throw new Error(exceptionDetails.text);
      return result.value;
    },
  };
}
