import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { Artifact } from '../src/firewall/backend.ts';
import { lintPf, lintPfTable } from './firewall/pf-lint.ts';
import { readRouteros, readSigma, readSuricata } from './firewall/support/dialects.ts';
import { DNS_READERS } from './firewall/support/dns-readers.ts';
import { nginxConf, objections, squidConf, squidObjections } from './firewall/support/gates.ts';
import { scriptsIn, stateOf, VARIANTS } from './firewall/support/iptables.ts';
import { emptyNamespace, succeeds, told, written } from './firewall/support/ruleset.ts';
import { run } from './support/e2e/process.ts';
import { missing, type Tool } from './support/e2e/requirements.ts';
import { folder } from './support/e2e/tunnelwarden.ts';
import { everyGolden } from './support/golden.ts';

// Every golden artifact is read by the program that it is for, where one is at hand; else by a
// reader of our own that knows no more of its language than what we write.

const only = (artifacts: readonly Artifact[]): Artifact => {
  const [artifact] = artifacts;
  assert(artifact);
  return artifact;
};
const endingWith = (artifacts: readonly Artifact[], ending: string) =>
  artifacts.filter(({ path }) => path.endsWith(ending));

for (const { name, artifacts } of everyGolden('nftables')) {
  const skip = missing('root', 'ip', 'nft');
  test(`nft takes ${name}, loads it twice to the same end, and takes it away`, {
    skip,
  }, async (t) => {
    const within = await emptyNamespace(t);
    const path = written(t, artifacts);
    const nft = (...args: readonly string[]) => succeeds('nft', args, { within });
    await nft('-c', '-f', `${path}/tunnelwarden.nft`);
    assert.equal(await nft('list', 'ruleset'), '');
    await nft('-f', `${path}/tunnelwarden.nft`);
    const loaded = await listed(nft);
    assert.match(loaded, /table inet tunnelwarden/);
    await nft('-f', `${path}/tunnelwarden.nft`);
    assert.equal(await listed(nft), loaded);
    for (const _ of ['once', 'again']) {
      await nft('-f', `${path}/remove.nft`);
      assert.equal(await nft('list', 'ruleset'), '');
    }
  });
}

/** The table as the kernel has it, without what runs by itself. */
async function listed(nft: (...args: readonly string[]) => Promise<string>): Promise<string> {
  const ruleset = await nft('-s', 'list', 'ruleset');
  return ruleset.replaceAll(/ expires \w+/g, '');
}

for (const variant of VARIANTS) {
  for (const { name, artifacts } of everyGolden('iptables')) {
    const skip = missing('root', 'ip', 'ipset', variant);
    test(`${variant} takes ${name}, loads it twice to the same end, and takes it away`, {
      skip,
    }, async (t) => {
      const within = await emptyNamespace(t);
      const path = written(t, artifacts);
      await succeeds('ipset', ['restore', '-file', `${path}/sets`], { within });
      for (const [program, file] of [
        [variant, 'rules.v4'],
        [variant.replace('ip', 'ip6'), 'rules.v6'],
      ] as const) {
        await succeeds(`${program}-restore`, ['--test', '--noflush', `${path}/${file}`], {
          within,
        });
      }
      const { apply, remove } = scriptsIn(path, within, variant);
      const states: string[] = [];
      for (const _ of ['once', 'again']) {
        const applied = await apply();
        assert.equal(applied.code, 0, told(applied));
        assert.equal(applied.stdout + applied.stderr, '');
        states.push(await stateOf(within, variant));
      }
      assert.match(states[0] as string, /TW-EVERYONE/);
      assert.equal(states[1], states[0]);
      const removed = await remove();
      assert.equal(removed.code, 0, told(removed));
      assert.doesNotMatch(await stateOf(within, variant), /TW-|tw_/);
    });
  }
}

for (const dialect of ['openbsd', 'freebsd'] as const) {
  for (const { name, artifacts } of everyGolden(`pf-${dialect}`)) {
    test(`pf of ${dialect}: ${name} is what its parser takes`, () => {
      for (const { path, text } of artifacts) {
        if (path.endsWith('.table')) assert.deepEqual(lintPfTable(text), [], path);
        if (path === 'tunnelwarden.conf') assert.deepEqual(lintPf(text, dialect), [], path);
        if (path === 'pf.conf.fragment') assert.deepEqual(lintPf(text, dialect, 'main'), [], path);
      }
    });
  }
}

for (const format of ['iptables', 'nftables', 'pf-openbsd', 'pf-freebsd']) {
  for (const { name, artifacts } of everyGolden(format)) {
    test(`sh takes the scripts of ${format} for ${name}`, async (t) => {
      const path = written(t, artifacts);
      for (const script of endingWith(artifacts, '.sh')) {
        assert.equal(script.executable, true, script.path);
        const ended = await run('sh', ['-n', `${path}/${script.path}`]);
        assert.equal(ended.code, 0, told(ended));
      }
    });
  }
}

