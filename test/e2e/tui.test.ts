import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '../support/e2e/patience.ts';
import { missing } from '../support/e2e/requirements.ts';
import { CLI, folder, tunnelwarden } from '../support/e2e/tunnelwarden.ts';
import { childOf, openTerminal, type Terminal, type TerminalOptions } from '../support/terminal.ts';

// The terminal UI in a real terminal, as people meet it: `tui --demo` under tmux.

const skip = missing('tmux');
const SMALL = { width: 80, height: 24 };
const LARGE = { width: 200, height: 60 };

function tui(t: TestContext, size: TerminalOptions, ...words: readonly string[]): Terminal {
  return openTerminal(t, [process.execPath, CLI, 'tui', ...words], size);
}

/** A shell that runs it, so that what is left of it afterwards can be seen. */
function shellWithTui(t: TestContext, ...words: readonly string[]): Terminal {
  const terminal = openTerminal(t, ['bash', '--norc', '--noprofile', '-i'], {
    ...SMALL,
    env: { PS1: '$ ' },
  });
  terminal.type(
    `echo be''fore; ${[process.execPath, CLI, 'tui', ...words].join(' ')}; echo af''ter $?`,
  );
  terminal.press('Enter');
  return terminal;
}

/** What a program that draws must give back. */
function isRestored(terminal: Terminal): void {
  const modes = terminal.ask('#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{wrap_flag}');
  assert.equal(modes, '0 0 1 1');
}

const TITLES = /1 Ove.*9 Exc/;
const SCREENS = [
  { key: '2', what: /\d+ incidents, \d+ to look at/ },
  { key: '3', what: /attempts, the newest first/ },
  { key: '4', what: /clients tried something/ },
  { key: '5', what: /5 Records/ },
  { key: '6', what: /6 Rules/ },
  { key: '7', what: /7 Firewall/ },
  { key: '8', what: /8 Closure/ },
  { key: '9', what: /1 in force/ },
  { key: '1', what: /What changed/ },
];

for (const size of [SMALL, LARGE]) {
  const name = `${size.width}x${size.height}`;

  test(`tui at ${name}: all screens, by number and by tab`, { skip }, async (t) => {
    const terminal = tui(t, size, '--demo');
    await terminal.shows(TITLES);
    for (const { key, what } of SCREENS) {
      terminal.press(key);
      await terminal.shows(what);
    }
    terminal.press('Tab');
    await terminal.shows(SCREENS[0]?.what as RegExp);
    terminal.press('BTab');
    await terminal.shows('What changed');
    terminal.press('q');
    assert.equal(await terminal.ended(), 0);
  });

  test(`tui at ${name}: a filter, with what it can become, and recalled`, { skip }, async (t) => {
    const terminal = tui(t, size, '--demo', '--screen', 'attempts');
    await terminal.shows('connect.ngrok-agent.com');
    terminal.press('/');
    terminal.type('colour:');
    await terminal.shows('there is no field "colour"');
    terminal.press('C-u');
    terminal.type('serv');
    terminal.press('Tab');
    await terminal.shows('/ service:');
    terminal.type('tail');
    await terminal.shows(/tab tailscale/);
    terminal.press('Tab', 'Enter');
    await terminal.shows('filter service:tailscale');
    await terminal.hides('connect.ngrok-agent.com');
    terminal.press('Escape');
    await terminal.shows('connect.ngrok-agent.com');
    terminal.press('/', 'Up');
    await terminal.shows('/ service:tailscale');
    terminal.press('Escape', 'q');
    assert.equal(await terminal.ended(), 0);
  });

  test(`tui at ${name}: an incident is acknowledged with a note, and that is undone`, {
    skip,
  }, async (t) => {
    const terminal = tui(t, size, '--demo', '--screen', 'incidents');
    await terminal.shows('19 to look at');
    terminal.press('a');
    await terminal.shows('the note may stay empty');
    terminal.type('asked in chat');
    terminal.press('Enter');
    await terminal.shows('Acknowledged 1 incident. (u undoes it)');
    await terminal.shows('18 to look at');
    await terminal.shows('18 open');
    terminal.press('u');
    await terminal.shows('19 to look at');
  });

  test(`tui at ${name}: an exception is made after it was read`, { skip }, async (t) => {
    const terminal = tui(t, size, '--demo', '--screen', 'incidents');
    await terminal.shows('19 to look at');
    terminal.press('e');
    await terminal.shows('An exception beside the policy');
    terminal.press('Right', 'Enter', 'Enter');
    await terminal.shows('say why');
    terminal.type('a vendor needs it');
    terminal.press('Enter');
    await terminal.shows(/192\.0\.2\.10 may use ngrok for 4h, until/);
    terminal.press('Enter');
    await terminal.shows('18 to look at');
    terminal.press('9');
    await terminal.shows('2 in force');
  });

  test(`tui at ${name}: the palette, help, freezing, colours`, { skip }, async (t) => {
    const terminal = tui(t, size, '--demo');
    await terminal.shows('LIVE');
    terminal.press(':');
    terminal.type('clients');
    await terminal.shows('go to Clients');
    terminal.press('Enter');
    await terminal.shows('clients tried something');
    terminal.press('?');
    terminal.type('freeze');
    await terminal.shows(/space +freeze/);
    await terminal.hides('ctrl+z');
    terminal.press('Escape', 'Space');
    await terminal.shows('FROZEN');
    terminal.press('Space');
    await terminal.shows('LIVE');
    terminal.press(':');
    terminal.type('colours');
    terminal.press('Enter');
    await terminal.shows('Colours: light.');
  });
}

