import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openForReview } from '../../src/attempts/store.ts';
import { eventually } from '../support/e2e/patience.ts';
import { missing } from '../support/e2e/requirements.ts';
import { DOOR, OTHER_DOOR, type Reviewed, review, TAILSCALE } from '../support/e2e/reviewed.ts';
import { CLI } from '../support/e2e/tunnelwarden.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

// The terminal UI beside a resolver that runs, in a real terminal: what clients ask is seen, and what is decided
// here holds there.

const skip = missing('tmux');
const SMALL = { width: 80, height: 24 };
const LARGE = { width: 200, height: 60 };

/** Milliseconds until a question is seen, and until what a person decided holds, once the screen says it is done. */
const SEEN = 2_000;
const HOLDS = 1_000;

/** The state of an incident, and the last act upon it. */
async function incident({ as }: Reviewed, id: number) {
  const told = JSON.parse(await as('ada', 'incidents', 'show', String(id), '--json'));
  return { state: told.state, act: told.acts.at(-1) };
}

async function answersWithin(reviewed: Reviewed, name: string, rcode: string): Promise<void> {
  const isSo = async () => (await reviewed.ask(name)).rcode === rcode;
  await eventually(`${rcode} for ${name}`, isSo, HOLDS);
}

for (const size of [SMALL, LARGE]) {
  const name = `${size.width}x${size.height}`;

  test(`tui beside serve, at ${name}: a question, an acknowledgement, an exception`, {
    skip,
  }, async (t) => {
    const reviewed = await review(t);
    const { ask, as } = reviewed;
    const terminal = reviewed.tui(size);
    await terminal.shows('Working. Nothing needs a look.');
    assert.match(terminal.screen(), /resolver 127\.0\.0\.1:\d+/);
    assert.doesNotMatch(terminal.screen(), /\/ filter/, 'there is nothing to filter');

    assert.equal((await ask(DOOR)).rcode, 'NXDOMAIN');
    await terminal.shows('1 incident needs a look', SEEN);
    await terminal.shows(/▸ ▂ low +new +\S+ +ngrok/, SEEN);
    await terminal.shows(/\S+ +1 +█+ .* ngrok +1 +█|ngrok +1 +█/, 2 * SEEN);

    terminal.press('Enter');
    await terminal.shows('Asked for the name that agents dial');
    terminal.press('a');
    await terminal.shows('Acknowledge ngrok by');
    terminal.type('asked Bo');
    terminal.press('Enter');
    await terminal.shows('Acknowledged 1 incident. (u undoes it)');
    await terminal.shows('Acknowledged: somebody knows of it.');
    await terminal.shows('ada acknowledged it: asked Bo');
    await terminal.shows('0 open', HOLDS);
    const acked = await incident(reviewed, 1);
    assert.equal(acked.state, 'acknowledged');
    assert.deepEqual([acked.act.author, acked.act.note], ['ada', 'asked Bo']);

    terminal.press('u');
    await terminal.shows('New: nobody has looked at it yet.');
    await terminal.shows('1 open', HOLDS);
    assert.equal((await incident(reviewed, 1)).state, 'new');

    terminal.press('e');
    await terminal.shows('An exception beside the policy');
    terminal.press('Left', 'Enter');
    terminal.type('a vendor call');
    terminal.press('Enter');
    await terminal.shows(/127\.0\.0\.1 may use ngrok for 15m, until .* kept: a vendor call/s);
    terminal.press('Enter');
    await terminal.shows('Excepted ngrok for 127.0.0.1');
    await answersWithin(reviewed, DOOR, 'NOERROR');
    await terminal.shows('0 open', HOLDS);
    assert.equal((await incident(reviewed, 1)).state, 'excepted');

    terminal.press('9');
    await terminal.shows(/✓ 1[45]m.* left +all of ngrok/);
    await as('ben', 'allow', TAILSCALE, '--everyone', '--for', '50s', '--reason', 'a look');
    await terminal.shows(/▸ ✓ 1[45]m/, SEEN);
    const left = /✓ (\d+)s left +control/;
    const seconds = async () => Number(left.exec(await terminal.shows(left))?.[1]);
    const before = await seconds();
    await eventually('less time left', async () => (await seconds()) < before);
    terminal.press('R');
    await terminal.shows('Revoke exception #1: all of ngrok for 127.0.0.1');
    terminal.press('Enter');
    await terminal.shows(/· revoked +(?:now|\d+s) +all of ngrok/);
    await answersWithin(reviewed, DOOR, 'NXDOMAIN');

    terminal.press('2');
    await terminal.shows('Reopened: more has happened since it was looked at.', SEEN);
    terminal.press('Escape');
    await terminal.shows(/reopened +\S+ +ngrok/);
    await as('ben', 'incidents', 'ack', '1', '--note', 'phoned');
    await terminal.shows('none needs a look', SEEN);
    await terminal.shows(/acked +\S+ +ngrok/);
    terminal.press('q');
    assert.equal(await terminal.ended(), 0);
  });

  test(`tui beside serve, at ${name}: attempts as they come, filtered, saved, copied`, {
    skip,
  }, async (t) => {
    const reviewed = await review(t);
    const { ask, home } = reviewed;
    await ask(DOOR);
    const terminal = reviewed.tui(size, '--screen', 'attempts');
    await terminal.shows('1 attempt, the newest first (live)');
    await ask(TAILSCALE);
    await terminal.shows('2 attempts', SEEN);
    assert.match(terminal.screen(), /▸ +(?:now|\d+s) +\S+ +controlplane\.tailscale\.com/);

    terminal.press('Space');
    await terminal.shows('FROZEN');
    await ask(OTHER_DOOR);
    await assert.rejects(terminal.shows('3 attempts', SEEN));
    terminal.press('Space');
    await terminal.shows('3 attempts', SEEN);
    assert.match(terminal.screen(), /▸ +(?:now|\d+s) +\S+ +tunnel\.ngrok\.com/);

    terminal.press('F');
    await terminal.shows('filter name:=tunnel.ngrok.com');
    await terminal.shows('1 attempt,');
    terminal.press('Escape');
    await terminal.shows('3 attempts');
    terminal.press('f');
    await terminal.shows('filter client:127.0.0.1');
    terminal.press('Escape', '/');
    terminal.type('verd');
    terminal.press('Tab');
    await terminal.shows('/ verdict:');
    terminal.type('bl');
    await terminal.shows('tab blocked');
    terminal.press('Tab', 'C-u');
    terminal.type('colour:red');
    await terminal.shows('there is no field "colour"');
    terminal.press('Enter');
    await terminal.shows('there is no field "colour"');
    terminal.press('C-u');
    terminal.type('service:ngrok');
    terminal.press('Enter');
    await terminal.shows('2 attempts,');
    terminal.press('Escape');
    await terminal.shows('3 attempts');
    terminal.press('/', 'Up');
    await terminal.shows('/ service:ngrok');
    terminal.press('Enter');
    await terminal.shows('2 attempts,');

    terminal.press('x');
    await terminal.shows('Wrote 2 rows to');
    const file = readdirSync(home).find((name) => name.endsWith('.csv')) as string;
    assert.equal(statSync(join(home, file)).mode & 0o777, 0o600);
    const lines = readFileSync(join(home, file), 'utf8').trim().split('\r\n');
    assert.equal(lines.length, 3);
    assert.match(lines[1] as string, /tunnel\.ngrok\.com/);
    terminal.press('y');
    await terminal.shows("Sent the name to the terminal's clipboard.");
    await eventually('the clipboard', () => terminal.clipboard() === OTHER_DOOR);

    terminal.press(':');
    terminal.type('overv');
    await terminal.shows('go to Overview');
    terminal.press('Enter');
    await terminal.shows('Working.');
    terminal.press('?');
    terminal.type('acknow');
    await terminal.shows(/a +acknowledge it, with a note/);
    await terminal.hides('suspend');
  });
}

