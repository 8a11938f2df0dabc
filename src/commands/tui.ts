import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { basename, parse, relative, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Command, Option } from 'commander';
import { readCatalogue, SHIPPED_RULES } from '../policy/load.ts';
import { ASCII, UNICODE } from '../tui/glyphs.ts';
import { SCREENS, type ScreenId } from '../tui/screen.ts';
import type { AnswerTo, Source } from '../tui/source.ts';
import { type Setup, startOf } from '../tui/state.ts';
import { THEMES, type ThemeName, themeNameOf } from '../tui/theme.ts';
import { authorOf } from './author.ts';
import type { Demo } from './demo.ts';
import { CommandFailure } from './failure.ts';

type Flags = {
  readonly database: string;
  readonly policy?: string;
  readonly readOnly?: true;
  readonly demo?: true;
  readonly theme: ThemeName | 'auto';
  readonly ascii?: true;
  readonly mouse: boolean;
  readonly screenReader?: true;
  readonly screen: ScreenId;
};

const EXAMPLES = `
Keys: ? shows all of them, : searches what can be done, q quits.

Examples:
  tunnelwarden tui --demo        a made-up working day, to look around
  tunnelwarden tui -d /var/lib/tunnelwarden/attempts.db -p policy.yaml
  tunnelwarden tui --read-only --screen incidents`;

export function tuiCommand(): Command {
  return new Command('tui')
    .description('watch and review incidents, attempts, rules and records on the terminal')
    .option('-d, --database <file>', 'where `serve` keeps attempts', 'tunnelwarden.db')
    .addOption(
      new Option('-p, --policy <file>', 'the policy file; policy.yaml where it is there').env(
        'TUNNELWARDEN_POLICY',
      ),
    )
    .option('--read-only', 'look, but change nothing')
    .addOption(new Option('--demo', 'made-up data, that of a working day').conflicts('database'))
    .addOption(new Option('--screen <name>', 'where to begin').choices(SCREENS).default('overview'))
    .addOption(new Option('--theme <name>', 'colours').choices(['auto', ...THEMES]).default('auto'))
    .option('--ascii', 'draw with ASCII alone, as is done where the locale is not UTF-8')
    .option('--no-mouse', 'leave the mouse to the terminal, to select text with it')
    .option('--screen-reader', 'add lines of text instead of drawing')
    .addHelpText('after', EXAMPLES)
    .action(tui);
}

async function tui(flags: Flags): Promise<void> {
  const { stdin, stdout, env } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new CommandFailure(
      'tui needs a terminal; without one, `tunnelwarden incidents` and `tunnelwarden attempts` print ' +
        'the same as text, JSON or CSV',
    );
  }
  // It is left open for days beside what it looks at: a third less memory is worth more than speed here.
  setFlagsFromString('--optimize-for-size');
  // React's build for developers takes twice the time for each frame.
  env.NODE_ENV ??= 'production';
  const [{ runTerminal }, { allScreens }] = await Promise.all([
    import('../tui/run.ts'),
    import('../tui/screens/index.ts'),
  ]);
  const isRead = flags.screenReader === true || env.INK_SCREEN_READER === 'true';
  const demo = flags.demo ? (await import('./demo.ts')).createDemo(Date.now()) : undefined;
  try {
    const source = await sourceOf(flags, demo);
    try {
      const setup: Setup = {
        title: await titleOf(source, demo?.database ?? flags.database),
        // What is drawn is left out of what is read aloud, and is told by its being no ASCII.
        glyphs: !isRead && (flags.ascii || !isUtf8(env)) ? ASCII : UNICODE,
        readOnly: flags.readOnly === true,
        isDemo: demo !== undefined,
      };
      const { screen } = flags;
      const theme = themeNameOf(flags.theme, env);
      const stop = demo ? goingOn(demo) : () => {};
      await runTerminal(
        (size) => startOf(setup, allScreens(), { size, theme, screen }),
        source,
        { stdin, stdout, env },
        {
          mouse: flags.mouse,
          isRead,
          save,
        },
      ).finally(stop);
    } finally {
      source.close();
    }
  } finally {
    demo?.close();
  }
}

async function sourceOf(flags: Flags, demo: Demo | undefined): Promise<Source> {
  const [{ createDatabaseSource }, { joinedSource }, { createPolicySource }] = await Promise.all([
    import('./tui-database.ts'),
    import('./tui-source.ts'),
    import('./tui-policy.ts'),
  ]);
  const policy =
    demo?.policy ?? flags.policy ?? (existsSync('policy.yaml') ? 'policy.yaml' : undefined);
  const database = createDatabaseSource({
    file: demo?.database ?? flags.database,
    readOnly: flags.readOnly === true,
    author: authorOf(process.env),
    now: Date.now,
    folder: process.cwd(),
    services: () => readCatalogue(SHIPPED_RULES).services.keys(),
  });
  const exceptions = async () => {
    const known = (await database.ask({ kind: 'exceptions' })) as AnswerTo<'exceptions'>;
    return known.filter(({ until, revoked }) => until > Date.now() && !revoked);
  };
  return joinedSource(
    database,
    createPolicySource({ file: policy && nearby(policy), exceptions, now: Date.now }),
  );
}

/** A path as people would type it from here. */
function nearby(file: string): string {
  const near = relative(process.cwd(), file);
  return near.startsWith('..') ? file : near;
}

/** Whose tunnels these are, as the program that runs says; else the name of the file. */
async function titleOf(source: Source, database: string): Promise<string> {
  const { states } = (await source.ask({ kind: 'overview' })) as AnswerTo<'overview'>;
  return states.find(({ state }) => state.organisation)?.state.organisation ?? basename(database);
}

/** Has the demo go on by itself; gives what stops it. */
function goingOn(demo: Demo): () => void {
  let timeout: NodeJS.Timeout;
  const next = () => {
    timeout = setTimeout(next, demo.goOn(Date.now()));
  };
  timeout = setTimeout(next, 1000);
  return () => clearTimeout(timeout);
}

/** As the C library decides: the first of these that says something. */
function isUtf8({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}

/** Saves a text in the working folder for its owner alone, under a name that is not there yet; gives the path. */
function save(name: string, text: string): string {
  const { name: base, ext } = parse(name);
  for (let number = 1; ; number++) {
    const path = resolve(number === 1 ? `${base}${ext}` : `${base}-${number}${ext}`);
    let file: number;
    try {
      file = openSync(path, 'wx', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && number < 1000) continue;
      throw error;
    }
    try {
      writeSync(file, text);
    } finally {
      closeSync(file);
    }
    return path;
  }
}
