import { parseBypass, parseService } from '../../../src/policy/catalogue.ts';
import { type Compiled, compile } from '../../../src/policy/compile.ts';
import { parseNameList } from '../../../src/policy/list.ts';
import { policyOf } from '../../../src/policy/policy.ts';
import { formatProblem, InputError } from '../../../src/policy/problem.ts';
import { policyFile } from '../../../src/policy/schema.ts';
import type { Catalogue } from '../../../src/policy/service.ts';
import { readYaml } from '../../../src/policy/yaml.ts';

const SOURCE = 'checked: 2026-08-22\nsources: [{ title: made up, date: 2026-08-22 }]\n';

function service(id: string, rest: string) {
  return parseService(
    `${id}.yaml`,
    `id: ${id}\ntitle: ${id}\nkind: tunnel\nsummary: made up\n${SOURCE}${rest}`,
  );
}

function bypass(id: string, kind: string, names: string) {
  return parseBypass(
    `${id}.yaml`,
    `id: ${id}\ntitle: ${id}\nkind: ${kind}\nsummary: made up\n${SOURCE}names: ${names}\n`,
  );
}

/** Three services and two ways round, with every trap of the real ones: roles inside roles, patterns, addresses. */
export const catalogue: Catalogue = {
  services: new Map(
    [
      service(
        'alpha',
        `names:
  session: [connect.alpha.example, connect.*.alpha.example, 'rev.*.net']
  endpoint: [alpha-app.example]
  support: ['=crl.alpha.example', '=crl.connect.alpha.example']
  update: [update.alpha.example]
addresses: [198.51.100.0/28]
`,
      ),
      service(
        'beta',
        `names:
  session: [beta.example]
  endpoint: [pub.beta.example]
  support: ['=crl.beta.example']
  admin: ['=www.beta.example', my.beta.example]
addresses: [198.51.100.16, '2001:db8:b::/48']
`,
      ),
      service(
        'gamma',
        "names:\n  session: ['*.door.gamma.example', '=gamma.example']\n  admin: [www.door.gamma.example]\n",
      ),
    ].map((entry) => [entry.id, entry]),
  ),
  fronts: new Map(),
  bypasses: new Map(
    [
      bypass('canary', 'signal', "['=canary.example', relay.example]"),
      bypass('doh', 'resolver', '[doh.example]'),
    ].map((entry) => [entry.id, entry]),
  ),
};

export const NOW = Date.UTC(2026, 10, 21, 12);

/** Compiles the text of a policy file, with its lists given as text. */
export function compileText(
  text: string,
  {
    lists = {},
    now = NOW,
    using = catalogue,
  }: { lists?: Readonly<Record<string, string>>; now?: number; using?: Catalogue } = {},
): Compiled {
  const policy = policyOf('policy.yaml', readYaml('policy.yaml', text, policyFile));
  const read = policy.lists.map(({ file }) =>
    parseNameList(file, file, Buffer.from(lists[file] ?? '')),
  );
  return compile(policy, using, read, now);
}

/** The faults of a policy file as they are printed, none for a good one. */
export function faultsOf(
  text: string,
  options: Parameters<typeof compileText>[1] = {},
): readonly string[] {
  try {
    compileText(text, options);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(formatProblem);
  }
}