test('tui: a copy reaches the clipboard, and an export a file for its owner alone', {
  skip,
}, async (t) => {
  const cwd = folder(t);
  const terminal = tui(t, { ...SMALL, cwd }, '--demo', '--screen', 'clients');
  await terminal.shows('Ada Example');
  terminal.press('Space', 'y');
  await terminal.shows("to the terminal's clipboard");
  const chosen = /▸ .*? {2}(\S+)/.exec(terminal.screen())?.[1];
  assert.ok(chosen);
  await eventually('the clipboard', () => terminal.clipboard().includes(chosen));
  terminal.press('x');
  await terminal.shows(/\.csv|\.json/);
  const [file, ...others] = readdirSync(cwd);
  assert.deepEqual(others, []);
  assert.equal(statSync(join(cwd, file as string)).mode & 0o777, 0o600);
  assert.match(readFileSync(join(cwd, file as string), 'utf8'), /192\.0\.2\.10/);
});

test('tui: the mouse chooses a screen and a row, and is left alone with --no-mouse', {
  skip,
}, async (t) => {
  const terminal = tui(t, SMALL, '--demo', '--screen', 'incidents');
  const before = await terminal.shows('▸ █ high');
  const row = before.split('\n').findIndex((line) => line.includes('Ines Example'));
  terminal.send(`\x1b[<0;20;${row + 1}M\x1b[<0;20;${row + 1}m`);
  await terminal.shows(/▸ .*Ines Example/);
  const column = (before.split('\n')[0] as string).indexOf('4 Cli') + 2;
  terminal.send(`\x1b[<0;${column};1M`);
  await terminal.shows('clients tried something');
  assert.equal(terminal.ask('#{mouse_any_flag}'), '1');
  const other = tui(t, SMALL, '--demo', '--no-mouse');
  await other.shows('LIVE');
  assert.equal(other.ask('#{mouse_any_flag}'), '0');
});

test('tui: a terminal too small says so, and one that grows again is filled', {
  skip,
}, async (t) => {
  const terminal = tui(t, SMALL, '--demo');
  await terminal.shows('What changed');
  terminal.resize(50, 12);
  await terminal.shows('It has 50 columns and 12 lines;');
  terminal.resize(160, 50);
  const screen = await terminal.shows('What changed');
  assert.doesNotMatch(screen, /too small/);
  assert.match(screen.split('\n')[0] as string, /^tunnelwarden Example Corp .*9 Exceptions.*open$/);
  terminal.press('C-l');
  await terminal.shows('What changed');
});

