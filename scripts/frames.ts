import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openTerminal, type Terminal } from '../test/support/terminal.ts';

// Records what the terminal UI shows of the demo, for docs/review.md: one file a picture, 80 columns by 24 lines.
// What is on them is as of now, so they change with every run; look at the difference before it is kept.

const CLI = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
const FOLDER = new URL('../docs/frames/', import.meta.url);
const SIZE = { width: 80, height: 24 };

type Picture = {
  readonly name: string;
  readonly screen: string;
  /** Keys that lead there, each with what is seen then. */
  readonly keys?: readonly (readonly [key: string, shows: string | RegExp])[];
  /** What is seen once all of it is there. */
  readonly shows: string | RegExp;
};

const PICTURES: readonly Picture[] = [
  { name: 'overview', screen: 'overview', shows: /Top clients.*\n.*█/ },
  { name: 'incidents', screen: 'incidents', shows: /\d+ to look at[\s\S]*Mika Example/ },
  {
    name: 'incident',
    screen: 'incidents',
    ...{ shows: '▸ █ high', keys: [['Enter', 'What happened']] },
  },
  { name: 'attempts', screen: 'attempts', shows: '(live)' },
  {
    name: 'exception',
    screen: 'incidents',
    shows: '▸ █ high',
    keys: [
      ['e', 'An exception beside the policy'],
      ['Right', '4h'],
    ],
  },
  { name: 'rules', screen: 'rules', shows: '6 Rules' },
  { name: 'closure', screen: 'closure', shows: '8 Closure' },
];

/** Milliseconds that a picture must stay the same, but for its figures. */
const CALM = 400;

async function record({ name, screen, keys = [], shows }: Picture): Promise<void> {
  const cleaners: (() => unknown)[] = [];
  try {
    const terminal = openTerminal(
      { after: (clean) => cleaners.push(clean) },
      [process.execPath, CLI, 'tui', '--demo', '--screen', screen],
      { ...SIZE, env: { USER: 'ada' } },
    );
    await terminal.shows(shows);
    for (const [key, then] of keys) {
      terminal.press(key);
      await terminal.shows(then);
    }
    const text = await calm(terminal);
    const lines = text.split('\n').map((line) => line.trimEnd());
    writeFileSync(new URL(`${name}.txt`, FOLDER), `${lines.join('\n').trimEnd()}\n`);
  } finally {
    for (const clean of cleaners) await clean();
  }
}

/** The screen once it stands still. */
async function calm(terminal: Terminal): Promise<string> {
  const without = (text: string) => text.replaceAll(/\d+/g, '');
  let before = '';
  for (;;) {
    const seen = terminal.screen();
    if (without(seen) === without(before)) return seen;
    before = seen;
    await new Promise((resolve) => setTimeout(resolve, CALM));
  }
}

mkdirSync(FOLDER, { recursive: true });
for (const picture of PICTURES) await record(picture);
