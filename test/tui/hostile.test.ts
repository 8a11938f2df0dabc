import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Name } from '../../src/policy/name.ts';
import { parseAddress, parseNetwork } from '../../src/policy/network.ts';
import { UNICODE } from '../../src/tui/glyphs.ts';
import { runTerminal } from '../../src/tui/run.ts';
import { SCREENS, type ScreenId } from '../../src/tui/screen.ts';
import { allScreens } from '../../src/tui/screens/index.ts';
import type { Done, KnownAttempt, KnownIncident, Questions, Source } from '../../src/tui/source.ts';
import { startOf } from '../../src/tui/state.ts';
import { eventually } from '../support/e2e/patience.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { NOW } from './support.ts';

// What comes from strangers is put everywhere it can come from, and the octets that reach the terminal
// are looked at: nothing of it may act there, or hide, or turn what is read around.

/** OSC 52 and 0, CSI, DCS, C1, bidi, zero widths, tabs and line ends, a lone surrogate, tags. */
const EVIL =
  'EVIL\x1b]52;c;ZXZpbA==\x07\x1b]0;pwned\x1b\\\x1b[2J\x1b[31m\x1bP+q\x1b\\\x9b6n\x9d0;x\x9c\x90' +
  '\u202e\u2066\u200b\u200d\ufeff\u00ad\u2028\u2029\t\r\n\x00\x07\x08\x0e\x7f\u0085\u{e0041}\ud800END';

const client = parseAddress('192.0.2.7');
const incident: KnownIncident = {
  id: 1,
  client,
  service: EVIL,
  first: NOW - 9000,
  last: NOW,
  count: 3,
  ways: new Map([['system-dns', { first: NOW - 9000, last: NOW, count: 3, passed: 0 }]]),
  severity: 'high',
  state: 'new',
  label: EVIL,
  team: EVIL,
};
const attempt: KnownAttempt = {
  ...{ id: 1, client, first: NOW - 9000, last: NOW, count: 3, point: 'gate', transport: 'tcp' },
  name: EVIL as Name,
  ...{ type: EVIL, via: EVIL, destination: client, port: 443, ja4: EVIL, rule: EVIL },
  ...{ service: EVIL, role: 'session', verdict: 'blocked', answer: EVIL, label: EVIL, team: EVIL },
};
const exception = {
  id: 1,
  subject: { kind: 'service', service: EVIL },
  clients: [{ ...parseNetwork('192.0.2.0/24'), text: EVIL }],
  ...{ reason: EVIL, author: EVIL, created: NOW - 9000, until: NOW + 9_000_000 },
} as const;
const act = { id: 1, time: NOW, author: EVIL, kind: 'note', note: EVIL, severity: 'high' } as const;
const fact = { client, kind: 'person', value: EVIL, source: 'lease', time: NOW } as const;
const group = { key: EVIL, attempts: 3, first: NOW, last: NOW };
const page = <Row>(row: Row) => ({ rows: [row], isAll: true });

const ANSWERS: { readonly [K in keyof Questions]: Questions[K]['answer'] } = {
  overview: {
    states: [
      {
        time: NOW,
        state: {
          ...{ program: 'serve', version: EVIL, pid: 1, started: NOW - 9000, policy: EVIL },
          ...{ organisation: EVIL, mode: 'enforce', digest: EVIL, rules: 1, dropped: 2 },
          parts: [{ part: EVIL, is: 'down', about: EVIL }],
        },
      },
    ],
    minutes: [],
    open: { info: 0, low: 0, medium: 0, high: 1 },
    worst: [incident],
    topClients: [{ ...group, key: client, label: EVIL }],
    topServices: [group],
    changes: [{ time: NOW, text: EVIL, tone: 'error' }],
    exceptions: 1,
    catalogue: { oldest: '2026-01-01', services: 3 },
  },
  incidents: page(incident),
  incident: {
    incident,
    reasons: [{ severity: 'high', text: EVIL }],
    facts: [fact],
    acts: [act],
    steps: [{ via: 'doh', what: EVIL, first: NOW, last: NOW, count: 1, closed: true }],
    attempts: [attempt],
    exceptions: [exception],
  },
  attempts: page(attempt),
  clients: page({
    ...{ client, label: EVIL, team: EVIL, incidents: 1, open: 1, attempts: 1, last: NOW },
    services: [EVIL],
  }),
  client: { facts: [fact], incidents: [incident], names: [group] },
  exceptions: [exception],
  values: [EVIL],
  policy: {
    ...{ file: EVIL, mode: EVIL, digest: EVIL, rules: 1, warnings: [EVIL], formats: [EVIL] },
    ingress: [{ domain: EVIL, service: EVIL }],
    services: [{ id: EVIL, title: EVIL, action: EVIL, names: 1, checked: EVIL }],
    backends: [{ id: EVIL, title: EVIL }],
  },
  explain: [{ text: EVIL, tone: 'bad' }],
  records: { files: [{ name: EVIL, text: `${EVIL}\n${EVIL}` }], notes: [EVIL] },
  verify: [{ state: 'bad', title: EVIL, text: EVIL }],
  artifact: {
    files: [{ name: EVIL, text: `${EVIL}\n${EVIL}` }],
    gaps: [{ about: EVIL, text: EVIL }],
  },
  drift: { state: 'differs', summary: EVIL, diff: [`-${EVIL}`, `+${EVIL}`] },
  closure: [
    {
      ...{ service: EVIL, title: EVIL, isNamed: true },
      steps: [{ id: EVIL, state: 'open', by: [EVIL], why: EVIL, remedy: EVIL, collateral: EVIL }],
    },
  ],
};

