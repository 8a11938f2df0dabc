import { SPOKEN } from '../attempts/search/values.ts';
import { quoted } from '../attempts/search/words.ts';
import type { Database } from '../attempts/store.ts';
import { addressFromOctets } from '../policy/network.ts';

/** Values offered at most. */
const MOST = 50;

/** Names looked at for some that begin so: the newest, of which there are always some. */
const NAMES = 50_000;

/** Values that a field has in the database, as they are written in a search. */
export function valuesFor(db: Database, field: string, prefix: string): readonly string[] {
  return rawValues(db, field, prefix.toLowerCase()).slice(0, MOST).map(quoted);
}

function rawValues(db: Database, field: string, prefix: string): readonly string[] {
  switch (field) {
    case 'client':
      return clientValues(db, prefix);
    case 'name':
      return nameValues(db, prefix);
    case 'service':
    case 'rule':
      return ofKinds(db, field, prefix);
    case 'type':
      return [...new Set([...ofKinds(db, field, prefix), ...SPOKEN])];
    case 'destination':
      return addressesLike(db, 'destination', prefix);
    case 'ja4':
      return fingerprints(db, prefix);
    case 'team':
    case 'person':
      return ofFacts(db, `'${field}'`, prefix);
    default:
      return [];
  }
}

const holding = (values: readonly string[], prefix: string) =>
  values.filter((value) => value.toLowerCase().includes(prefix));

/** What the clients are called, and their addresses. */
function clientValues(db: Database, prefix: string): readonly string[] {
  const named = ofFacts(db, LABELS, prefix);
  const addresses = /^[\da-f.:]*$/.test(prefix) ? addressesLike(db, 'client', prefix) : [];
  return [...new Set(prefix === '' ? [...addresses, ...named] : [...named, ...addresses])];
}

/** Facts that a label is made of, as SQL. */
const LABELS = "'person', 'device', 'host'";

function ofFacts(db: Database, kinds: string, prefix: string): readonly string[] {
  return db
    .prepare<unknown[], string>(
      `SELECT DISTINCT value FROM client_facts
       WHERE kind IN (${kinds}) AND instr(lower(value), ?) > 0 LIMIT ?`,
    )
    .pluck()
    .all(prefix, MOST)
    .sort();
}

function ofKinds(db: Database, column: 'service' | 'rule' | 'type', prefix: string) {
  return holding(
    db
      .prepare<[], string>(
        `SELECT DISTINCT ${column} FROM kinds WHERE ${column} IS NOT NULL ORDER BY ${column}`,
      )
      .pluck()
      .all(),
    prefix,
  );
}

function nameValues(db: Database, prefix: string): readonly string[] {
  const wanted = prefix.startsWith('=') ? prefix.slice(1) : prefix;
  const sign = prefix.startsWith('=') ? '=' : '';
  return db
    .prepare<unknown[], string>(
      `SELECT name FROM (SELECT name FROM names ORDER BY id DESC LIMIT ${NAMES})
       WHERE instr(name, ?) > 0 ORDER BY instr(name, ?), length(name), name LIMIT ?`,
    )
    .pluck()
    .all(wanted, wanted, MOST)
    .map((name) => `${sign}${name}`);
}

/** Addresses that begin so: each of a few is found by one look at the index. */
function addressesLike(db: Database, column: 'client' | 'destination', prefix: string) {
  const [from, to] = rangeOf(prefix);
  const next = db
    .prepare<unknown[], Uint8Array>(
      `SELECT min(${column}) FROM attempts WHERE ${column} > ? AND ${column} <= ?`,
    )
    .pluck();
  const found: string[] = [];
  let last: Uint8Array = from;
  for (let looks = 0; looks < 1000 && found.length < MOST; looks++) {
    const octets = next.get(last, to) as Uint8Array | null;
    if (octets === null) break;
    const address = addressFromOctets(octets);
    if (address.startsWith(prefix)) found.push(address);
    last = octets;
  }
  return found;
}

/** Where addresses are that begin with whole decimal parts; of others all are looked at. */
function rangeOf(prefix: string): readonly [Uint8Array, Uint8Array] {
  const parts = prefix.split('.').slice(0, -1).map(Number);
  const isIpv4 = parts.every((part) => Number.isInteger(part) && part < 256) && parts.length < 4;
  const begin = isIpv4 ? Uint8Array.from(parts) : new Uint8Array();
  return [begin, Uint8Array.from({ length: 17 }, (_, i) => begin[i] ?? 255)];
}

function fingerprints(db: Database, prefix: string): readonly string[] {
  const next = db
    .prepare<unknown[], string>('SELECT min(ja4) FROM attempts WHERE ja4 >= ?')
    .pluck();
  const found: string[] = [];
  for (let least = prefix; found.length < MOST; ) {
    const ja4 = next.get(least) as string | null;
    if (!ja4?.startsWith(prefix)) break;
    found.push(ja4);
    least = `${ja4}\0`; // the next text there is
  }
  return found;
}
