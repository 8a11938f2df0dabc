// Opens TLS sessions, holds those that are let through, and says a word on all of them whenever it is told to.
import { setTimeout as delay } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { dial, lineOf, refusalOf, type TlsDial } from '../acts.ts';

/** Milliseconds until nothing is taken for silence. */
const PATIENCE = 5_000;

const held: (TLSSocket | string)[] = [];

process.on('message', async (words: readonly TlsDial[] | 'say') => {
  if (words !== 'say') held.push(...(await Promise.all(words.map(opened))));
  process.send?.(await Promise.all(held.map(told)));
});

/** A session, or how it was refused. */
function opened(to: TlsDial): Promise<TLSSocket | string> {
  return Promise.race([dial(to), late()]).catch(refusalOf);
}

/** Whom it reaches, as he says himself, or how it ends. */
async function told(session: TLSSocket | string): Promise<string> {
  if (typeof session === 'string') return session;
  if (session.errored) return refusalOf(session.errored);
  if (session.destroyed) return 'closed';
  const line = lineOf(session);
  session.write('who\n');
  const said = await Promise.race([line, late()]).catch(refusalOf);
  return said.startsWith('{') ? JSON.parse(said).site : said;
}

function late(): Promise<string> {
  return delay(PATIENCE, 'silence', { ref: false });
}
