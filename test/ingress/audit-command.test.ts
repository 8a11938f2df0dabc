import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { auditCommand } from '../../src/commands/audit.ts';
import { LARGEST } from '../../src/commands/audit-files.ts';
import { folder } from '../support/e2e/tunnelwarden.ts';

// The command over trees of files: what it looks into, how it reports, how it ends.

const POLICY = `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
`;
const TOKEN = '4nq9771bPxe8ctg7LKr_2ClH7Y15Zqe4bWLWF9p';
const BAD = `version: 2\nserver_addr: tunnel.eu.ngrok.com:443\nauthtoken: ${TOKEN}\n`;
const WARNED = 'version: 2\nserver_addr: tunnels.example.com:443\nupdate_channel: beta\n';

/** A folder with a policy beside the tree that is looked into. */
function tree(t: TestContext, files: Readonly<Record<string, string | Buffer>>) {
  const path = folder(t);
  writeFileSync(join(path, 'policy.yaml'), POLICY);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, 'tree', file)), { recursive: true });
    writeFileSync(join(path, 'tree', file), content);
  }
  return { path, root: join(path, 'tree') };
}

async function audit(path: string, ...words: readonly string[]) {
  let text = '';
  const command = auditCommand({ write: (more) => (text += more) });
  try {
    const all = ['--policy', join(path, 'policy.yaml'), ...words];
    await command.exitOverride().parseAsync(all, { from: 'user' });
    return { text, code: process.exitCode ?? 0 };
  } finally {
    process.exitCode = undefined;
  }
}

type Report = {
  readonly findings: readonly { readonly rule: string; readonly file: string }[];
  readonly files: number;
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
};

/** What is found, by the path below the root. */
async function report(path: string, root: string): Promise<Report> {
  const { findings, files, skipped }: Report = JSON.parse((await audit(path, root, '--json')).text);
  const below = (file: string) => file.slice(root.length + 1);
  return {
    findings: findings.map((one) => ({ ...one, file: below(one.file) })),
    files,
    skipped: skipped.map((one) => ({ ...one, path: below(one.path) })),
  };
}

test('audit: a folder is looked through, in one order', async (t) => {
  const { path, root } = tree(t, {
    'b/ngrok.yml': BAD,
    'a/ngrok.yml': BAD,
    'a/node_modules/x/ngrok.yml': BAD,
    '.git/ngrok.yml': BAD,
    '.ngrok2/ngrok.yml': BAD,
    'README.md': BAD,
    'big.yml': `${BAD}#${'x'.repeat(LARGEST)}`,
    'fits.yml': `${BAD}#`.padEnd(LARGEST, 'x'),
    'binary.yml': Buffer.from(`${BAD}\0`),
    'utf16.yml': Buffer.from(`\ufeff${BAD}`, 'utf16le'),
    'marked.yml': `\ufeff${BAD}`,
  });
  const { findings, files, skipped } = await report(path, root);
  const found = ['fits.yml', 'marked.yml', 'utf16.yml', '.ngrok2/ngrok.yml'];
  assert.deepEqual(
    findings.map(({ file, rule }) => `${file} ${rule}`),
    [...found, 'a/ngrok.yml', 'b/ngrok.yml'].flatMap((file) => [
      `${file} regional-door`,
      `${file} literal-authtoken`,
    ]),
  );
  assert.equal(files, 7);
  assert.deepEqual(skipped, [
    { path: 'big.yml', why: 'is larger than 1048576 octets' },
    { path: 'binary.yml', why: 'is binary' },
  ]);
});

test('audit: links are not followed, and what is no file does not hold it up', async (t) => {
  const { path, root } = tree(t, { 'a/ngrok.yml': WARNED });
  const outside = folder(t);
  writeFileSync(join(outside, 'ngrok.yml'), BAD);
  symlinkSync(outside, join(root, 'out'));
  symlinkSync(join(outside, 'ngrok.yml'), join(root, 'ngrok.yml'));
  symlinkSync('..', join(root, 'a', 'loop'));
  symlinkSync('nowhere', join(root, 'gone.yml'));
  execFileSync('mkfifo', [join(root, 'pipe.yml')]);
  const { findings, files } = await report(path, root);
  assert.deepEqual(
    findings.map(({ file, rule }) => `${file} ${rule}`),
    ['a/ngrok.yml update-channel'],
  );
  assert.equal(files, 1);
  // A link or pipe that is named is meant.
  const named = await audit(path, join(root, 'ngrok.yml'), join(root, 'pipe.yml'));
  assert.match(named.text, /regional-door/);
  assert.match(named.text, /not looked into: \S*pipe\.yml is no file/);
  assert.equal(named.code, 1);
});

test('audit: errors end with 1, warnings only where they shall', async (t) => {
  const { path, root } = tree(t, { 'ngrok.yml': WARNED });
  const warned = await audit(path, root);
  assert.equal(warned.code, 0);
  assert.match(warned.text, /:3:17: warning: takes updates that are not stable \[update-channel\]/);
  assert.match(warned.text, /0 errors, 1 warning in 1 file\.\n$/);
  assert.equal((await audit(path, root, '--strict')).code, 1);
  await assert.rejects(audit(path, join(root, 'nowhere')), /nowhere does not exist; name files/);
  await assert.rejects(audit(path, root, '--json', '--sarif'), /--json or --sarif, not both/);
});

test('audit: no report has a secret as a whole, and a strange path acts on no terminal', async (t) => {
  const { path, root } = tree(t, { 'x\u001b[2J\n/ngrok.yml': BAD });
  for (const form of [[], ['--json'], ['--sarif']]) {
    const { text, code } = await audit(path, root, ...form);
    assert.equal(code, 1);
    assert.ok(!text.includes(TOKEN) && !text.includes(TOKEN.slice(0, 5)), text);
    assert.ok(text.includes('4nq9…9p'), text);
    assert.ok(!text.includes('\u001b'), text);
  }
});

test('audit: SARIF says where, by addresses a code host resolves', async (t) => {
  const { path, root } = tree(t, { 'a b/ngrok.yml': BAD, 'big.yml': 'x'.repeat(LARGEST + 1) });
  const sarif = JSON.parse((await audit(path, root, '--sarif')).text);
  assert.equal(sarif.version, '2.1.0');
  const [run] = sarif.runs;
  const { rules } = run.tool.driver;
  assert.deepEqual(
    run.results.map((result: { ruleId: string; ruleIndex: number }) => [
      result.ruleId,
      rules[result.ruleIndex].id,
    ]),
    [
      ['regional-door', 'regional-door'],
      ['literal-authtoken', 'literal-authtoken'],
    ],
  );
  const { artifactLocation, region } = run.results[0].locations[0].physicalLocation;
  assert.equal(artifactLocation.uri, `file://${root}/a%20b/ngrok.yml`);
  assert.deepEqual(region, { startLine: 2, startColumn: 14 });
  const [note] = run.invocations[0].toolExecutionNotifications;
  assert.match(note.message.text, /larger than/);
});

test('audit: tens of thousands of files take seconds', async (t) => {
  const files = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, i) => [
      `d${i % 100}/f${i}.${['ts', 'yaml', 'go', 'md'][i % 4]}`,
      `// nothing to see in ${i}\n`,
    ]),
  );
  const { path, root } = tree(t, { ...files, 'ngrok.yml': BAD });
  const start = performance.now();
  const { text } = await audit(path, root);
  const took = performance.now() - start;
  t.diagnostic(`${Math.round(took)} ms`);
  assert.match(text, /2 errors, 0 warnings in 7501 files/);
  assert.ok(took < 10_000, `${took} ms`);
});