test('tui beside serve: what stops, dies and comes back is said', { skip }, async (t) => {
  const reviewed = await review(t);
  const terminal = reviewed.tui(SMALL);
  await terminal.shows('Working.');
  await reviewed.server.stop();
  await terminal.shows(/✗ serve was stopped .*: nobody is answered\. No incident is open\./, SEEN);
  const again = await reviewed.begin();
  await terminal.shows('✓ Working. Nothing needs a look.', SEEN);
  again.child.kill('SIGKILL');
  await terminal.shows(
    /The resolver does not answer: serve has said nothing for 1\d seconds/,
    22_000,
  );
  await terminal.shows(`process ${again.pid}`);
});

test('tui beside serve: a database that is removed or another one is told', { skip }, async (t) => {
  const reviewed = await review(t);
  const { ask, database, server } = reviewed;
  await ask(DOOR);
  const terminal = reviewed.tui(SMALL, '--screen', 'incidents');
  await terminal.shows('1 to look at');
  const old = `${database}.old`;
  const db = openForReview(database);
  db.prepare('VACUUM INTO ?').run(old);
  db.close();
  await server.stop();
  remove(database);
  terminal.press('A');
  await terminal.shows(/there is no database/i);
  terminal.press('1');
  await terminal.shows('serve was stopped');
  const again = await reviewed.begin();
  await terminal.shows('✓ Working. Nothing needs a look.', 2 * SEEN);
  await again.stop();
  remove(database);
  renameSync(old, database);
  await terminal.shows('1 incident needs a look', 2 * SEEN);
});

