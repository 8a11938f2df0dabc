// Does what ngrok's own agents do when they are refused, without their pauses: asks the system's resolver twice,
// then Google over HTTPS, then fetches a list of addresses, and dials what it got each time. One round has ten
// turns; the agent of version 2 writes the name backwards in four of them.
import { isIP } from 'node:net';
import { type Act, type Fate, perform } from '../acts.ts';

export type AgentTurn = { readonly via: string; readonly found: Fate; readonly dialled?: Fate };

/** Its name, and whether it is spelt backwards from the sixth turn to the ninth. */
const DOORS = {
  2: { name: 'tunnel.us.ngrok.com', backwards: 'korgn.su.lennut.com' },
  3: { name: 'tunnel.ngrok.com', backwards: 'tunnel.ngrok.com' },
} as const;
const ROUND = ['system', 'system', 'google', 's3', '', 'system', 'google', 's3', '', 'system'];

const version = process.argv[2] === '2' ? 2 : 3;
const { name, backwards } = DOORS[version];
const turns: AgentTurn[] = [];
for (const [turn, via] of ROUND.entries()) {
  if (via === '') continue;
  // Where an answer leads is no matter to an agent: it dials the refuser like anybody else.
  const found = await perform(actOf(via), []);
  const host = addressIn(found);
  if (host === undefined) {
    turns.push({ via, found });
    continue;
  }
  const sni = turn >= 5 && turn <= 8 ? backwards : name;
  const dialled = await perform({ does: 'tls', host, port: 443, sni }, []);
  turns.push({ via, found, dialled });
  if ('reached' in dialled) break;
}
process.send?.(turns, () => process.exit(0));

function actOf(via: string): Act {
  if (via === 'google') return { does: 'doh', host: 'dns.google.com', name };
  return via === 's3' ? { does: 'file', host: 's3.amazonaws.com' } : { does: 'lookup', name };
}

function addressIn(fate: Fate): string | undefined {
  if (!('reached' in fate)) return undefined;
  const { reached, said = '' } = fate;
  const found: readonly string[] =
    reached === 'file' ? (JSON.parse(said)[name] ?? []) : said.split(' ');
  return found.find((text) => isIP(text) === 4);
}