for (const { backend, tool, objections } of DNS_READERS) {
  for (const { name, artifacts } of everyGolden(backend.id)) {
    test(`${tool} takes ${backend.id} of ${name}`, { skip: missing(tool) }, async (t) => {
      assert.equal(await objections(written(t, artifacts)), '');
    });
  }
}

/** Gates and proxies, each told of the folder that its artifacts are in. */
const GATES: readonly {
  readonly format: string;
  readonly tools: readonly Tool[];
  readonly objections: (folder: string, artifacts: readonly Artifact[]) => Promise<string>;
}[] = [
  {
    format: 'haproxy',
    tools: ['haproxy'],
    objections: (path) => objections('haproxy', ['-c', '-f', `${path}/haproxy.cfg`]),
  },
  {
    format: 'nginx',
    tools: ['nginx', 'root'],
    objections: (path, artifacts) =>
      objections('nginx', ['-t', '-c', nginxConf(path, only(artifacts))]),
  },
  {
    format: 'squid',
    tools: ['squid'],
    objections: (path, artifacts) => squidObjections(squidConf(path, only(artifacts))),
  },
];
for (const { format, tools, objections } of GATES) {
  for (const { name, artifacts } of everyGolden(format)) {
    test(`${format} takes ${name}`, { skip: missing(...tools) }, async (t) => {
      assert.equal(await objections(written(t, artifacts), artifacts), '');
    });
  }
}

for (const { name, artifacts } of everyGolden('suricata')) {
  test(`suricata: ${name} holds rules of the known form, each with an id of its own`, () => {
    const rules = artifacts.flatMap(({ text }) => readSuricata(text));
    assert(rules.length > 20);
    assert.equal(new Set(rules.map(({ sid }) => sid)).size, rules.length);
  });
}

for (const { name, artifacts } of everyGolden('sigma')) {
  test(`sigma: ${name} is YAML, each rule with an id of its own`, () => {
    const ids = artifacts.flatMap(({ path, text }) => {
      for (const { errors, warnings } of parseAllDocuments(text)) {
        assert.deepEqual([...errors, ...warnings], [], path);
      }
      return readSigma(text).map(({ id }) => id);
    });
    assert(ids.length > 5);
    assert.equal(new Set(ids).size, ids.length);
  });
}

for (const { name, artifacts } of everyGolden('routeros')) {
  test(`routeros: ${name} holds commands of the known form`, () => {
    assert(readRouteros(only(artifacts).text).length > 50);
  });
}

for (const { name, artifacts } of everyGolden('aws')) {
  test(`aws: ${name} is JSON, and within are rules of the known form`, () => {
    const groups = endingWith(artifacts, '.json').filter(({ text }) => {
      const { RuleGroup } = JSON.parse(text);
      if (RuleGroup) assert(readSuricata(RuleGroup.RulesSource.RulesString).length > 20);
      return RuleGroup !== undefined;
    });
    assert(groups.length > 0);
  });
}

const NAME = String.raw`(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*`;
const ADDRESS = String.raw`[0-9a-f.:]+(?:\/\d+)?`;
/** Lists, a line each; comments where the readers of the list know them. */
const LISTS: readonly { readonly format: string; readonly path: RegExp; readonly line: string }[] =
  [
    { format: 'domains', path: /^domains\.txt$/, line: `|#.*|${NAME}` },
    { format: 'domains', path: /^domains-bare\.txt$/, line: NAME },
    { format: 'hosts', path: /^hosts$/, line: `|#.*|${ADDRESS} ${NAME}` },
    {
      format: 'adblock',
      path: /^adblock\.txt$/,
      line: `|!.*|(?:@@)?\\|\\|${NAME}\\^(?:\\$important)?`,
    },
    { format: 'paloalto', path: /^domains\.txt$/, line: NAME },
    { format: 'paloalto', path: /^urls\.txt$/, line: `${NAME}/` },
    { format: 'paloalto', path: /^addresses\.txt$/, line: ADDRESS },
    { format: 'fortigate', path: /^domains-\d+\.txt$/, line: NAME },
    { format: 'fortigate', path: /^addresses-\d+\.txt$/, line: ADDRESS },
    { format: 'aws', path: /^dns\/.*\.txt$/, line: NAME },
  ];
for (const { format, path, line } of LISTS) {
  for (const { name, artifacts } of everyGolden(format)) {
    test(`${format}: ${path.source} of ${name} is a list`, () => {
      const pattern = new RegExp(`^(?:${line})$`);
      for (const artifact of artifacts.filter((artifact) => path.test(artifact.path))) {
        const strange = artifact.text
          .split('\n')
          .slice(0, -1)
          .filter((l) => !pattern.test(l));
        assert.deepEqual(strange, [], artifact.path);
      }
    });
  }
}

test('the check of a folder can fail', { skip: missing('haproxy') }, async (t) => {
  const path = written(t, [{ path: 'haproxy.cfg', text: 'frontend x\n  nonsense\n' }]);
  assert.notEqual(await objections('haproxy', ['-c', '-f', `${path}/haproxy.cfg`]), '');
  assert.equal(folder.length, 1);
});
