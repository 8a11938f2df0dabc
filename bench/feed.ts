import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import packet from 'dns-packet';

// What feeding nftables costs an answer: the time from an upstream's answer to the client's, with
// 100,000 elements in the sets, with and without `serve --feed nft`.
//
//     npm run build && sudo node bench/feed.ts [ROUNDS]
//
// Needs root, nft, ip and unshare. All of it happens in a network namespace of its own that goes with
// the process; nothing outside is touched.

const CLI = join(import.meta.dirname, '..', 'dist', 'cli.js');
const ELEMENTS = 100_000;
/** Addresses of the blocked service that the address book holds: each moves once a turn. */
const BOOK = 1_500;
const A_SECOND = 250;
const [UPSTREAM, SERVER] = [5301, 5302];
const DOOR = 'connect.ngrok-agent.com';
const OWN = 'tunnels.example.com';

/** `moved`: sanctioned names at addresses under a block, so that each answer waits for a transaction. */
const KINDS = ['moved', 'strangers'] as const;
type Kind = (typeof KINDS)[number];
type Turn = { readonly feed: boolean; readonly times: Readonly<Record<Kind, readonly number[]>> };

/** Runs this file in a network namespace of its own. */
function enter(rounds: string): void {
  if (process.getuid?.() !== 0) fail('needs root, for a network namespace and nftables');
  if (!existsSync(CLI)) fail('run `npm run build` first');
  if (!/^[1-9]\d?$/.test(rounds)) fail(`"${rounds}" is not a number of rounds; write 1 to 99`);
  const args = ['--net', process.execPath, import.meta.filename, 'inside', rounds];
  const { status, error } = spawnSync('unshare', args, { stdio: 'inherit' });
  if (error) fail(`cannot start unshare: ${error.message}`);
  process.exitCode = status ?? 1;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

async function inside(rounds: number): Promise<void> {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-feed-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const upstream = await startUpstream();
  const turns: Turn[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const feed of [false, true]) {
      console.error(`round ${round} of ${rounds}: ${feed ? 'with' : 'without'} feed`);
      turns.push({ feed, times: await takeTurn(folder, feed, upstream.sent) });
    }
  }
  upstream.socket.close();
  console.log(tableOf(turns, rounds));
}

async function takeTurn(folder: string, feed: boolean, sent: Map<string, number>) {
  makeSets();
  writeFileSync(join(folder, 'policy.yaml'), policyText);
  writeFileSync(join(folder, 'addresses.json'), bookText());
  const server = await startServer(folder, feed);
  fillSets();
  const client = createSocket('udp4');
  await new Promise<void>((resolve) => client.connect(SERVER, '127.0.0.1', resolve));
  // The first questions pay for what Node has not compiled yet.
  await ask(client, sent, (i) => `warm${i}.example.net`, 500);
  const moved = await ask(client, sent, (i) => `x${i}.${OWN}`, BOOK);
  const strangers = await ask(client, sent, (i) => `www${i}.example.net`, BOOK);
  client.close();
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
  return { moved, strangers };
}

const policyText = `
organisation: { name: Example Corp }
ingress: [{ domain: ${OWN}, service: ngrok }]
services: { ngrok: block }
resolver: { listen: ['127.0.0.1:${SERVER}'], upstreams: ['127.0.0.1:${UPSTREAM}'] }
firewall: { lan: [lo], book: addresses.json }
`;

const addressOf = (i: number) => `198.18.${i >> 8}.${i & 255}`;

/** Many addresses that the blocked name had lately. */
function bookText(): string {
  const now = new Date().toISOString();
  const earlier = Object.fromEntries(
    Array.from({ length: BOOK }, (_, i) => [addressOf(i), now] as const),
  );
  const names = { [DOOR]: { addresses: [], seen: now, earlier } };
  return JSON.stringify({ version: 1, names });
}

function makeSets(): void {
  const sets = ['support', 'shared', 'cdn', 'deny'].flatMap((set) => [
    `set tw_${set}4 { type ipv4_addr; flags timeout; timeout 1h; size 262144; }`,
    `set tw_${set}6 { type ipv6_addr; flags timeout; timeout 1h; size 262144; }`,
  ]);
  nft(
    ['table inet tunnelwarden', 'delete table inet tunnelwarden', 'table inet tunnelwarden {']
      .concat(sets, '}')
      .join('\n'),
  );
}

