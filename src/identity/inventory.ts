import {
  type Address,
  contains,
  type Network,
  octetsOfAddress,
  parseAddress,
  parseNetwork,
} from '../policy/network.ts';
import {
  formatPlace,
  InputError,
  ParseError,
  type Place,
  type Problem,
} from '../policy/problem.ts';
import { csvRows } from './inventory-csv.ts';
import { yamlRows } from './inventory-yaml.ts';
import { type Mac, macOf } from './mac.ts';

/** What the inventory can say of a device. */
export const OWNED = ['person', 'device', 'team'] as const;
export type Owner = { readonly [Kind in (typeof OWNED)[number]]?: string };

/** Whose devices these are, as an organisation keeps it. */
export type Inventory = {
  readonly addresses: ReadonlyMap<Address, Owner>;
  readonly macs: ReadonlyMap<Mac, Owner>;
  /** The narrowest first. */
  readonly networks: readonly { readonly network: Network; readonly owner: Owner }[];
};

/** A row as it was written: some columns, each with its place. */
export type Row = {
  readonly place: Place;
  readonly cells: readonly {
    readonly column: string;
    readonly text: string;
    readonly place: Place;
  }[];
  /** False where a cell was left out for a fault. */
  readonly isWhole: boolean;
};

const SELECTORS = ['address', 'network', 'mac'] as const;
type Selector = (typeof SELECTORS)[number];
const COLUMNS: readonly string[] = [...SELECTORS, ...OWNED];

/** Characters of a value: it stands in lines and messages. */
const LONGEST = 255;

/** Reads an inventory, as CSV where the file's name says so, else as YAML. Throws InputError with all its faults. */
export function parseInventory(file: string, text: string): Inventory {
  const { rows, problems } = file.toLowerCase().endsWith('.csv')
    ? csvRows(file, text, COLUMNS)
    : yamlRows(file, text, COLUMNS);
  return inventoryOf(rows, problems);
}

function inventoryOf(rows: readonly Row[], before: readonly Problem[]): Inventory {
  const problems = [...before];
  const complain = (place: Place, path: string, message: string) => {
    problems.push({ severity: 'error', place, path, message });
  };
  const seen = new Map<string, Place>();
  const addresses = new Map<Address, Owner>();
  const macs = new Map<Mac, Owner>();
  const networks: { readonly network: Network; readonly owner: Owner }[] = [];

  for (const { place, cells, isWhole } of rows) {
    const selecting = cells.filter(({ column }) => isSelector(column));
    const [cell] = selecting;
    if (!cell || selecting.length > 1) {
      if (cell || isWhole)
        complain(place, '', 'needs one of address, network and mac, and only one');
      continue;
    }
    const owner = ownerIn(cells, complain);
    if (isWhole && Object.keys(owner).length === 0) {
      complain(place, '', 'says nothing; add a person, a device or a team, or remove the row');
    }
    try {
      const key = settle(cell.column as Selector, cell.text, owner);
      const first = seen.get(key);
      if (first) complain(cell.place, cell.column, `stands at ${formatPlace(first)} too; keep one`);
      else seen.set(key, cell.place);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      complain(cell.place, cell.column, error.message);
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  networks.sort((a, b) => b.network.length - a.network.length);
  return { addresses, macs, networks };

  /** Files an owner under what a row is about, and says under what. */
  function settle(selector: Selector, text: string, owner: Owner): string {
    if (selector === 'address') {
      const address = parseAddress(text);
      addresses.set(address, owner);
      return address;
    }
    if (selector === 'network') {
      const network = parseNetwork(text);
      networks.push({ network, owner });
      return `network ${network.text}`;
    }
    const mac = macOf(text);
    if (!mac) {
      throw new ParseError(`"${text}" is not a MAC address; write one such as 00:00:5e:00:53:17`);
    }
    macs.set(mac, owner);
    return mac;
  }
}

function ownerIn(
  cells: Row['cells'],
  complain: (place: Place, path: string, message: string) => void,
): Owner {
  const own = cells.filter(({ column }) => !isSelector(column));
  for (const { text, place, column } of own) {
    if (text.length > LONGEST) complain(place, column, `is longer than ${LONGEST} characters`);
  }
  return Object.fromEntries(own.map(({ column, text }) => [column, text]));
}

const isSelector = (column: string) => SELECTORS.some((selector) => selector === column);

/**
 * What is said of a client: of its address, then of the device that has it now, then of the narrowest
 * network it is in; each of person, device and team by itself.
 */
export function ownerOf(
  { addresses, macs, networks }: Inventory,
  client: Address,
  mac: Mac | undefined,
): Owner {
  const octets = octetsOfAddress(client);
  const around = networks.filter(({ network }) => contains(network, octets));
  const said = [
    addresses.get(client),
    mac === undefined ? undefined : macs.get(mac),
    ...around.map(({ owner }) => owner),
  ];
  // What comes later in the list is written over by what comes before.
  return Object.assign({}, ...said.reverse());
}
