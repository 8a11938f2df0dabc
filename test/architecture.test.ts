import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The import rules and habits of docs/architecture.md, checked on the source as text. */

const root = fileURLToPath(new URL('../src/', import.meta.url));

type Import = {
  /** Of ours: the path below src. Of others: the name of the package. */
  readonly target: string;
  readonly ours: boolean;
  /** False where only types are meant, which are gone when the program runs. */
  readonly runs: boolean;
};
type Module = {
  readonly path: string;
  readonly text: string;
  /** Without comments and strings. */
  readonly code: string;
  readonly imports: readonly Import[];
};

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/;
const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/;
const REGEX = /(?<=[(,=:!&|?{};\n]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/;
const NO_CODE = new RegExp([COMMENT, REGEX, STRING].map(({ source }) => source).join('|'), 'g');
const COMMENT_LINES = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
/** `import … from 'x'`, `export … from 'x'`, `import 'x'`, `import('x')` and `new URL('./x.ts'`, which starts a thread. */
const IMPORT =
  /(?:^|\n)(?:import|export)\s+(type\s)?([^;'"]*?)\s*from\s+'([^']+)'|(?:^|\n)import\s+'([^']+)'|\bimport\('([^']+)'\)|new URL\('(\.[^']+\.ts)'/g;

function importsOf(path: string, text: string): Import[] {
  return [...text.replace(COMMENT_LINES, '').matchAll(IMPORT)].map(
    ([, typeOnly, names = '', from, bare, dynamic, thread]) => {
      const source = (from ?? bare ?? dynamic ?? thread) as string;
      const ours = source.startsWith('.');
      const listed = names
        .match(/\{([\s\S]*)\}/)?.[1]
        ?.split(',')
        .filter((name) => name.trim() !== '');
      const onlyTypes = listed?.every((name) => name.trim().startsWith('type ')) === true;
      return {
        target: ours ? join(dirname(path), source) : source,
        ours,
        runs: typeOnly === undefined && !onlyTypes,
      };
    },
  );
}

const modules: readonly Module[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return { path, text, code: text.replaceAll(NO_CODE, "''"), imports: importsOf(path, text) };
  });

/** The folder right below src, or for a file there its own name. */
const partOf = (path: string) => path.split('/')[0] as string;

test('architecture: there is something to look at, and its imports are read', () => {
  assert(modules.length > 50);
  const known = new Set(modules.map(({ path }) => path));
  const lost = modules.flatMap(({ path, imports }) =>
    imports
      .filter(({ target, ours }) => ours && !known.has(target) && !target.startsWith('../'))
      .map(({ target }) => `${path} → ${target}`),
  );
  assert.deepEqual(lost, []);
});

/** What each part may import of ours beside itself. A part that is not here may import nothing. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  policy: [],
  dns: ['policy'],
  attempts: ['policy', 'dns', 'firewall', 'gate', 'identity', 'text.ts'],
  identity: ['policy', 'text.ts'],
  alerts: ['policy', 'attempts', 'identity', 'text.ts'],
  backtest: ['policy', 'attempts'],
  report: ['policy', 'attempts', 'text.ts'],
  tui: ['policy', 'attempts', 'identity', 'text.ts'],
  firewall: ['policy', 'clock.ts', 'text.ts'],
  closure: ['policy', 'firewall', 'gate'],
  gate: ['policy', 'native'],
  ingress: ['policy', 'text.ts'],
  refuser: ['policy', 'gate', 'clock.ts', 'text.ts'],
  native: ['policy'],
  commands: [
    'alerts',
    'backtest',
    'report',
    'closure',
    'gate',
    'identity',
    'ingress',
    'refuser',
    'native',
    'policy',
    'dns',
    'attempts',
    'firewall',
    'tui',
    'clock.ts',
    'log.ts',
    'text.ts',
    'version.ts',
  ],
  'cli.ts': ['main.ts'],
  'main.ts': ['commands', 'policy', 'version.ts'],
  'clock.ts': ['dns'],
  'log.ts': ['text.ts'],
};
for (const part of new Set(modules.map(({ path }) => partOf(path)))) {
  const allowed = ALLOWED[part] ?? [];
  test(`architecture: ${part} imports ${allowed.join(', ') || 'nothing'} of ours`, () => {
    const strange = modules
      .filter(({ path }) => partOf(path) === part)
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target, ours }) => ours && !target.startsWith('../'))
          .filter(({ target }) => ![part, ...allowed].includes(partOf(target)))
          .map(({ target }) => `${path} → ${target}`),
      );
    assert.deepEqual(strange, []);
  });
}

test('architecture: nobody but main imports a command, not even another command', () => {
  const main = modules.find(({ path }) => path === 'main.ts');
  const commands = main?.imports
    .map(({ target }) => target)
    .filter((target) => target.startsWith('commands/'));
  assert(commands && commands.length > 5);
  const strange = modules
    .filter(({ path }) => path !== 'main.ts')
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => commands.includes(target) && target !== 'commands/failure.ts')
        .map(({ target }) => `${path} → ${target}`),
    );
  assert.deepEqual(strange, []);
});

/** Who imports a package: one file, or for two of them one layer. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  'dns-packet': /^dns\/rdata\.ts$/,
  'ipaddr.js': /^policy\/network\.ts$/,
  'better-sqlite3': /^attempts\/store\.ts$/,
  koffi: /^native\/libc\.ts$/,
  yaml: /^policy\/yaml(-[a-z]+)?\.ts$/,
  zod: /^(policy\/(schema|catalogue-schema|fields|yaml|reference)|ingress\/api-object|commands\/test)\.ts$/,
  ink: /^tui\/run\.ts$/,
  react: /^tui\/run\.ts$/,
  'string-width': /^tui\/line\.ts$/,
  commander: /^(commands\/[a-z-]+|main)\.ts$/,
};
for (const [name, who] of Object.entries(PACKAGES)) {
  test(`architecture: ${name} is imported where it may be`, () => {
    const importers = modules.filter(({ imports }) =>
      imports.some(({ target }) => target === name),
    );
    assert(importers.length > 0);
    assert.deepEqual(
      importers.map(({ path }) => path).filter((path) => !who.test(path)),
      [],
    );
  });
}

test('architecture: no other packages than those of package.json, and none that is not here', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8'));
  const imported = modules.flatMap(({ imports }) =>
    imports.filter(({ ours }) => !ours).map(({ target }) => target),
  );
  const packages = imported.filter((target) => !target.startsWith('node:'));
  assert.deepEqual([...new Set(packages)].sort(), Object.keys(dependencies).sort());
  assert.deepEqual(Object.keys(PACKAGES).sort(), Object.keys(dependencies).sort());
});

test('architecture: no module imports itself by way of others', () => {
  const next = new Map(
    modules.map(({ path, imports }) => [
      path,
      imports.filter(({ ours, runs }) => ours && runs).map(({ target }) => target),
    ]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) circles.push([...way.slice(start), path].join(' → '));
    if (start >= 0 || done.has(path)) return;
    for (const target of next.get(path) ?? []) walk(target, [...way, path]);
    done.add(path);
  };
  for (const { path } of modules) walk(path, []);
  assert.deepEqual(circles, []);
});

const habits: readonly { when: string; pattern: RegExp }[] = [
  { when: 'the type any', pattern: /(?<![.\w])any\b/ },
  { when: 'an enum', pattern: /(?<![.\w])enum\s+\w/ },
  { when: 'a namespace', pattern: /(?<![.\w])namespace\s+\w/ },
  { when: 'a default export', pattern: /\bexport\s+default\b|\bas\s+default\b/ },
];
for (const { when, pattern } of habits) {
  test(`architecture: nowhere ${when}`, () => {
    assert.deepEqual(
      modules.filter(({ code }) => pattern.test(code)).map(({ path }) => path),
      [],
    );
  });
}

/** A schema is a table, however long. */
const TABLES = ['policy/schema.ts'];
/** Past 300 lines a file is worth a second look; this one is the prose of a page, and had it. */
const LONG = ['policy/reference.ts'];
test('architecture: no other file over 300 lines', () => {
  const long = modules.filter(({ text }) => text.split('\n').length > 301).map(({ path }) => path);
  assert.deepEqual(
    long.filter((path) => ![...TABLES, ...LONG].includes(path)),
    [],
  );
});