/** Half of the elements to each of the sets that an address moves between. */
function fillSets(): void {
  const half = (set: string, net: number) => {
    const elements = Array.from(
      { length: ELEMENTS / 2 },
      (_, i) => `${net}.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
    );
    return `add element inet tunnelwarden ${set} { ${elements.join(', ')} }`;
  };
  nft([half('tw_deny4', 10), half('tw_shared4', 11)].join('\n'));
}

function nft(input: string): void {
  execFileSync('nft', ['-f', '-'], { input });
}

async function startServer(folder: string, feed: boolean): Promise<ChildProcess> {
  const args = [
    ...[CLI, 'serve', '--policy', join(folder, 'policy.yaml')],
    ...['--database', join(folder, 'attempts.db')],
    ...(feed ? ['--feed', 'nft'] : []),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL'));
  let said = '';
  await new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('"event":"ready"')) resolve();
    });
    child.once('exit', () => fail(`serve ended: ${said}`));
  });
  child.removeAllListeners('exit');
  return child;
}

/** An upstream that knows every name, and when it has answered each. */
async function startUpstream(): Promise<{ socket: Socket; sent: Map<string, number> }> {
  const sent = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (message, peer) => {
    const query = packet.decode(message);
    const [question] = query.questions ?? [];
    const name = question?.name ?? '';
    const number = Number(/^[a-z]*(\d+)/i.exec(name)?.[1] ?? 0);
    const isOurs = name.toLowerCase().endsWith(OWN);
    const data =
      name.toLowerCase() === OWN ? '198.51.100.20' : isOurs ? addressOf(number) : '192.0.2.1';
    // The blocked name's addresses come from the book.
    const isKnown = question?.type === 'A' && name.toLowerCase() !== DOOR;
    const answer = packet.encode({
      ...{ type: 'response', id: query.id ?? 0, flags: 0x8180, questions: query.questions ?? [] },
      answers: isKnown ? [{ name, type: 'A', ttl: 300, data }] : [],
    });
    sent.set(name.toLowerCase(), performance.now());
    socket.send(answer, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(UPSTREAM, '127.0.0.1', resolve));
  return { socket, sent };
}

/** Asks at a steady rate; gives the milliseconds from the upstream's answer to the client's. */
async function ask(
  client: Socket,
  sent: ReadonlyMap<string, number>,
  nameOf: (i: number) => string,
  count: number,
): Promise<readonly number[]> {
  const times: number[] = [];
  const onMessage = (message: Buffer) => {
    const at = performance.now();
    const { questions = [], answers = [] } = packet.decode(message);
    if (answers.length === 0) fail(`no answer to ${questions[0]?.name}`);
    times.push(at - (sent.get(questions[0]?.name.toLowerCase() ?? '') as number));
  };
  client.on('message', onMessage);
  const started = performance.now();
  for (let i = 0; i < count; i += 1) {
    const wait = started + (i * 1000) / A_SECOND - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const questions = [{ name: nameOf(i), type: 'A' as const }];
    client.send(
      packet.encode({ type: 'query', id: i, flags: packet.RECURSION_DESIRED, questions }),
    );
  }
  const patience = performance.now() + 3_000;
  while (times.length < count && performance.now() < patience) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  client.off('message', onMessage);
  if (times.length < count) console.error(`${count - times.length} of ${count} were lost`);
  return times;
}

function tableOf(turns: readonly Turn[], rounds: number): string {
  const timesOf = (feed: boolean, kind: Kind) =>
    turns.filter((turn) => turn.feed === feed).flatMap(({ times }) => times[kind]);
  const TITLES = {
    moved: 'Sanctioned names at blocked addresses: deny to shared',
    strangers: 'Other names: no set is touched',
  } as const;
  const rows = KINDS.flatMap((kind) => {
    const [without, fed] = [timesOf(false, kind), timesOf(true, kind)];
    const growth = quantile(fed, 0.99) - quantile(without, 0.99);
    return [
      TITLES[kind],
      row('  without feed', without),
      row('  with feed', fed),
      `  growth at p99   ${growth.toFixed(2)} ms`,
    ];
  });
  return [
    `Node ${process.versions.node}, ${cpus()[0]?.model}, ${cpus().length} cores`,
    `${rounds} x ${BOOK} questions of each kind, ${A_SECOND} a second; ${ELEMENTS} elements; ms`,
    '',
    `${' '.repeat(18)}${['p50', 'p90', 'p99', 'max'].map((head) => head.padStart(8)).join('')}`,
    ...rows,
  ].join('\n');
}

function row(title: string, times: readonly number[]): string {
  const cells = [0.5, 0.9, 0.99, 1].map((q) => quantile(times, q).toFixed(2).padStart(8));
  return `${title.padEnd(18)}${cells.join('')}`;
}

function quantile(times: readonly number[], q: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

if (process.argv[2] === 'inside') await inside(Number(process.argv[3]));
else enter(process.argv[2] ?? '3');
