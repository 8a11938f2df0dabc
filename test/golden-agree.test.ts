import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { test } from 'node:test';
import { audiencesOf } from '../src/firewall/audience.ts';
import type { NameEntry } from '../src/firewall/backend.ts';
import { rpzBackend } from '../src/firewall/backends/rpz.ts';
import { judge } from '../src/policy/judge.ts';
import { labelsOf, type Name, parentOf, parseName, ROOT } from '../src/policy/name.ts';
import type { Ruleset, Verdict } from '../src/policy/ruleset.ts';
import { decided } from './firewall/support/name-plans.ts';
import { startBind, startUnbound } from './support/e2e/peers.ts';
import type { Scope } from './support/e2e/process.ts';
import { missing } from './support/e2e/requirements.ts';
import { folder } from './support/e2e/tunnelwarden.ts';
import { CASES, golden, loadCase, planned } from './support/golden.ts';
import { buildPacket, type Packet, parsePacket } from './support/packet.ts';

// Real servers with the golden response policy zone say of the names of every golden case what
// `judge` says of them to a client that no rule is about in particular.

/** An address that no golden case is about. */
const OPEN = '192.0.2.200';

type Wanted = 'open' | 'nxdomain' | 'nodata' | 'sinkhole';

const PEERS = [
  { what: 'BIND', needs: 'named', start: startBind },
  { what: 'Unbound', needs: 'unbound', start: startUnbound },
] as const;

for (const name of CASES) {
  for (const { what, needs, start } of PEERS) {
    test(`golden: ${what} with the zone of ${name} says what judge says`, {
      skip: missing(needs),
    }, async (t) => {
      const loaded = loadCase(name);
      const { ruleset } = loaded;
      const { names: entries } = planned(loaded, rpzBackend);
      const [artifact] = golden(name, rpzBackend);
      assert(artifact);
      const upstream = await openUpstream(t);
      const options = { folder: folder(t), upstream, zone: artifact.text };
      const { port } = await start(t, options);
      const ask = await client(t, port);
      const names = namesAround(ruleset, entries);
      const different: string[] = [];
      const counts = { open: 0, nxdomain: 0, nodata: 0, sinkhole: 0 };
      for (let at = 0; at < names.length; at += 25) {
        await Promise.all(
          names.slice(at, at + 25).map(async (name) => {
            const seen = read(await ask(name), ruleset);
            const wanted = wantedOf(ruleset, entries, name);
            counts[seen] += 1;
            if (seen !== wanted) different.push(`${name}: ${seen}, not ${wanted}`);
          }),
        );
      }
      assert.deepEqual(different, [], `of ${names.length} names`);
      assert(counts.open > 20 && names.length - counts.open > 20, JSON.stringify(counts));
    });
  }
}

/** The names of all entries and rules, one below, its parent, a name beside. */
function namesAround({ rules }: Ruleset, entries: readonly NameEntry[]): readonly Name[] {
  const patterns = [
    ...entries.map(({ pattern }) => pattern),
    ...rules.flatMap(({ target }) => (target.kind === 'name' ? [target.pattern] : [])),
  ];
  const names = new Set<Name>();
  for (const { name, anchor } of patterns) {
    const own = name.startsWith('*.') ? anchor : name;
    // Any label stands where a rule has a `*`: one that nobody knows.
    const concrete = own.replaceAll('*', 'zz-unknown');
    const parent = parentOf(concrete as Name);
    const around = [concrete, `x.${concrete}`, `x._y.${concrete}`];
    if (parent !== ROOT) around.push(parent, `zz-sibling.${parent}`);
    for (const text of around) names.add(parseName(text));
  }
  return [...names];
}

function wantedOf(ruleset: Ruleset, entries: readonly NameEntry[], name: Name): Wanted {
  const client = audiencesOf(ruleset).at(-1)?.client;
  assert(client);
  const verdict = judge(ruleset, { client, name });
  const wanted = answerOf(ruleset, verdict);
  // The one thing the zone does not know: labels for a `*` within a name that are not known today.
  if (wanted !== 'open' && hasInnerWildcard(verdict) && decided(entries, name) !== 'block') {
    return 'open';
  }
  return wanted;
}

function answerOf({ refusal }: Ruleset, verdict: Verdict): Wanted {
  if (verdict.kind !== 'blocked') return 'open';
  const { answer, origin } = verdict.rule;
  const wanted = answer ?? (origin === 'signal' ? 'nxdomain' : refusal.answer);
  // RPZ has no REFUSED.
  return wanted === 'refused' ? 'nxdomain' : wanted;
}

function hasInnerWildcard(verdict: Verdict): boolean {
  if (verdict.kind !== 'blocked' || verdict.rule.target.kind !== 'name') return false;
  const { name, scope } = verdict.rule.target.pattern;
  const star = labelsOf(name).lastIndexOf('*');
  return star > 0 || (star === 0 && scope === 'exact');
}

function read({ rcode, answers }: Packet, { refusal }: Ruleset): Wanted {
  if (rcode === 3) return 'nxdomain';
  assert.equal(rcode, 0);
  const [answer] = answers;
  if (!answer) return 'nodata';
  const address = answer.data.join('.');
  if (refusal.addresses.some((known) => known === address)) return 'sinkhole';
  assert.equal(address, OPEN);
  return 'open';
}

/** Knows one address for every name there is. */
async function openUpstream(scope: Scope): Promise<number> {
  const socket = await bound(scope);
  socket.on('message', (message, { port, address }) => {
    const { id, questions, edns } = parsePacket(message);
    const { name = '.', type = 0 } = questions[0] ?? {};
    const data = Buffer.from(OPEN.split('.').map(Number));
    const reply = buildPacket({
      ...{ id, flags: ['QR', 'RD', 'RA'], questions },
      answers: type === 1 ? [{ name, type, class: 1, ttl: 60, data }] : [],
      ...(edns ? { edns: { ...edns, options: [] } } : {}),
    });
    socket.send(reply, port, address);
  });
  return socket.address().port;
}

/** Asks for the address of names, however odd. */
async function client(scope: Scope, to: number): Promise<(name: Name) => Promise<Packet>> {
  const socket = await bound(scope);
  const waiting = new Map<number, (answer: Packet) => void>();
  let last = 0;
  socket.on('message', (message) => {
    const answer = parsePacket(message);
    waiting.get(answer.id)?.(answer);
  });
  return (name) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const late = setTimeout(() => reject(new Error(`no answer to ${name}`)), 10_000);
      waiting.set(id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      const questions = [{ name, type: 1, class: 1 }];
      socket.send(buildPacket({ id, flags: ['RD'], questions }), to, '127.0.0.1');
    });
}

async function bound(scope: Scope): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  scope.after(() => socket.close());
  return socket;
}
