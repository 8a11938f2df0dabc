import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepareSave } from '../../src/attempts/save.ts';
import { openForWriting } from '../../src/attempts/store.ts';
import { parseName } from '../../src/policy/name.ts';
import { gain } from '../attempts/support.ts';
import { fits, has } from '../support/e2e/output.ts';
import { folder, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';

const policy = (more: string) => `organisation: { name: Example Corp }\n${more}\n`;

test('backtest: who would be refused and who allowed, as text, as JSON, and by exit code', async (t) => {
  const cwd = folder(t);
  write(cwd, 'now.yaml', policy('services: { ngrok: block }'));
  write(cwd, 'next.yaml', policy('services: { ngrok: watch }\nblock: [quiet.example.com]'));
  const db = openForWriting(join(cwd, 'tunnelwarden.db'));
  const time = Date.now() - 60_000;
  prepareSave(db)([
    gain({ time }, 7),
    gain({ time, name: parseName('quiet.example.com'), service: undefined, verdict: 'watched' }, 2),
  ]);
  db.close();

  const text = await tunnelwarden(['backtest', 'next.yaml'], { cwd });
  assert.equal(text.code, 0, text.stderr);
  fits(text.stdout);
  has(text.stdout, /next\.yaml against what was recorded, since .*: 9 attempts, of\s+which 0 come/);
  has(text.stdout, /Newly refused: 2 attempts of 1 client at 1 name\./);
  has(text.stdout, /quiet\.example\.com +2 +watched +block\/quiet\.example\.com/);
  has(text.stdout, /Newly allowed: 7 attempts of 1 client at 1 name\./);

  const json = await tunnelwarden(['backtest', 'next.yaml', '--against', 'now.yaml', '--json'], {
    cwd,
  });
  const { attempts, same, refused, allowed } = JSON.parse(json.stdout);
  assert.deepEqual(
    [attempts, same, refused.sum.attempts, allowed.sum.attempts, allowed.differences.length],
    [9, 0, 2, 7, 1],
  );

  for (const { args, code } of [
    { args: ['next.yaml', '--fail-on', 'newly-refused'], code: 1 },
    { args: ['now.yaml', '--fail-on', 'newly-refused'], code: 0 },
    { args: ['now.yaml', '--since', '2099-01-01', '--fail-on', 'any'], code: 0 },
    { args: ['missing.yaml'], code: 2 },
    { args: ['now.yaml', '--database', 'missing.db'], code: 1 },
    { args: ['now.yaml', '--limit', 'many'], code: 2 },
  ]) {
    const run = await tunnelwarden(['backtest', ...args], { cwd });
    assert.equal(run.code, code, `${args.join(' ')}: ${run.stderr}`);
    if (code === 2) assert.notEqual(run.stderr, '');
  }
});
