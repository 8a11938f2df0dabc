import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Screen, ScreenEvent } from '../../../src/tui/screen.ts';
import { attemptsScreen } from '../../../src/tui/screens/attempts.ts';
import { clientsScreen } from '../../../src/tui/screens/clients.ts';
import { closureScreen } from '../../../src/tui/screens/closure.ts';
import { exceptionsScreen } from '../../../src/tui/screens/exceptions.ts';
import { firewallScreen } from '../../../src/tui/screens/firewall.ts';
import { incidentsScreen } from '../../../src/tui/screens/incidents.ts';
import { overviewScreen } from '../../../src/tui/screens/overview.ts';
import { recordsScreen } from '../../../src/tui/screens/records.ts';
import { rulesScreen } from '../../../src/tui/screens/rules.ts';
import { FULL, HOSTILE } from './extremes.ts';
import { contextOf, GLYPHS, played, SHOWN, SIZES, seenText, type World } from './play.ts';
import { NOTHING, ORDINARY } from './worlds.ts';

// What is seen of each screen, for people to read. Where a change is meant:
// UPDATE_GOLDEN=1 node --test test/tui/screens/frames.test.ts
const GOLDEN = fileURLToPath(new URL('./golden/', import.meta.url));
const UPDATE = process.env.UPDATE_GOLDEN === '1';

const worlds: Readonly<Record<string, World>> = {
  empty: NOTHING,
  ordinary: ORDINARY,
  full: FULL,
  hostile: HOSTILE,
};

type Scene = { readonly when: string; readonly frames: (world: World) => string };

function scene<State>(
  when: string,
  screen: Screen<State>,
  events: readonly (ScreenEvent | string)[],
): Scene {
  return {
    when,
    frames: (world) =>
      SIZES.flatMap(([width, height]) =>
        GLYPHS.map(([name, glyphs]) => {
          const context = contextOf({ width, height, glyphs });
          const { state } = played(screen, world, context, events);
          const title = `=== ${width}x${height} ${name} `;
          return `${title.padEnd(width, '=')}\n${seenText(screen, state, context)}\n`;
        }),
      ).join(''),
  };
}

const scenes: readonly Scene[] = [
  scene('overview', overviewScreen, [SHOWN, 'j']),
  scene('incidents', incidentsScreen, [SHOWN, 'j', 'm']),
  scene('incident', incidentsScreen, [SHOWN, 'enter']),
  scene('attempts', attemptsScreen, [SHOWN, 'j']),
  scene('attempt', attemptsScreen, [SHOWN, 'enter']),
  scene('clients', clientsScreen, [SHOWN]),
  scene('client', clientsScreen, [SHOWN, 'enter']),
  scene('exceptions', exceptionsScreen, [SHOWN]),
  scene('exception', exceptionsScreen, [SHOWN, 'enter']),
  scene('records', recordsScreen, [SHOWN, 'j']),
  scene('record', recordsScreen, [SHOWN, 'enter', 'v']),
  scene('rules', rulesScreen, [SHOWN, 'j']),
  scene('rule', rulesScreen, [SHOWN, 'enter', ...'ngrok.com', 'tab', ...'10.1.2.3']),
  scene('firewall-formats', firewallScreen, [SHOWN]),
  scene('firewall', firewallScreen, [SHOWN, 'd']),
  scene('closure-services', closureScreen, [SHOWN]),
  scene('closure', closureScreen, [SHOWN, 'enter']),
];

for (const { when, frames } of scenes) {
  for (const [kind, world] of Object.entries(worlds)) {
    // What is read of nothing is the list of nothing.
    if (kind === 'empty' && !when.endsWith('s') && when !== 'overview') continue;
    test(`screens: ${when}, ${kind}`, () => {
      const file = `${GOLDEN}${when}-${kind}.txt`;
      const now = frames(world);
      if (UPDATE) {
        mkdirSync(GOLDEN, { recursive: true });
        writeFileSync(file, now);
      }
      assert.equal(now, readFileSync(file, 'utf8'), `${file}: if it is meant, set UPDATE_GOLDEN=1`);
    });
  }
}

test('screens: with ASCII glyphs nothing of ours is beyond ASCII', () => {
  for (const { frames } of scenes) {
    const parts = frames(ORDINARY).split(/^=== /m);
    const ascii = parts.filter((part) => /^\d+x\d+ ASCII/.test(part));
    assert.equal(ascii.length, SIZES.length);
    for (const part of ascii) assert.match(part, /^[\x0a\x20-\x7e]*$/);
  }
});