test('tui: left by a key or a signal, the terminal is as it was', { skip }, async (t) => {
  for (const way of ['q', 'C-c', 'SIGTERM', 'SIGHUP', 'SIGINT']) {
    const terminal = shellWithTui(t, '--demo');
    await terminal.shows('What changed');
    assert.equal(terminal.ask('#{alternate_on} #{cursor_flag}'), '1 0');
    if (way.startsWith('SIG')) process.kill(childOf(terminal.pid()), way as NodeJS.Signals);
    else terminal.press(way);
    const screen = await terminal.shows('after 0');
    assert.match(screen, /before/);
    isRestored(terminal);
    terminal.type('echo ty""ped');
    terminal.press('Enter');
    await terminal.shows('typed');
  }
});

test('tui: suspended, the shell has the terminal; fg brings it back', { skip }, async (t) => {
  const terminal = shellWithTui(t, '--demo');
  await terminal.shows('What changed');
  terminal.press('C-z');
  await terminal.shows('Stopped');
  isRestored(terminal);
  terminal.type('echo in the she""ll');
  terminal.press('Enter');
  await terminal.shows('in the shell');
  terminal.type('fg');
  terminal.press('Enter');
  await terminal.shows('What changed');
  assert.equal(terminal.ask('#{alternate_on} #{mouse_any_flag} #{cursor_flag}'), '1 1 0');
  terminal.press('2');
  await terminal.shows('to look at');
  terminal.press('q');
  await terminal.shows('$');
  isRestored(terminal);
});

test('tui: the demo leaves nothing behind', { skip }, async (t) => {
  const temporary = folder(t);
  const terminal = tui(t, { ...SMALL, env: { TMPDIR: temporary } }, '--demo');
  await terminal.shows('DEMO');
  assert.equal(readdirSync(temporary).length, 1);
  terminal.press('q');
  await terminal.ended();
  assert.deepEqual(readdirSync(temporary), []);
});

test('tui: read-only, nothing that changes is offered or done', { skip }, async (t) => {
  const terminal = tui(t, SMALL, '--demo', '--read-only', '--screen', 'incidents');
  await terminal.shows('READ-ONLY');
  await terminal.shows('19 to look at');
  assert.doesNotMatch(terminal.screen(), /acknowledge/);
  terminal.press('a');
  terminal.press('?');
  terminal.type('acknowledge');
  await terminal.shows('no key is called that');
});

test('tui: for a screen reader, lines are added and nothing is drawn', { skip }, async (t) => {
  const terminal = tui(
    t,
    { width: 100, height: 50 },
    '--demo',
    '--screen-reader',
    '--screen',
    'clients',
  );
  await terminal.shows(/^Clients$/m);
  await terminal.shows('clients tried something');
  assert.equal(terminal.ask('#{alternate_on} #{mouse_any_flag}'), '0 0');
  assert.doesNotMatch(terminal.screen(), /[│─]/);
  terminal.press('2');
  await terminal.shows(/^Incidents$/m);
  await terminal.shows('Mika Example');
  terminal.press('q');
  assert.equal(await terminal.ended(), 0);
});

test('tui: without UTF-8 or colours', { skip }, async (t) => {
  const env = { LANG: 'C', LC_ALL: 'C', NO_COLOR: '1' };
  const terminal = tui(t, { ...SMALL, env }, '--demo', '--screen', 'incidents');
  await terminal.shows('> # high');
  assert.match(terminal.screen(), /^[\x20-\x7e\n]*$/);
  assert.doesNotMatch(terminal.coloured(), /\x1b\[[\d;]*(?:3[0-7]|38|4[0-7]|48)[;m]/);
});

test('tui: without a terminal it says what prints the same', async () => {
  const { code, stdout, stderr } = await tunnelwarden(['tui', '--demo']);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /needs a terminal.*`tunnelwarden incidents`.*`tunnelwarden attempts`/);
});

test('tui: a database that is not there is said before anything is drawn', { skip }, async (t) => {
  const terminal = tui(t, SMALL, '--database', '/nonexistent/tw.db');
  await terminal.shows('there is no database /nonexistent/tw.db');
  assert.equal(await terminal.ended(), 1);
});
