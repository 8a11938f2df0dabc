import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend } from '../../src/firewall/backend.ts';
import { adblockBackend } from '../../src/firewall/backends/adblock.ts';
import { domainsBackend } from '../../src/firewall/backends/domains.ts';
import { hostsBackend } from '../../src/firewall/backends/hosts.ts';
import { windowsBackend } from '../../src/firewall/backends/windows.ts';
import { isAtOrBelow, type Name } from '../../src/policy/name.ts';
import { type Forest, growForest, isCoveringGap } from './support/dns-forest.ts';

// Formats whose readers are not at hand: read here as their documentation tells, and compared with
// `judge`.

/** Which names a file refuses. */
type Reading = (text: string) => (name: Name) => boolean;

/** Filters of AdGuard Home: important exceptions, important filters, exceptions, filters. */
const readAdblock: Reading = (text) => {
  const filters = text
    .split('\n')
    .map((line) => /^(@@)?\|\|([^^]+)\^(\$important)?$/.exec(line))
    .filter((match) => match !== null)
    .map(([, exception, name, important]) => ({
      name: name as Name,
      refuses: exception === undefined,
      weight: (important ? 2 : 0) + (exception ? 1 : 0),
    }));
  return (name) => {
    const about = filters.filter((filter) => isAtOrBelow(name, filter.name));
    return about.toSorted((a, b) => b.weight - a.weight)[0]?.refuses ?? false;
  };
};

const readLines: Reading = (text) => {
  const names = new Set(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(' ').at(-1)),
  );
  return (name) => names.has(name);
};

const readCoveringLines: Reading = (text) => {
  const names = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')) as Name[];
  return (name) => names.some((other) => isAtOrBelow(name, other));
};

/** `*.name` with or without the name itself: the documentation does not tell, so both are tried. */
const readPolicies =
  (starCoversApex: boolean): Reading =>
  (text) => {
    const policies = [...text.matchAll(/^ {4}'TW-[^']*' = 'EQ,([^']*)'$/gm)].map(([, values]) => {
      const [equal = '', unequal] = (values as string).split(',NE,');
      return { equal: equal.split(','), unequal: unequal?.split(',') ?? [] };
    });
    const is = (name: string, value: string) =>
      value.startsWith('*')
        ? name.endsWith(value.slice(1)) || (starCoversApex && name === value.slice(2))
        : name === value;
    return (name) =>
      policies.some(
        ({ equal, unequal }) =>
          equal.some((value) => is(name, value)) && !unequal.some((value) => is(name, value)),
      );
  };

const trials: readonly {
  readonly what: string;
  readonly backend: Backend;
  readonly scopes: readonly string[];
  readonly read: Reading;
  /** True where the dialect has no words for what is wanted, and says so in `cannot` or the header. */
  readonly isDeclared: (forest: Forest, name: Name, got: boolean, text: string) => boolean;
}[] = [
  {
    what: 'policies of a Windows DNS server',
    backend: windowsBackend,
    scopes: ['', '', '=', '*.'],
    read: readPolicies(false),
    isDeclared: () => false,
  },
  {
    what: 'policies of a Windows DNS server, if *.name takes in the name',
    backend: windowsBackend,
    scopes: ['', '', '='],
    read: readPolicies(true),
    isDeclared: () => false,
  },
  {
    what: 'adblock lists',
    backend: adblockBackend,
    scopes: ['', '', '', '*.'],
    read: readAdblock,
    isDeclared: isCoveringGap,
  },
  {
    what: 'hosts files',
    backend: hostsBackend,
    scopes: ['', '', '=', '*.'],
    read: readLines,
    // Only names of rules can be listed.
    isDeclared: ({ ruleset }, name, got) =>
      !got &&
      !ruleset.rules.some(({ target }) => target.kind === 'name' && target.pattern.name === name),
  },
  {
    what: 'domain lists, read as covering',
    backend: domainsBackend,
    scopes: ['', '', '=', '*.'],
    read: readCoveringLines,
    // Blocks that hold exceptions are left out by the plan, with a gap: it never refuses too much.
    isDeclared: (_, __, got) => !got,
  },
];

for (const { what, backend, scopes, read, isDeclared } of trials) {
  test(`judge and ${what} say the same`, () => {
    const forest = growForest({ seed: 20261126, trees: 60, scopes });
    const text = backend.print(forest.planFor(backend))[0]?.text as string;
    const refuses = read(text);
    let refused = 0;
    const different = forest.names.filter((name) => {
      const [wanted, got] = [forest.wanted(name) !== 'open', refuses(name)];
      if (got) refused += 1;
      return wanted !== got && !isDeclared(forest, name, got, text);
    });
    assert.deepEqual(different, [], `of ${forest.names.length} names`);
    assert(refused > 30, `${refused} are refused`);
  });
}
