import { PassThrough, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { parseName } from '../src/policy/name.ts';
import { parseAddress } from '../src/policy/network.ts';
import { UNICODE } from '../src/tui/glyphs.ts';
import type { Answer, KnownAttempt, Question, Source } from '../src/tui/source.ts';
import { startOf } from '../src/tui/state.ts';

// What the terminal UI costs: processor time and octets for a frame, and memory.
//
//     node bench/tui.ts [WIDTH] [HEIGHT]
//
// A busy log is one whose rows all change with every frame; then the cursor goes down a list row by row.

process.env.NODE_ENV ??= 'production';
const { runTerminal } = await import('../src/tui/run.ts');
const { allScreens } = await import('../src/tui/screens/index.ts');

const width = Number(process.argv[2] ?? 200);
const height = Number(process.argv[3] ?? 60);
const FRAMES = 60;
/** As far apart as frames are at most, and a little more, so that each change is one. */
const PAUSE = 80;

let octets = 0;
const stdout = Object.assign(
  new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      octets += Buffer.byteLength(chunk);
      done();
    },
  }),
  { isTTY: true, columns: width, rows: height },
);
const stdin = Object.assign(new PassThrough(), {
  isTTY: true,
  setRawMode: () => stdin,
  ref: () => stdin,
  unref: () => stdin,
});

let version = 0;
const NAMES = [
  'connect.ngrok-agent.com',
  'region1.v2.argotunnel.com',
  'controlplane.tailscale.com',
];

function attemptAt(i: number): KnownAttempt {
  const number = version * 7919 + i;
  return {
    id: number,
    first: Date.now() - i * 1000,
    last: Date.now() - i * 1000,
    count: 1 + (number % 97),
    client: parseAddress(`192.0.2.${number % 256}`),
    label: `person-${number % 9973}`,
    point: 'resolver',
    transport: 'udp',
    name: parseName(`a${number % 997}.${NAMES[number % 3]}`),
    type: 'A',
    rule: 'ngrok/session/connect.ngrok-agent.com',
    service: 'ngrok',
    role: 'session',
    verdict: number % 5 === 0 ? 'watched' : 'blocked',
    answer: 'nxdomain',
  };
}

const source: Source = {
  ask: async (question: Question): Promise<Answer> => {
    if (question.kind !== 'attempts') throw new Error('not in this bench');
    return { rows: Array.from({ length: 500 }, (_, i) => attemptAt(i)), isAll: true };
  },
  act: async () => ({ message: 'done' }),
  version: () => version,
  close: () => {},
};

const setup = { title: 'Example Corp', glyphs: UNICODE, readOnly: false, isDemo: false };
const running = runTerminal(
  (size) => startOf(setup, allScreens(), { size, theme: 'dark', screen: 'attempts' }),
  source,
  {
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    env: { TERM: 'xterm-256color' },
  },
  { mouse: true, isRead: false, save: () => '' },
);

async function measure(what: string, frames: number, pause: number, step: (i: number) => void) {
  octets = 0;
  const before = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < frames; i++) {
    step(i);
    await delay(pause);
  }
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1000;
  const share = (100 * cpu) / (performance.now() - start);
  console.error(
    `${what.padEnd(34)} ${(cpu / frames).toFixed(1).padStart(6)} ms a frame, ${share.toFixed(1).padStart(5)} % of a core, ` +
      `${Math.round(octets / frames)} octets a frame`,
  );
}

const press = (keys: string) => () => stdin.write(keys);
console.error(`${width}x${height}`);
await delay(1000);
await measure('warming up', FRAMES, PAUSE, press('\x1b[6~'));
await measure('at rest, a look a second', 5, 1000, () => {});
await measure('a page, all rows other ones', FRAMES, PAUSE, (i) =>
  press(i % 8 < 4 ? '\x1b[6~' : '\x1b[5~')(),
);
await measure('a row up', FRAMES, PAUSE, press('k'));
press('g')();
await measure('a busy log, four times a second', 40, 250, () => {
  version += 1;
});
const { rss, heapUsed } = process.memoryUsage();
console.error(
  `memory: ${Math.round(rss / 1e6)} MB, of which heap ${Math.round(heapUsed / 1e6)} MB`,
);
press('q')();
await running;
