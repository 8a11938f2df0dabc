import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Inventory, ownerOf, parseInventory } from '../../src/identity/inventory.ts';
import { macOf } from '../../src/identity/mac.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { InputError } from '../../src/policy/problem.ts';

const MAC = '00:00:5e:00:53:17';

/** The same devices, written both ways. */
const written = {
  'inventory.yaml': `# ours
- { mac: 00-00-5E-00-53-17, person: Ada Lovelace, device: ada-laptop }
- { address: 192.0.2.10, device: heating-control, team: Facilities }
- network: 192.0.2.0/24
  team: Office
- { network: 192.0.2.128/25, team: Guests }
- { network: '2001:db8::/32', team: Office }
`,
  'Inventory.CSV': `\ufeffteam,address,network,mac,person,device\r
,,,0000.5e00.5317,Ada Lovelace,ada-laptop\r
Facilities,192.0.2.10,,,,heating-control\r
Office,,192.0.2.0/24,,,\r
\r
 Guests ,,"192.0.2.128/25",,,\r
Office,,2001:db8::/32,,,`,
};

const questions: readonly {
  readonly when: string;
  readonly client: string;
  readonly mac?: string;
  readonly is: ReturnType<typeof ownerOf>;
}[] = [
  { when: 'nobody knows it', client: '198.51.100.1', is: {} },
  { when: 'its network is known', client: '192.0.2.1', is: { team: 'Office' } },
  { when: 'its narrower network is known', client: '192.0.2.200', is: { team: 'Guests' } },
  {
    when: 'its device is known, and its network',
    ...{ client: '192.0.2.200', mac: MAC },
    is: { person: 'Ada Lovelace', device: 'ada-laptop', team: 'Guests' },
  },
  {
    when: 'its device is known elsewhere, over IPv6',
    ...{ client: '2001:db8::1', mac: MAC },
    is: { person: 'Ada Lovelace', device: 'ada-laptop', team: 'Office' },
  },
  {
    when: 'its address is known, which comes first',
    ...{ client: '192.0.2.10', mac: MAC },
    is: { person: 'Ada Lovelace', device: 'heating-control', team: 'Facilities' },
  },
];
for (const [file, text] of Object.entries(written)) {
  const inventory: Inventory = parseInventory(file, text);
  for (const { when, client, mac, is } of questions) {
    test(`ownerOf, ${file}: ${when}`, () => {
      assert.deepEqual(
        ownerOf(inventory, parseAddress(client), (mac && macOf(mac)) || undefined),
        is,
      );
    });
  }
}

const broken: readonly {
  readonly when: string;
  readonly file: string;
  readonly text: string;
  readonly are: readonly string[];
}[] = [
  {
    when: 'YAML with all kinds of faults',
    file: 'i.yaml',
    text: `- { address: 192.0.2.1, person: 4, prson: x }
- { address: 192.0.2.1, mac: '${MAC}', team: x }
- Ada
- { network: 192.0.2.1/24, team: '' }
- { mac: 00:11, team: [x] }
- { address: 010.0.0.1 }
- { team: x }
- { address: 192.0.2.1, team: x }
`,
    are: [
      'i.yaml:1:33: person: needs to be text; put it in quotes',
      'i.yaml:1:36: prson: is not a known key; write one of address, network, mac, person, device, team',
      'i.yaml:2:3: needs one of address, network and mac, and only one',
      'i.yaml:3:3: needs to be a mapping such as `{ address: 192.0.2.10, person: Ada }`',
      'i.yaml:4:14: network: "192.0.2.1/24" has host bits set; did you mean 192.0.2.0/24?',
      'i.yaml:4:34: team: must not be empty; remove the key',
      'i.yaml:5:10: mac: "00:11" is not a MAC address; write one such as 00:00:5e:00:53:17',
      'i.yaml:5:23: team: needs to be text',
      'i.yaml:6:3: says nothing; add a person, a device or a team, or remove the row',
      'i.yaml:6:14: address: "010.0.0.1" is not an IP address; write four decimal parts such as 192.0.2.1, or IPv6',
      'i.yaml:7:3: needs one of address, network and mac, and only one',
      'i.yaml:8:14: address: stands at i.yaml:1:14 too; keep one',
    ],
  },
  {
    when: 'YAML that is no list',
    file: 'i.yml',
    text: 'address: 192.0.2.1\n',
    are: ['i.yml:1:1: needs to be a list of rows such as `- { address: 192.0.2.10, person: Ada }`'],
  },
  {
    when: 'no YAML',
    file: 'i.yaml',
    text: '- {',
    are: [
      'i.yaml:1:4: is not valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
    ],
  },
  {
    when: 'CSV with all kinds of faults',
    file: 'i.csv',
    text: `address,mac,person\n1.2.3,,x\n,00:11,y\n192.0.2.1,,A\n192.0.2.1,,B\n192.0.2.2,,\n,,Z\n192.0.2.9,${MAC},both\n192.0.2.3,\n"192.0.2.4",,"two\nlines"\n192.0.2.0,,${'x'.repeat(256)}\n192.0.2.5,,"x,y\n`,
    are: [
      'i.csv:2:1: address: "1.2.3" is not an IP address; write four decimal parts such as 192.0.2.1, or IPv6',
      'i.csv:3:2: mac: "00:11" is not a MAC address; write one such as 00:00:5e:00:53:17',
      'i.csv:5:1: address: stands at i.csv:4:1 too; keep one',
      'i.csv:6:1: says nothing; add a person, a device or a team, or remove the row',
      'i.csv:7:1: needs one of address, network and mac, and only one',
      'i.csv:8:1: needs one of address, network and mac, and only one',
      'i.csv:9:1: has 2 cells where the first line has 3; put a value that holds a comma in quotes',
      'i.csv:12:12: person: is longer than 255 characters',
      'i.csv:13:12: has a quote that is not closed; double a quote inside quotes',
    ],
  },
  {
    when: 'an empty CSV',
    file: 'i.csv',
    text: '\n\n',
    are: [
      'i.csv:1:1: needs a first line that names the columns: some of address,network,mac,person,device,team',
    ],
  },
  {
    when: 'CSV as spreadsheets write it in some countries',
    file: 'i.csv',
    text: 'address;person\n192.0.2.1;Ada\n',
    are: ['i.csv:1:1: "address;person" is not a known column; separate columns by commas'],
  },
  {
    when: 'CSV with columns nobody knows, and one twice',
    file: 'i.csv',
    text: 'address,owner,address\n192.0.2.1,Ada,192.0.2.1\n',
    are: [
      'i.csv:1:9: "owner" is not a known column; write one of address, network, mac, person, device, team',
      'i.csv:1:15: address: stands twice; keep one of the columns',
    ],
  },
];
for (const { when, file, text, are } of broken) {
  test(`parseInventory: ${when}`, () => {
    assert.throws(
      () => parseInventory(file, text),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.deepEqual(error.message.split('\n'), are);
        return true;
      },
    );
  });
}

test('parseInventory: an inventory yet to be written', () => {
  for (const text of ['', '# later\n', '[]\n']) {
    assert.equal(parseInventory('i.yaml', text).addresses.size, 0);
  }
});

test('parseInventory: quotes within quotes', () => {
  const { addresses } = parseInventory(
    'i.csv',
    'address,person\n192.0.2.1,"Ada ""X"", Lovelace"\n192.0.2.2,"two\nlines"\n',
  );
  assert.deepEqual(
    [...addresses.values()],
    [{ person: 'Ada "X", Lovelace' }, { person: 'two\nlines' }],
  );
});
