import { nameOctets, type PacketRecord, parsePacket, words } from './packet.ts';

/** Records as people write them: `www.example.com 300 A 192.0.2.80`. Only the types that tests speak of. */

const TYPES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  SVCB: 64,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
};
const CLASSES: Readonly<Record<string, number>> = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 };
const PARAMETERS = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint'];

export function typeNumberOf(text: string): number {
  const number = TYPES[text] ?? Number(/^TYPE(\d+)$/.exec(text)?.[1]);
  if (Number.isNaN(number)) throw new Error(`"${text}" is no type`);
  return number;
}

export function classNumberOf(text: string): number {
  const number = CLASSES[text];
  if (number === undefined) throw new Error(`"${text}" is no class`);
  return number;
}

/** Reads `NAME TTL [CLASS] TYPE DATA`. */
export function recordOf(text: string): PacketRecord {
  const [name = '', ttl = '', ...rest] = text.trim().split(/\s+/);
  const hasClass = CLASSES[rest[0] ?? ''] !== undefined && TYPES[rest[1] ?? ''] !== undefined;
  const klass = hasClass ? classNumberOf(rest.shift() as string) : 1;
  const [type = '', ...fields] = rest;
  if (!/^\d+$/.test(ttl)) throw new Error(`"${text}" has no TTL`);
  const data =
    fields[0] === '\\#' ? Buffer.from(fields.slice(2).join(''), 'hex') : dataOf(type, fields);
  return { name, type: typeNumberOf(type), class: klass, ttl: Number(ttl), data };
}

/** The same text again; names as the message had them, in lower case. */
export function textOf({ name, type, class: klass, ttl, data }: PacketRecord): string {
  const typeText = typeTextOf(type);
  const classText = klass === 1 ? [] : [Object.keys(CLASSES).find((key) => CLASSES[key] === klass)];
  const fields = [
    name.toLowerCase(),
    ttl,
    ...classText,
    typeText,
    dataTextOf(typeText, Buffer.from(data)),
  ];
  return fields.join(' ').trim();
}

export function typeTextOf(type: number): string {
  return Object.keys(TYPES).find((key) => TYPES[key] === type) ?? `TYPE${type}`;
}

function dataOf(type: string, fields: readonly string[]): Buffer {
  const [first = '', second = ''] = fields;
  if (type === 'A') return ipv4Octets(first);
  if (type === 'AAAA') return ipv6Octets(first);
  if (['NS', 'CNAME', 'PTR', 'DNAME'].includes(type)) return nameOctets(first);
  if (type === 'MX') return Buffer.concat([words(Number(first)), nameOctets(second)]);
  if (type === 'SRV') {
    return Buffer.concat([
      words(...fields.slice(0, 3).map(Number)),
      nameOctets(fields[3] as string),
    ]);
  }
  if (type === 'TXT') return Buffer.concat(fields.map(stringOctets));
  if (type === 'SOA') {
    const numbers = fields.slice(2).map(Number);
    const octets = Buffer.concat(numbers.map((n) => words(Math.floor(n / 0x10000), n % 0x10000)));
    return Buffer.concat([nameOctets(first), nameOctets(second), octets]);
  }
  // RRSIG TYPE SIGNER and NSEC NEXT: what follows the names is the same in every test.
  if (type === 'RRSIG') {
    const fixed = Buffer.concat([words(typeNumberOf(first), 0x0d02), Buffer.alloc(14, 1)]);
    return Buffer.concat([fixed, nameOctets(second), Buffer.alloc(8, 7)]);
  }
  if (type === 'NSEC') return Buffer.concat([nameOctets(first), Buffer.of(0, 1, 0x40)]);
  if (type === 'SVCB' || type === 'HTTPS') return bindingOctets(fields);
  throw new Error(`no text form for the data of ${type}`);
}

