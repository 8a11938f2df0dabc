import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSearch } from '../../../src/attempts/search/parse.ts';
import type { Effect, Screen, ScreenEvent } from '../../../src/tui/screen.ts';
import { attemptsScreen } from '../../../src/tui/screens/attempts.ts';
import { clientsScreen } from '../../../src/tui/screens/clients.ts';
import { exceptionsScreen } from '../../../src/tui/screens/exceptions.ts';
import { incidentsScreen } from '../../../src/tui/screens/incidents.ts';
import { overviewScreen } from '../../../src/tui/screens/overview.ts';
import { READ_ONLY } from '../../../src/tui/screens/words.ts';
import { attempt, incident, NOW } from './made-up.ts';
import { contextOf, played, SHOWN, type World } from './play.ts';
import { ORDINARY, worldOf } from './worlds.ts';

type Case = {
  readonly when: string;
  readonly events: readonly (ScreenEvent | string)[];
  readonly wants: readonly Effect[];
  readonly world?: World;
  readonly search?: string;
  readonly readOnly?: boolean;
};

function table<State>(name: string, screen: Screen<State>, cases: readonly Case[]): void {
  for (const { when, events, wants, world = ORDINARY, search = '', readOnly = false } of cases) {
    test(`${name}: ${when}`, () => {
      const context = contextOf({ search, readOnly });
      const { effects } = played(screen, world, context, [SHOWN, ...events]);
      assert.deepEqual(effects, wants);
    });
  }
}

const noted = (
  kind: 'acknowledge' | 'close' | 'reopen' | 'note',
  title: string,
  ...incidents: number[]
): Effect => ({
  kind: 'dialog',
  dialog: { kind: 'note', title, action: { kind, incidents } },
});
const excepting = (subject: string, clients: string, id?: number): Effect => ({
  kind: 'dialog',
  dialog: { kind: 'exception', subject, clients, ...(id === undefined ? {} : { incident: id }) },
});
const opening = (screen: 'attempts' | 'incidents', search: string): Effect => ({
  kind: 'open',
  screen,
  search,
});
const saying = (text: string): Effect => ({ kind: 'say', text, tone: 'warn' });

const ADA = 'ngrok by ada-laptop (192.0.2.17)';
const PRINTER = 'bore by printer-3 (192.0.2.99)';

table('overview', overviewScreen, [
  {
    when: 'enter opens the worst',
    events: ['enter'],
    wants: [{ kind: 'open', screen: 'incidents', about: '7' }],
  },
  {
    when: 'the next one after j',
    events: ['j', 'enter'],
    wants: [{ kind: 'open', screen: 'incidents', about: '6' }],
  },
  {
    when: 'a acknowledges it',
    events: ['a'],
    wants: [noted('acknowledge', `Acknowledge ${ADA}`, 7)],
  },
  { when: 'e makes an exception', events: ['e'], wants: [excepting('ngrok', '192.0.2.17', 7)] },
  {
    when: 'nothing is changed where nothing can be',
    events: ['a'],
    readOnly: true,
    wants: [saying(READ_ONLY)],
  },
  {
    when: 'no key does anything where nothing is open',
    events: ['enter', 'a', 'e'],
    world: worldOf([]),
    wants: [],
  },
]);

table('incidents', incidentsScreen, [
  {
    when: 'a acknowledges with a note',
    events: ['a'],
    wants: [noted('acknowledge', `Acknowledge ${ADA}`, 7)],
  },
  {
    when: 'A acknowledges at once',
    events: ['A'],
    wants: [{ kind: 'act', action: { kind: 'acknowledge', incidents: [7] } }],
  },
  {
    when: 'c closes the chosen one',
    events: ['j', 'c'],
    wants: [noted('close', `Close ${PRINTER}`, 6)],
  },
  { when: 'r reopens', events: ['r'], wants: [noted('reopen', `Reopen ${ADA}`, 7)] },
  { when: 'n adds a note', events: ['n'], wants: [noted('note', `Add a note to ${ADA}`, 7)] },
  { when: 'e makes an exception', events: ['e'], wants: [excepting('ngrok', '192.0.2.17', 7)] },
  {
    when: 't goes to its attempts',
    events: ['t'],
    wants: [opening('attempts', 'client:192.0.2.17 service:ngrok')],
  },
  {
    when: 'C goes to its client',
    events: ['C'],
    wants: [{ kind: 'open', screen: 'clients', about: '192.0.2.17' }],
  },
  {
    when: 'all that are marked',
    events: ['m', 'v', 'c'],
    wants: [noted('close', 'Close 2 marked incidents', 7, 6)],
  },
  {
    when: 'a mark is taken off',
    events: ['m', 'k', 'm', 'c'],
    wants: [noted('close', `Close ${PRINTER}`, 6)],
  },
  {
    when: 'escape takes all marks off',
    events: ['m', 'm', 'escape', 'c'],
    wants: [noted('close', 'Close cloudflare-tunnel by grace-phone (2001:db8::5:17)', 5)],
  },
  {
    when: 'marks are gone once all are acknowledged',
    events: ['m', 'A', 'A'],
    wants: [
      { kind: 'act', action: { kind: 'acknowledge', incidents: [7] } },
      { kind: 'act', action: { kind: 'acknowledge', incidents: [6] } },
    ],
  },
  {
    when: 'what is read, though the list is elsewhere',
    events: [{ kind: 'shown', about: '4' }, 'c'],
    wants: [noted('close', `Close ${ADA}`, 4)],
  },
  {
    when: 'the next one while reading',
    events: ['enter', 'J', 'c'],
    wants: [noted('close', `Close ${PRINTER}`, 6)],
  },
  {
    when: 'keys scroll what is read and leave the list',
    events: ['enter', 'j', 'j', 'G', 'escape', 'c'],
    wants: [noted('close', `Close ${ADA}`, 7)],
  },
  {
    when: 'a second click opens, a first one chooses',
    events: [{ kind: 'click', row: 3 }, 'c'],
    wants: [noted('close', `Close ${PRINTER}`, 6)],
  },
  {
    when: 'nothing is changed where nothing can be',
    events: ['a', 'A', 'e'],
    readOnly: true,
    wants: [saying(READ_ONLY), saying(READ_ONLY), saying(READ_ONLY)],
  },
  {
    when: 'what is of no service',
    world: worldOf([{ ...incident(), service: undefined } as never]),
    events: ['t', 'e'],
    wants: [
      opening('attempts', 'client:192.0.2.17 service:none'),
      saying('It is of no known service: go to its attempts (t), and e there allows a name.'),
    ],
  },
]);

