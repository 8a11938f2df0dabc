import type { Step } from './loader.ts';

/** What TPROXY needs beside rules: packets with its mark are this machine's own. */
const MARK = '0x1/0x1';
/** Both a routing table and the place of its rule, before the table of all others. */
const TABLE = '7353';

export function addRoutes(): readonly Step[] {
  return families((family) => [
    // Without a place, the same rule could be there any number of times; with one, a second is
    // refused, which is as good.
    ip(family, true, 'rule', 'add', 'pref', TABLE, 'fwmark', MARK, 'lookup', TABLE),
    ip(family, false, 'route', 'replace', 'local', 'default', 'dev', 'lo', 'table', TABLE),
  ]);
}

/** Nobody else uses this table, so it does no harm to ask for what may not be there. */
export function removeRoutes(): readonly Step[] {
  return families((family) => [
    ip(family, true, 'rule', 'del', 'pref', TABLE, 'fwmark', MARK, 'lookup', TABLE),
    // One that the script of the artifact has made has another place.
    ip(family, true, 'rule', 'del', 'fwmark', MARK, 'lookup', TABLE),
    ip(family, true, 'route', 'del', 'local', 'default', 'dev', 'lo', 'table', TABLE),
  ]);
}

function families(steps: (family: '-4' | '-6') => readonly Step[]): readonly Step[] {
  return [...steps('-4'), ...steps('-6')];
}

function ip(family: '-4' | '-6', optional: boolean, ...words: readonly string[]): Step {
  return { argv: ['ip', family, ...words], ...(optional ? { optional } : {}) };
}