function dataTextOf(type: string, data: Buffer): string {
  if (type === 'A') return data.join('.');
  if (type === 'AAAA') return ipv6Text(data);
  if (['NS', 'CNAME', 'PTR', 'DNAME'].includes(type)) return nameText(data, 0).text;
  if (type === 'MX') return `${data.readUInt16BE(0)} ${nameText(data, 2).text}`;
  if (type === 'SRV') {
    return `${[0, 2, 4].map((at) => data.readUInt16BE(at)).join(' ')} ${nameText(data, 6).text}`;
  }
  if (type === 'TXT' || type === 'HINFO') {
    const strings: string[] = [];
    for (let at = 0; at < data.length; at += 1 + (data[at] as number)) {
      strings.push(stringText(data.toString('latin1', at + 1, at + 1 + (data[at] as number))));
    }
    return strings.join(' ');
  }
  if (type === 'SOA') {
    const primary = nameText(data, 0);
    const contact = nameText(data, primary.end);
    const numbers = [0, 4, 8, 12, 16].map((at) => data.readUInt32BE(contact.end + at));
    return [primary.text, contact.text, ...numbers].join(' ');
  }
  if (type === 'RRSIG') return `${typeTextOf(data.readUInt16BE(0))} ${nameText(data, 18).text}`;
  if (type === 'NSEC') return nameText(data, 0).text;
  if (type === 'SVCB' || type === 'HTTPS') return bindingText(data);
  return `\\# ${data.length} ${data.toString('hex')}`;
}

function bindingOctets([priority = '', target = '', ...parameters]: readonly string[]): Buffer {
  const parts = parameters.map((parameter) => {
    const [, key = '', value = ''] = /^([^=]+)=?(.*)$/.exec(parameter) ?? [];
    const octets = parameterOctets(key, value);
    return Buffer.concat([words(PARAMETERS.indexOf(key), octets.length), octets]);
  });
  const sorted = parts.toSorted((a, b) => a.readUInt16BE(0) - b.readUInt16BE(0));
  return Buffer.concat([words(Number(priority)), nameOctets(target), ...sorted]);
}

function parameterOctets(key: string, value: string): Buffer {
  const values = value.split(',');
  if (key === 'mandatory') return words(...values.map((name) => PARAMETERS.indexOf(name)));
  if (key === 'alpn') return Buffer.concat(values.map(counted));
  if (key === 'port') return words(Number(value));
  if (key === 'ipv4hint') return Buffer.concat(values.map(ipv4Octets));
  if (key === 'ipv6hint') return Buffer.concat(values.map(ipv6Octets));
  return Buffer.from(value, 'base64');
}

function bindingText(data: Buffer): string {
  const target = nameText(data, 2);
  const parts: string[] = [];
  for (let at = target.end; at < data.length; ) {
    const key = PARAMETERS[data.readUInt16BE(at)] as string;
    const end = at + 4 + data.readUInt16BE(at + 2);
    parts.push(`${key}=${parameterText(key, data.subarray(at + 4, end))}`);
    at = end;
  }
  return [data.readUInt16BE(0), target.text, ...parts].join(' ');
}

function parameterText(key: string, value: Buffer): string {
  const chunks = (size: number) =>
    Array.from({ length: value.length / size }, (_, i) => value.subarray(i * size, (i + 1) * size));
  if (key === 'mandatory')
    return chunks(2)
      .map((two) => PARAMETERS[two.readUInt16BE(0)])
      .join(',');
  if (key === 'alpn') return dataTextOf('TXT', value).replaceAll('"', '').replaceAll(' ', ',');
  if (key === 'port') return String(value.readUInt16BE(0));
  if (key === 'ipv4hint')
    return chunks(4)
      .map((four) => four.join('.'))
      .join(',');
  if (key === 'ipv6hint') return chunks(16).map(ipv6Text).join(',');
  return value.toString('base64');
}

function nameText(data: Buffer, start: number): { text: string; end: number } {
  let end = start;
  while (data[end] !== 0) end += 1 + (data[end] as number);
  end += 1;
  // As the question of a message of its own, so that there is one reader of names.
  const question = Buffer.concat([words(0, 0, 1, 0, 0, 0), data.subarray(start, end), words(1, 1)]);
  return { text: (parsePacket(question).questions[0]?.name ?? '').toLowerCase(), end };
}

/** `"text"`, or `"a"*240` for one character so many times. */
function stringOctets(field: string): Buffer {
  const [, text = '', times = '1'] = /^"(.*)"(?:\*(\d+))?$/.exec(field) ?? [];
  return counted(text.repeat(Number(times)));
}

function stringText(text: string): string {
  return /^(.)\1{31,}$/.test(text) ? `"${text[0]}"*${text.length}` : `"${text}"`;
}

function counted(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')]);
}

export function ipv4Octets(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number));
}

export function ipv6Octets(text: string): Buffer {
  const [left = '', right] = text.split('::');
  const groups = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
  const tail = groups(right ?? '');
  const gap = 8 - groups(left).length - tail.length;
  return words(
    ...groups(left),
    ...(right === undefined ? [] : new Array<number>(gap).fill(0)),
    ...tail,
  );
}

function ipv6Text(octets: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(i * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
