import { addException, listExceptions, type NewException } from '../../src/attempts/exceptions.ts';
import { createFold } from '../../src/attempts/fold.ts';
import { attemptOf } from '../../src/attempts/outcome.ts';
import { prepareSave } from '../../src/attempts/save.ts';
import { openForWriting } from '../../src/attempts/store.ts';
import { createCache } from '../../src/dns/cache.ts';
import { CLASS, typeNumber } from '../../src/dns/constants.ts';
import { createEngine } from '../../src/dns/engine.ts';
import type { Query } from '../../src/dns/message.ts';
import { createEchoes } from '../../src/dns/upstream/echo.ts';
import { excepting } from '../../src/policy/excepting.ts';
import { readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import { parseName } from '../../src/policy/name.ts';
import { type Address, parseAddress, parseNetwork } from '../../src/policy/network.ts';
import { createFakeUpstreams, type Script } from './fake-upstream.ts';
import { compiledPolicy } from './policy.ts';
import { createPrng } from './prng.ts';

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];

/** What the machines of a day were: so many of them have an agent that somebody left running. */
export const DAY = { clients: 200, agents: 50, hours: 9 };

const policy = (more: string) => `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com, service: ngrok }]
services: { ngrok: block, others: block }
resolver: { listen: ['127.0.0.1:53'], upstreams: ['192.0.2.53:53'] }
${more}
`;

/** What the agents dial, each kind again and again. */
const DOORS = [
  ['connect.ngrok-agent.com', 'connect.us.ngrok-agent.com'],
  ['tunnel.ngrok.com'],
  ['region1.v2.argotunnel.com'],
  ['localtunnel.me'],
] as const;

const ORDINARY = ['www.example.com', 'mail.example.org', 'intranet.example.net'];

export type SimulatedDay = {
  readonly refused: number;
  readonly excepted: number;
  /** By the policy of the afternoon alone. */
  readonly watched: number;
};

/**
 * A working day through the resolver's own decisions, folding and storing, with its clock turned fast: 200
 * machines, 50 of them with agents that retry from when they are switched on until evening, with lunch
 * between for every other; three exceptions for two hours each from ten o'clock, and a reload at one.
 * `start` is eight in the morning, in milliseconds since the epoch.
 */
export async function simulateDay(database: string, start: number): Promise<SimulatedDay> {
  const db = openForWriting(database);
  const save = prepareSave(db);
  const fold = createFold(10 * MINUTE, 50_000);
  const { below } = createPrng(20261127);
  const services = readCatalogue(SHIPPED_RULES);
  const script: Script = new Map([['all', new Map([['*', { rcode: 'NXDOMAIN' }]])]]);
  const clock = { now: () => performance.now(), after: soon };
  const tools = { random: { below, u16: () => below(65_536) }, clock, echoes: createEchoes() };

  let now = start;
  let compiled = compiledPolicy(policy(''), now);
  let ruleset = compiled.ruleset;
  const engine = createEngine(compiled.policy.resolver, compiled.policy.resolver.upstreams, {
    ...{ ruleset: () => ruleset, cache: createCache(compiled.policy.resolver.cache), tools },
    connect: createFakeUpstreams(clock, script).connect,
  });
  const sums = { refused: 0, excepted: 0, watched: 0 };

  const ask = async (client: Address, name: string, type: string): Promise<void> => {
    const outcome = await engine.resolve(questionOf(client, name, type));
    const attempt = attemptOf(outcome, now);
    if (!attempt) return;
    if (attempt.verdict === 'blocked') sums.refused += 1;
    if (attempt.verdict === 'excepted') sums.excepted += 1;
    if (attempt.verdict === 'watched') sums.watched += 1;
    fold.add(attempt);
  };

  for (let second = 0; second < DAY.hours * 3600; second += 30) {
    now = start + second * SECOND;
    if (second === 5 * 3600) {
      compiled = compiledPolicy(policy('watch: [example.org]\n'), now);
    }
    if (second === 2 * 3600)
      for (const agent of [0, 1, 2]) addException(db, exceptionFor(agent), now);
    const inForce = listExceptions(db, { now });
    ({ ruleset } = excepting(compiled.ruleset, inForce, services, now));
    for (let client = 0; client < DAY.clients; client += 1) {
      const address = addressOf(client);
      if (client < DAY.agents && isOn(client, second)) {
        for (const name of DOORS[client % DOORS.length] as readonly string[]) {
          for (const type of ['A', 'AAAA']) await ask(address, name, type);
        }
      }
      if (below(400) === 0) await ask(address, ORDINARY[below(3)] as string, 'A');
    }
    if (second % 600 === 0) save(fold.take(50_000));
  }
  save(fold.take(50_000));
  engine.close();
  db.close();
  return sums;
}

/** Not a moment of the day is waited for. */
function soon(_milliseconds: number, call: () => void): () => void {
  const turn = setImmediate(call);
  return () => clearImmediate(turn);
}

export function addressOf(client: number): Address {
  return parseAddress(`10.1.${Math.floor(client / 100)}.${(client % 100) + 1}`);
}

/** Switched on between eight and nine; every other machine sleeps from twelve to one. */
function isOn(agent: number, second: number): boolean {
  const isLunch = second >= 4 * 3600 && second < 5 * 3600;
  return second >= agent * 60 && !(agent % 2 === 0 && isLunch);
}

function exceptionFor(agent: number): NewException {
  return {
    subject: { kind: 'service', service: agent < 2 ? 'ngrok' : 'cloudflare-tunnel' },
    clients: [parseNetwork(addressOf(agent))],
    reason: 'a demonstration',
    author: 'anna',
    duration: 2 * HOUR,
  };
}

function questionOf(client: Address, name: string, type: string): Query {
  return {
    id: 1,
    question: { name: parseName(name), type: typeNumber(type) as number, class: CLASS.IN },
    questionWire: Buffer.alloc(0),
    ...{ recursionDesired: true, authenticData: false, checkingDisabled: false },
    client,
    transport: 'udp',
  };
}
