import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BACKENDS } from '../src/firewall/backends/index.ts';
import { routerosBackend } from '../src/firewall/backends/routeros.ts';
import { fateOf } from '../src/firewall/interpret.ts';
import { judge } from '../src/policy/judge.ts';
import type { Name } from '../src/policy/name.ts';
import { type Address, contains, octetsOfAddress, parseNetwork } from '../src/policy/network.ts';
import { type Command, readRouteros } from './firewall/support/dialects.ts';
import { decided } from './firewall/support/name-plans.ts';
import { CASES, golden, loadCase, planned, sanctionedOf } from './support/golden.ts';

// The sanctioned ingress is refused by nothing, wherever it lives: what the product is for.

const CLIENTS = [
  '192.0.2.7',
  '192.0.2.17',
  '192.0.2.70',
  '192.0.2.200',
  '2001:db8:9::7',
] as Address[];

const found = CASES.map((name) => ({
  name,
  loaded: loadCase(name),
  sanctioned: sanctionedOf(name),
}));

test('golden: some ingress is known to live where something is blocked', () => {
  assert(found.flatMap(({ sanctioned }) => sanctioned).length > 5);
});

for (const { name, loaded, sanctioned } of found) {
  for (const backend of BACKENDS) {
    test(`golden: ${backend.id} does not refuse the ingress of ${name}`, () => {
      const { names, networks, packets } = planned(loaded, backend);
      const holding = sanctioned.flatMap(({ address }) => {
        const octets = octetsOfAddress(address);
        return networks.filter((network) => contains(network, octets)).map(({ text }) => text);
      });
      assert.deepEqual(holding, [], 'networks of files');
      for (const name of ['tunnels.example.com', 'a.b.tunnels.example.com'] as Name[]) {
        assert.notEqual(decided(names, name), 'block', name);
        for (const client of CLIENTS) {
          assert.equal(judge(loaded.ruleset, { client, name }).kind, 'allowed');
        }
      }
      if (packets.audiences.length === 0) return;
      for (const { address } of sanctioned) {
        for (const from of CLIENTS.filter((c) => c.includes(':') === address.includes(':'))) {
          const fate = fateOf(packets, { from, to: address, transport: 'tcp', port: 443 });
          assert.notEqual(fate.kind, 'refuse', `${from} to ${address}: ${fate.id}`);
        }
      }
    });
  }

  test(`golden: the commands of routeros do not refuse the ingress of ${name}`, () => {
    const [artifact] = golden(name, routerosBackend);
    const commands = readRouteros(artifact?.text ?? '');
    for (const { address } of sanctioned) {
      const menu = address.includes(':') ? '/ipv6 firewall' : '/ip firewall';
      assert.notEqual(firstDeed(commands, menu, address), 'reject', address);
    }
  });
}

/** What the chain does with the first packet of a connection to port 443; no TLS name is known yet. */
function firstDeed(
  commands: readonly Command[],
  menu: string,
  address: Address,
): string | undefined {
  const octets = octetsOfAddress(address);
  const lists = commands.filter((command) => command.menu === `${menu} address-list`);
  const isIn = (list: string) =>
    lists.some(
      ({ values }) =>
        values.list === list && contains(parseNetwork(values.address as string), octets),
    );
  const rule = commands.find(({ menu: at, verb, values }) => {
    if (at !== `${menu} filter` || verb !== 'add' || values.chain !== 'tw-forward') return false;
    if (values.action === 'jump' || values.action === 'log') return false;
    const list = values['dst-address-list'];
    const ports = values['dst-port']?.split(',').map((port) => port.split('-').map(Number));
    return (
      (values.protocol ?? 'tcp') === 'tcp' &&
      (list === undefined || isIn(list)) &&
      (ports?.some(([low = 0, high = low]) => low <= 443 && 443 <= high) ?? true)
    );
  });
  return rule?.values.action;
}
