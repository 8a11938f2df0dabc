import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineWidth } from '../../../src/tui/line.ts';
import type { Context, Screen, ScreenEvent } from '../../../src/tui/screen.ts';
import { attemptsScreen } from '../../../src/tui/screens/attempts.ts';
import { clientsScreen } from '../../../src/tui/screens/clients.ts';
import { closureScreen } from '../../../src/tui/screens/closure.ts';
import { exceptionsScreen } from '../../../src/tui/screens/exceptions.ts';
import { firewallScreen } from '../../../src/tui/screens/firewall.ts';
import { incidentsScreen } from '../../../src/tui/screens/incidents.ts';
import { overviewScreen } from '../../../src/tui/screens/overview.ts';
import { recordsScreen } from '../../../src/tui/screens/records.ts';
import { rulesScreen } from '../../../src/tui/screens/rules.ts';
import { createPrng, type Prng } from '../../support/prng.ts';
import { FULL, HOSTILE, NASTY } from './extremes.ts';
import { NOW } from './made-up.ts';
import { CHANGED, contextOf, GLYPHS, keyEvent, played, SHOWN } from './play.ts';
import { NOTHING, ORDINARY } from './worlds.ts';

const WORLDS = [NOTHING, ORDINARY, FULL, HOSTILE];
const KEYS = [
  ...['up', 'down', 'j', 'k', 'J', 'K', 'g', 'G', 'pagedown', 'pageup', 'ctrl+d', 'home', 'end'],
  ...['enter', 'escape', 'a', 'A', 'c', 'r', 'e', 'n', 'm', 'v', 't', 'C', 'o', 'i', 'f', 'F', 'R'],
  ...['left', 'right', 'h', 'l', 'space', '漢', 'f5', 'd', 's', '<', '>', 'tab', 'backspace'],
];

function eventOf(random: Prng): ScreenEvent {
  switch (random.below(8)) {
    case 0:
      return CHANGED;
    case 1:
      return { kind: 'click', row: random.below(70) - 2 };
    case 2:
      return { kind: 'shown', about: random.pick(['7', '999', '192.0.2.17', NASTY, '']) };
    case 3:
      return { kind: 'failed', question: { kind: 'overview' }, message: NASTY };
    case 4: {
      const of = random.pick(['policy', 'closure', 'overview'] as const);
      if (random.below(2) === 0) return { kind: 'failed', question: { kind: of }, message: NASTY };
      const question = { kind: 'incidents', search: '', order: 'severest', limit: 1 } as const;
      return { kind: 'failed', question, message: `${NASTY} and what to do about it` };
    }
    default:
      return keyEvent(random.pick(KEYS));
  }
}

/** Whatever happens, and whatever it is told, a screen keeps to its own part of the terminal. */
function checked<State>(screen: Screen<State>, seed: number): void {
  const random = createPrng(seed);
  let state = screen.start;
  let context: Context = contextOf();
  for (let round = 0; round < 60; round += 1) {
    if (random.below(4) === 0) {
      context = contextOf({
        ...{ width: 1 + random.below(random.pick([30, 100, 260])), height: 1 + random.below(70) },
        ...{ now: NOW + random.below(2_000_000_000) - 1_000_000_000 },
        ...{ glyphs: random.pick(GLYPHS)[1], readOnly: random.below(4) === 0 },
      });
    }
    const events = round === 0 ? [SHOWN] : [eventOf(random)];
    // Questions are answered from another world each time: whatever was known may be gone.
    state = played(screen, random.pick(WORLDS), context, events, state).state;
    const lines = screen.view(state, context);
    const at = `seed ${seed}, round ${round}, ${context.width}x${context.height}`;
    assert(lines.length <= context.height, `${at}: ${lines.length} lines`);
    for (const one of lines) {
      assert(lineWidth(one) <= context.width, `${at}: ${JSON.stringify(one)}`);
      for (const { text } of one.spans) assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u, at);
    }
  }
}

const screens: readonly (readonly [when: string, check: (seed: number) => void])[] = [
  ['overview', (seed) => checked(overviewScreen, seed)],
  ['incidents', (seed) => checked(incidentsScreen, seed)],
  ['attempts', (seed) => checked(attemptsScreen, seed)],
  ['clients', (seed) => checked(clientsScreen, seed)],
  ['exceptions', (seed) => checked(exceptionsScreen, seed)],
  ['records', (seed) => checked(recordsScreen, seed)],
  ['rules', (seed) => checked(rulesScreen, seed)],
  ['firewall', (seed) => checked(firewallScreen, seed)],
  ['closure', (seed) => checked(closureScreen, seed)],
];
for (const [when, check] of screens) {
  test(`screens: ${when} fits into any size, in any state`, () => {
    for (let seed = 1; seed <= 25; seed += 1) check(seed);
  });
}
