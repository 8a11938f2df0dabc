import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mounted } from '../../src/tui/mount.ts';
import { runTerminal } from '../../src/tui/run.ts';
import type { Screen } from '../../src/tui/screen.ts';
import type { Source } from '../../src/tui/source.ts';
import { startOf } from '../../src/tui/state.ts';
import { eventually } from '../support/e2e/patience.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { listening, SETUP, type Told } from './support.ts';

const source: Source = {
  ask: async () => [],
  act: async () => ({ message: '' }),
  version: () => 0,
  close: () => {},
};

function started(screen: Screen<Told>, saved: string[] = []) {
  const fake = fakeTerminal({ columns: 80, rows: 24 });
  const running = runTerminal(
    (size) => startOf(SETUP, [mounted(screen)], { size, theme: 'dark', screen: screen.id }),
    source,
    fake.terminal,
    {
      mouse: true,
      isRead: false,
      save: (name, text) => {
        saved.push(text);
        return name;
      },
    },
  );
  return { ...fake, running };
}

/** All that was turned on is turned off, and the alternate screen left behind everything else. */
function isLeft(octets: string, raw: readonly boolean[]): void {
  const left = octets.lastIndexOf('\x1b[?1049l');
  assert.ok(left > octets.lastIndexOf('\x1b[?1049h'));
  assert.doesNotMatch(octets.slice(left).replaceAll(/\x1b\[[\d;?]*[a-zA-Z]/g, ''), /\S/);
  for (const mode of ['1000', '1006', '2004']) {
    assert.ok(octets.lastIndexOf(`\x1b[?${mode}l`) > octets.lastIndexOf(`\x1b[?${mode}h`), mode);
  }
  assert.ok(octets.lastIndexOf('\x1b[?25h') > octets.lastIndexOf('\x1b[?25l'));
  assert.equal(raw.at(-1), false);
}

test('runTerminal: a fault of ours comes out once the terminal is left', async () => {
  const { stdin, running, octets, raw } = started(
    listening(
      'incidents',
      {},
      {
        update: (state, event) => {
          if (event.kind === 'key') throw new Error('a fault in a screen');
          return [state];
        },
      },
    ),
  );
  stdin.write('j');
  await assert.rejects(running, /a fault in a screen/);
  isLeft(octets(), raw);
});

test('runTerminal: a fault while drawing does as well', async () => {
  let isBroken = false;
  const { stdin, running, octets, raw } = started(
    listening(
      'incidents',
      {},
      {
        view: () => {
          if (isBroken) throw new Error('a fault while drawing');
          return [];
        },
      },
    ),
  );
  isBroken = true;
  stdin.write('j');
  await assert.rejects(running, /a fault while drawing/);
  isLeft(octets(), raw);
});

test('runTerminal: a terminal that is gone ends it', async () => {
  const { stdin, running, octets } = started(listening('incidents'));
  stdin.end();
  await running;
  isLeft(octets(), [false]);
});

test('runTerminal: no listener is left behind', async () => {
  const names = ['SIGTERM', 'SIGHUP', 'SIGINT', 'uncaughtException', 'unhandledRejection'];
  const before = names.map((name) => process.listenerCount(name));
  const { stdin, running } = started(listening('incidents'));
  stdin.write('q');
  await running;
  assert.deepEqual(
    names.map((name) => process.listenerCount(name)),
    before,
  );
});

test('runTerminal: what is too long for a clipboard becomes a file, and that is said', async () => {
  const saved: string[] = [];
  const text = 'x'.repeat(100_000);
  const { stdin, running, octets } = started(
    listening('incidents', {}, { copied: () => ({ text, what: 'it' }) }),
    saved,
  );
  stdin.write('y');
  await eventually('the file', () => saved.length > 0 && /Saved copied/.test(octets()));
  assert.deepEqual(saved, [text]);
  assert.doesNotMatch(octets(), /\x1b\]52/);
  stdin.write('q');
  await running;
});

test('runTerminal: escape by itself is a key, after a moment', async () => {
  const { stdin, running, octets } = started(listening('incidents'));
  stdin.write('?');
  await eventually('help', () => octets().includes('help, find'));
  const before = octets().length;
  stdin.write('\x1b');
  await eventually('no help', () => octets().slice(before).includes('incidents 80x21'));
  stdin.write('q');
  await running;
});