function evilSource(fails: boolean): Source {
  return {
    ask: async ({ kind }) => {
      if (fails) throw new Error(EVIL);
      return ANSWERS[kind];
    },
    act: async (): Promise<Done> => {
      if (fails) throw new Error(EVIL);
      return { message: EVIL, undo: { kind: 'acts', acts: [1] } };
    },
    version: () => 1,
    close: () => {},
  };
}

/** What the program itself may send: Ink's modes, ours, and what is painted. */
const OWN =
  /\x1b\[\?(?:1049|25|2004|1000|1006|2026)[hl]|\x1b\[[\d;]*[mHJKrML]|\x1b\[\d*[AEGF]|\x1b\]52;c;[A-Za-z0-9+/=]*\x07|\r\n/g;
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

async function octetsOf(
  screen: ScreenId,
  keys: readonly string[],
  { fails, isRead = false, width }: { fails: boolean; isRead?: boolean; width: number },
): Promise<string> {
  const { terminal, stdin, octets } = fakeTerminal({ columns: width, rows: 50 });
  const setup = { title: EVIL, glyphs: UNICODE, readOnly: false, isDemo: true };
  const running = runTerminal(
    (size) => startOf(setup, allScreens(), { size, theme: 'dark', screen }),
    evilSource(fails),
    terminal,
    { mouse: true, isRead, save: () => EVIL },
  );
  for (const key of keys) {
    const before = octets().length;
    stdin.write(key);
    // A frame later; where a key changes nothing, there is none to wait for.
    await eventually('a frame', () => octets().length > before, 80).catch(() => {});
  }
  stdin.write('\x03');
  stdin.write('\x03');
  stdin.write('\x1b');
  stdin.write('q');
  await running;
  return octets();
}

const KEYS: readonly string[] = [
  ...['\r', 'j', '\x1b', 'a', evilPaste(), '\r', 'e', '\x1b', '/', evilPaste(), '\r', '\x1b'],
  ...['y', 'x', 'u', 'v', 'd', 'o', 's', '?', '\x1b', ':', evilPaste(), '\x1b', '\x1b'],
];

function evilPaste(): string {
  return `\x1b[200~service:${EVIL.replaceAll('\x1b', '\x1b\x1b')}\x1b[201~`;
}

// All at once: what takes time is waiting for frames.
process.setMaxListeners(200);
describe('hostile text', { concurrency: true }, () => {
  for (const screen of SCREENS) {
    for (const fails of [false, true]) {
      test(`${screen}${fails ? ', where everything fails' : ''}`, async () => {
        const look = async (width: number) => {
          const octets = await octetsOf(screen, KEYS, { fails, width });
          // Ink begins with a line end: a frame without anything in it.
          const rest = octets.replaceAll(OWN, '').replace('\n', '');
          assert.match(rest, /EVIL/, 'it was shown at all');
          assert.doesNotMatch(rest, UNSAFE);
          assert.doesNotMatch(octets, /\x1b\]52;c;ZXZpbA==/);
        };
        await Promise.all([look(80), look(200)]);
      });
    }
  }

  test('read aloud', async () => {
    for (const screen of SCREENS) {
      const octets = await octetsOf(screen, ['\r', 'j', '?', '\x1b'], {
        fails: false,
        isRead: true,
        width: 80,
      });
      assert.doesNotMatch(octets.replaceAll('\r\n', ''), UNSAFE);
    }
  });
});
