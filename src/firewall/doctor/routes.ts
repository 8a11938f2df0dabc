import type { Check, Finding, Machine } from './finding.ts';
import { listing, saveOf } from './machine.ts';
import { isFields } from './nft-filter.ts';

/** The routing table that packets with the gate's mark are sent to, as `apply` makes it. */
const TABLE = '7353';

/** What TPROXY marks has to be this machine's own; without a route for that, it is dropped. */
export const routes: Check = (machine, { gate, transparent }) => {
  if (gate.length === 0 || !transparent || !isLoaded(machine)) return [];
  return [
    { family: 'IPv4', flag: '-4' },
    { family: 'IPv6', flag: '-6' },
  ].flatMap(({ family, flag }): Finding[] => {
    const rules = machine.run({ argv: ['ip', flag, 'rule'] });
    const routed = machine.run({ argv: ['ip', flag, 'route', 'show', 'table', TABLE] });
    if (rules.status !== 0 || routed.status === undefined) return [];
    const isThere =
      new RegExp(`fwmark 0x1/0x1 lookup ${TABLE}\\b`).test(rules.stdout) &&
      routed.stdout.includes('local default ');
    if (isThere) return [];
    return [
      {
        id: 'no-gate-route',
        severity: 'breaks',
        text: `nothing delivers ${family} packets with the gate's mark here: what is led to it is dropped`,
        remedy:
          '`tunnelwarden apply` makes the rule and the route; see to it that it runs at each start',
      },
    ];
  });
};

/** Before our rules are there, nobody marks anything. */
function isLoaded(machine: Machine): boolean {
  return (
    listing(machine).some(
      ({ chain }) => isFields(chain) && chain.table === 'tunnelwarden' && chain.name === 'pre',
    ) || saveOf(machine, 'iptables-save').includes(':TW-HOOK-MANGLE ')
  );
}
