import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { attemptOf } from '../../src/attempts/outcome.ts';
import { createCache } from '../../src/dns/cache.ts';
import { createEngine, type Engine } from '../../src/dns/engine.ts';
import type { Outcome } from '../../src/dns/message.ts';
import { type Answerer, createAnswerer } from '../../src/dns/server/answerer.ts';
import { createCookieMaker } from '../../src/dns/server/cookie.ts';
import { createEchoes } from '../../src/dns/upstream/echo.ts';
import { createFakeClock } from './clock.ts';
import { createFakeUpstreams, type Says, type Script } from './fake-upstream.ts';
import { buildPacket, type Flag, type Packet, type PacketEdns, parsePacket } from './packet.ts';
import { compiledPolicy } from './policy.ts';
import { createPrng } from './prng.ts';
import { rcodeText } from './rcodes.ts';
import { classNumberOf, textOf, typeNumberOf } from './records.ts';

/**
 * A scenario is a policy and what happens under it, step by step, on a clock that stands still between
 * the steps. test/scenarios/README.md tells what a step may say.
 */
export type Scenario = {
  readonly when: string;
  readonly policy?: string;
  readonly steps: readonly Step[];
};
export type ScenarioFile = { readonly policy: string; readonly cases: readonly Scenario[] };

type Step =
  | UpstreamStep
  | WaitStep
  | PolicyStep
  | AskStep
  | { readonly together: readonly AskStep[] };
type UpstreamStep = {
  readonly upstream: string;
  readonly says: Readonly<Record<string, WrittenSays>>;
};
type WrittenSays = Omit<Says, 'after' | 'stream'> & { after?: string; stream?: WrittenSays };
type WaitStep = { readonly wait: string; readonly sent?: Sent };
type PolicyStep = { readonly policy: string };
type Sent = number | readonly string[];
type AskStep = {
  /** `NAME TYPE`, with the class behind it where it is not IN. */
  readonly ask: string;
  readonly client?: string;
  readonly transport?: 'udp' | 'tcp';
  readonly opcode?: number;
  readonly flags?: readonly Flag[];
  readonly edns?: {
    size?: number;
    version?: number;
    do?: boolean;
    options?: Record<number, string>;
  };

  readonly silence?: boolean;
  readonly rcode?: string;
  readonly answer?: readonly string[];
  readonly authority?: readonly string[];
  readonly see?: readonly Flag[];
  readonly ede?: string;
  readonly options?: readonly number[];
  readonly octets?: string;
  readonly source?: Outcome['source'];
  readonly took?: string;
  readonly sent?: Sent;
  readonly log?: Readonly<Record<string, string>>;
};

const CLIENT = '10.0.0.5';
const KEYS: Readonly<Record<string, readonly string[]>> = {
  upstream: ['says'],
  wait: ['sent'],
  policy: [],
  together: [],
  ask: 'client transport opcode flags edns silence rcode answer authority see ede options octets source took sent log'.split(
    ' ',
  ),
};

export function parseScenarios(text: string): ScenarioFile {
  return parse(text) as ScenarioFile;
}

export async function runScenario({ policy: text, steps }: Required<Scenario>): Promise<void> {
  const clock = createFakeClock();
  const script: Script = new Map();
  const upstreams = createFakeUpstreams(clock, script);
  const echoes = createEchoes();
  const { below } = createPrng(1);
  // Small draws alone: upstreams are tried in the order the policy names them, and letter case still varies.
  const tools = { random: { below, u16: () => below(256) }, clock, echoes };
  let { policy, ruleset } = compiledPolicy(text);
  const cache = createCache(policy.resolver.cache);
  const engineOf = (): Engine =>
    createEngine(policy.resolver, policy.resolver.upstreams, {
      ruleset: () => ruleset,
      cache,
      tools,
      connect: upstreams.connect,
    });
  const outcomes: Outcome[] = [];
  const answererOf = (engine: Engine): Answerer =>
    createAnswerer({
      ...engine,
      echoes,
      makeCookie: createCookieMaker(Buffer.alloc(32, 1)),
      now: clock.now,
      keepalive: 100,
      onOutcome: (outcome) => outcomes.push(outcome),
      onLoop: () => {},
      onFault: (error) => {
        throw error;
      },
    });
  let answerer = answererOf(engineOf());

  for (const [i, step] of steps.entries()) {
    const place = `step ${i + 1}`;
    checkKeys(step, place);
    const sentBefore = upstreams.sent.length;
    const checkSent = (wanted: Sent | undefined) => {
      const sent = upstreams.sent.slice(sentBefore);
      if (typeof wanted === 'number') assert.equal(sent.length, wanted, `${place}: sent ${sent}`);
      else if (wanted) assert.deepEqual(sent, wanted, `${place}: sent`);
    };
    if ('upstream' in step) {
      const before = '*' in step.says ? undefined : script.get(step.upstream);
      const said = before ?? new Map<string, Says>();
      for (const [asked, says] of Object.entries(step.says)) said.set(asked, saysOf(says));
      script.set(step.upstream, said);
    } else if ('wait' in step) {
      await clock.advance(millisecondsOf(step.wait));
      checkSent(step.sent);
    } else if ('policy' in step) {
      // As `serve` reloads: another ruleset and engine, the same cache.
      ({ policy, ruleset } = compiledPolicy(step.policy));
      answerer = answererOf(engineOf());
    } else if ('together' in step) {
      const asks = step.together.map((ask) => clientAsks(answerer, ask));
      const answers = await clock.until(Promise.all(asks));
      for (const [k, ask] of step.together.entries()) {
        const at = `${place}.${k + 1}: ${ask.ask}`;
        checkKeys(ask, at);
        checkAnswer(ask, answers[k], outcomes.splice(0, 1)[0], at);
        checkSent(ask.sent);
      }
    } else {
      const began = clock.now();
      const answer = await clock.until(clientAsks(answerer, step));
      const at = `${place}: ${step.ask}`;
      checkAnswer(step, answer, outcomes.splice(0)[0], at);
      checkSent(step.sent);
      if (step.took) assert.equal(`${clock.now() - began}ms`, step.took, `${at}: took`);
    }
  }
}