table('attempts', attemptsScreen, [
  {
    when: 'e makes an exception for its name',
    events: ['e'],
    wants: [excepting('connect.ngrok-agent.com', '192.0.2.17')],
  },
  {
    when: 'i goes to its incident',
    events: ['i'],
    wants: [opening('incidents', 'client:192.0.2.17 service:ngrok')],
  },
  {
    when: 'f shows only this client',
    events: ['f'],
    wants: [opening('attempts', 'client:192.0.2.17')],
  },
  {
    when: 'f gives way to none but another client',
    events: ['f'],
    search: 'client:192.0.2.1 verdict:blocked -client:ada',
    wants: [opening('attempts', 'verdict:blocked -client:ada client:192.0.2.17')],
  },
  {
    when: 'F shows only this name',
    events: ['F'],
    wants: [opening('attempts', 'name:=connect.ngrok-agent.com')],
  },
  {
    when: 'without a name',
    world: {
      ...ORDINARY,
      attempts: {
        isAll: true,
        rows: [{ ...attempt(), name: undefined, service: undefined } as never],
      },
    },
    events: ['e', 'F'],
    wants: [
      saying('It has neither a name nor a service that an exception could be about.'),
      saying('Nobody knows the name of this one.'),
    ],
  },
  {
    when: 'C goes to its client',
    events: ['C'],
    wants: [{ kind: 'open', screen: 'clients', about: '192.0.2.17' }],
  },
  {
    when: 'no exception where nothing can be changed',
    events: ['e'],
    readOnly: true,
    wants: [saying(READ_ONLY)],
  },
]);

table('clients', clientsScreen, [
  {
    when: 't goes to its attempts',
    events: ['t'],
    wants: [opening('attempts', 'client:192.0.2.17')],
  },
  {
    when: 'i goes to its incidents',
    events: ['j', 'i'],
    wants: [opening('incidents', 'client:2001:db8::5:17')],
  },
  {
    when: 'e asks what, where there are several services',
    events: ['e'],
    wants: [excepting('', '192.0.2.17')],
  },
  {
    when: 'e offers the only service',
    events: ['G', 'e'],
    wants: [excepting('bore', '192.0.2.99')],
  },
  {
    when: 'a client from elsewhere',
    events: [{ kind: 'shown', about: '198.51.100.7' }, 't'],
    wants: [opening('attempts', 'client:198.51.100.7')],
  },
  {
    when: 'what is no client at all',
    events: [{ kind: 'shown', about: 'nonsense' }, 't'],
    wants: [],
  },
]);

table('exceptions', exceptionsScreen, [
  {
    when: 'R revokes after asking',
    events: ['R'],
    wants: [
      {
        kind: 'dialog',
        dialog: {
          kind: 'confirm',
          title: 'Revoke exception #4: connect.ngrok-agent.com for 192.0.2.17',
          action: { kind: 'revoke', exception: 4 },
        },
      },
    ],
  },
  {
    when: 'R on one that has ended',
    events: ['G', 'R'],
    wants: [saying('Exception #1 allows nothing any more: there is nothing to revoke.')],
  },
  { when: 'e makes one like it', events: ['j', 'e'], wants: [excepting('bore', 'everyone')] },
  {
    when: 'e makes the first one',
    events: ['e'],
    world: { ...ORDINARY, exceptions: [] },
    wants: [excepting('', '')],
  },
  {
    when: 'nothing is changed where nothing can be',
    events: ['R', 'e'],
    readOnly: true,
    wants: [saying(READ_ONLY), saying(READ_ONLY)],
  },
]);

test('screens: every search that one opens another with is well formed', () => {
  const searches = ['t', 'i', 'f', 'F']
    .flatMap((key) => [
      ...played(incidentsScreen, ORDINARY, contextOf(), [SHOWN, key]).effects,
      ...played(attemptsScreen, ORDINARY, contextOf(), [SHOWN, key]).effects,
      ...played(clientsScreen, ORDINARY, contextOf(), [SHOWN, 'j', key]).effects,
    ])
    .flatMap((effect) => (effect.kind === 'open' && effect.search ? [effect.search] : []));
  assert(searches.length >= 6);
  for (const search of searches) assert(parseSearch(search, NOW).terms.length > 0, search);
});
