import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Drift } from '../../src/tui/source.ts';
import { run } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { CLI, folder, write } from '../support/e2e/tunnelwarden.ts';

// What the UI says of the rules that the kernel holds, in a network namespace of its own.

const PROGRAM = fileURLToPath(new URL('../support/e2e/programs/drift.ts', import.meta.url));

const policy = (more: string) => `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com, service: ngrok }]
services: { ngrok: block }
firewall: { lan: [lan0] }
${more}
`;

let spaces = 0;

async function space(t: TestContext): Promise<readonly string[]> {
  const name = `tw-drift-${process.pid}-${++spaces}`;
  await run('ip', ['netns', 'add', name]);
  t.after(() => run('ip', ['netns', 'del', name]));
  return ['netns', 'exec', name];
}

for (const format of ['nftables', 'iptables'] as const) {
  test(`drift: absent, as the policy says, behind it, and changed by others: ${format}`, {
    skip: missing('ip', 'nft', 'unshare', 'iptables', 'ipset'),
  }, async (t) => {
    const cwd = folder(t);
    const within = await space(t);
    const state = join(cwd, 'state');
    const file = write(cwd, 'policy.yaml', policy(''));
    const drift = async (): Promise<Drift> => {
      const { code, stdout, stderr } = await run(
        'ip',
        [...within, process.execPath, PROGRAM, file, format, state],
        { cwd },
      );
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    assert.equal((await drift()).state, 'absent');

    const applied = await run(
      'ip',
      [
        ...within,
        process.execPath,
        CLI,
        'apply',
        format,
        '--policy',
        file,
        '--state',
        state,
        '--no-confirm',
      ],
      { cwd },
    );
    assert.equal(applied.code, 0, applied.stderr);
    const same = await drift();
    assert.deepEqual([same.state, same.diff], ['same', []], same.summary);

    write(cwd, 'policy.yaml', policy('block: [203.0.113.0/24]'));
    const behind = await drift();
    assert.equal(behind.state, 'differs');
    assert.match(behind.summary, /other rules/);
    if (format === 'nftables') {
      const added = behind.diff.filter((one) => one.startsWith('+'));
      assert(
        added.some((one) => one.includes('203.0.113.0/24')),
        behind.diff.join('\n'),
      );
      assert(!behind.diff.some((one) => one.includes('tw_applied')));
    }

    write(cwd, 'policy.yaml', policy(''));
    const flushed =
      format === 'nftables'
        ? ['nft', 'flush', 'table', 'inet', 'tunnelwarden']
        : ['iptables', '-F'];
    await run('ip', [...within, ...flushed], { cwd });
    const altered = await drift();
    if (format === 'nftables') assert.match(altered.summary, /Somebody has changed/);
    assert.equal(altered.state, 'differs');
  });
}