function checkKeys(step: object, place: string): void {
  const [kind, known] =
    Object.entries(KEYS).find(([key]) => key in step) ?? assert.fail(`${place} does nothing`);
  const unknown = Object.keys(step).filter((key) => key !== kind && !known.includes(key));
  assert.deepEqual(unknown, [], `${place} (${kind}) has keys that mean nothing`);
}

async function clientAsks(answerer: Answerer, step: AskStep): Promise<Buffer | undefined> {
  const [name = '', type = '', klass = 'IN'] = step.ask.split(' ');
  const query = buildPacket({
    id: 4711,
    flags: step.flags ?? ['RD'],
    ...(step.opcode === undefined ? {} : { opcode: step.opcode }),
    questions: [{ name, type: typeNumberOf(type), class: classNumberOf(klass) }],
    ...(step.edns ? { edns: ednsOf(step.edns) } : {}),
  } satisfies Partial<Packet>);
  let answer: Buffer | undefined;
  await answerer(query, step.client ?? CLIENT, step.transport ?? 'udp', (octets) => {
    assert.equal(answer, undefined, `${step.ask} is answered twice`);
    answer = octets;
  });
  return answer;
}

function checkAnswer(
  step: AskStep,
  octets: Buffer | undefined,
  outcome: Outcome | undefined,
  at: string,
): void {
  if (step.silence) {
    assert.equal(octets, undefined, `${at}: an answer where there should be none`);
    return;
  }
  assert(octets, `${at}: no answer`);
  const packet = parsePacket(octets);
  const limit =
    step.transport === 'tcp' ? 65535 : Math.min(1232, Math.max(512, step.edns?.size ?? 512));
  assert(octets.length <= limit, `${at}: ${octets.length} octets`);
  assert.equal(packet.id, 4711, at);
  const seen = {
    rcode: rcodeText(packet.rcode),
    answer: packet.answers.map(textOf),
    authority: packet.authorities.map(textOf),
    see: packet.flags.filter((flag) => flag !== 'QR'),
    ede: errorOf(packet.edns),
    options: packet.edns?.options.map(({ code }) => code) ?? [],
    source: outcome?.source,
    octets: String(octets.length),
  };
  const defaults = { rcode: 'NOERROR', answer: [] };
  const wanted = { ...defaults, ...pick(step, Object.keys(seen)) };
  assert.deepEqual(pick(seen, Object.keys(wanted)), wanted, at);
  assert.equal(packet.questions[0]?.name ?? '', step.opcode ? '' : step.ask.split(' ')[0], at);
  const attempt = outcome && attemptOf(outcome, 0);
  if (!step.log) assert.equal(attempt, undefined, `${at}: an attempt is recorded`);
  else assert.deepEqual(pick({ ...attempt }, Object.keys(step.log)), step.log, `${at}: log`);
}

function errorOf(edns: PacketEdns | undefined): string {
  const errors = edns?.options.filter(({ code }) => code === 15) ?? [];
  const texts = errors.map(({ data }) => {
    const octets = Buffer.from(data);
    return `${octets.readUInt16BE(0)} ${octets.toString('utf8', 2)}`.trim();
  });
  return texts.join(', ') || 'none';
}

function ednsOf({
  size = 1232,
  version = 0,
  do: dnssecOk = false,
  options = {},
}: NonNullable<AskStep['edns']>): PacketEdns {
  return {
    size,
    version,
    dnssecOk,
    options: Object.entries(options).map(([code, hex]) => ({
      code: Number(code),
      data: Buffer.from(hex, 'hex'),
    })),
  };
}

function saysOf({ after, stream, ...rest }: WrittenSays): Says {
  return {
    ...rest,
    ...(after === undefined ? {} : { after: millisecondsOf(after) }),
    ...(stream ? { stream: saysOf(stream) } : {}),
  };
}

function millisecondsOf(text: string): number {
  const [, amount, unit] =
    /^([\d.]+)(ms|s|m|h|d)$/.exec(text) ?? assert.fail(`"${text}" is no time`);
  return Number(amount) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 's'];
}

function pick(object: object, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}
