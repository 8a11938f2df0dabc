import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { AddressBook } from './addressbook.ts';

/** The names known to live at each address, in the order of the book. */
export function namesAt({ names }: AddressBook): ReadonlyMap<Address, readonly Name[]> {
  const found = new Map<Address, Name[]>();
  for (const [name, addresses] of names) {
    for (const address of addresses) {
      const there = found.get(address);
      if (there) there.push(name);
      else found.set(address, [name]);
    }
  }
  return found;
}