function remove(database: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${database}${end}`, { force: true });
}

test('tui beside serve: only looking, nothing is offered that changes', { skip }, async (t) => {
  const reviewed = await review(t);
  await reviewed.ask(DOOR);
  const terminal = reviewed.tui(SMALL, '--read-only', '--screen', 'incidents');
  await terminal.shows('1 to look at');
  assert.doesNotMatch(terminal.screen(), /acknowledge|except /);
  for (const key of ['a', 'A', 'c', 'r', 'n', 'e']) {
    terminal.press('Down');
    await terminal.hides('--read-only');
    terminal.press(key);
    await terminal.shows('--read-only');
  }
  terminal.press('9');
  await terminal.shows('No exceptions');
  assert.doesNotMatch(terminal.screen(), /R revoke/);
  assert.equal((await incident(reviewed, 1)).state, 'new');
});

test('tui beside serve: resized, suspended, ended', { skip }, async (t) => {
  const reviewed = await review(t);
  await reviewed.ask(DOOR);
  const terminal = openTerminal(t, ['bash', '--norc', '--noprofile', '-i'], {
    ...{ ...LARGE, cwd: reviewed.home, env: { PS1: '$ ' } },
  });
  terminal.type(`${process.execPath} ${CLI} tui -d attempts.db`);
  terminal.press('Enter');
  await terminal.shows('1 incident needs a look');
  terminal.resize(60, 20);
  await terminal.shows(/^\S.* 1 open$/m);
  const small = await terminal.shows('✓ Working.');
  const lines = small.split('\n');
  assert.ok(lines.every((text) => text.length <= 60));
  assert.match(small, /q quit/);
  terminal.resize(200, 60);
  await terminal.shows('tunnelwarden Example Corp  1 Overview');
  assert.equal(terminal.screen().match(/Working\./g)?.length, 1);

  terminal.press('C-z');
  await terminal.shows('Stopped');
  await reviewed.ask(TAILSCALE);
  terminal.type('fg');
  terminal.press('Enter');
  await terminal.shows('2 incidents need a look');
  process.kill(childOfShell(terminal), 'SIGTERM');
  await eventually('the shell', () => terminal.ask('#{alternate_on}') === '0');
  terminal.type("echo en''ded with $?");
  terminal.press('Enter');
  await terminal.shows('ended with 0');
  const modes = terminal.ask('#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{wrap_flag}');
  assert.equal(modes, '0 0 1 1');
});

function childOfShell(terminal: Terminal): number {
  const pid = terminal.pid();
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').at(-1));
}

const BELL = '\x07';
/** What would rename the terminal, clear it, write to its clipboard and turn text round, were it obeyed. */
const SPELL = `\x1b]0;PWNED${BELL}\x1b[2J\x1b]52;c;UFdORUQ=${BELL}\u202edlrow\u202c\x9b31m`;

test('tui beside serve: hostile names reach no terminal', { skip }, async (t) => {
  const reviewed = await review(t);
  const { ask, database } = reviewed;
  const hostile = `\x1b]0;PWNED${BELL}\x9b31m.\u202edlrow.connect.ngrok-agent.com`;
  assert.equal((await ask(hostile)).rcode, 'NXDOMAIN');
  const db = openForReview(database);
  t.after(() => db.close());
  const fact = db.prepare(
    `INSERT OR REPLACE INTO client_facts (client, kind, source, value, time) VALUES (x'7f000001', ?, ?, ?, ?)`,
  );
  for (const kind of ['person', 'host', 'team'])
    fact.run(kind, 'inventory', `Eve${SPELL}`, Date.now());
  for (const size of [SMALL, LARGE]) {
    const terminal = reviewed.tui(size);
    await terminal.shows('Working.');
    const title = terminal.ask('#{pane_title}');
    await terminal.shows(/low +new +Eve/);
    for (const key of [
      '2',
      'Enter',
      'a',
      'Escape',
      'e',
      'Escape',
      '3',
      'Enter',
      'F',
      'y',
      '4',
      'Enter',
      'x',
      '1',
    ]) {
      terminal.press(key);
      await eventually('a calm screen', calm(terminal));
      const seen = terminal.coloured();
      assert.doesNotMatch(
        seen.replaceAll(/\x1b\[[\d;]*m|\x1b\(.|[\x0e\x0f]/g, ''),
        /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/,
      );
      assert.equal(terminal.ask('#{pane_title}'), title, `after ${key}`);
      assert.match(seen, /open/, 'nothing was cleared');
    }
    assert.notEqual(terminal.clipboard(), 'PWNED');
    terminal.press('q');
    assert.equal(await terminal.ended(), 0);
  }
});

/** True once two looks see the same. */
function calm(terminal: Terminal): () => boolean {
  let last = '';
  return () => {
    const before = last;
    last = terminal.screen().replaceAll(/\d/g, '');
    return last === before;
  };
}
