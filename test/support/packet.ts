/**
 * DNS messages as tests write and read them: a small codec that shares nothing with src/, so that it
 * shares no fault either. The reader is as strict as the strictest client and throws an Error.
 */

export type PacketQuestion = {
  /** As on the wire, letter case and all; odd octets as `\DDD`. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
};
export type PacketRecord = {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  /** Names in it are spelled out. */
  readonly data: Uint8Array;
};
export type PacketEdns = {
  readonly size: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  readonly options: readonly { readonly code: number; readonly data: Uint8Array }[];
};
export type Packet = {
  readonly id: number;
  /** QR, AA, TC, RD, RA, AD and CD, those that are set. */
  readonly flags: readonly Flag[];
  readonly opcode: number;
  /** With the upper bits of an OPT record. */
  readonly rcode: number;
  readonly questions: readonly PacketQuestion[];
  readonly answers: readonly PacketRecord[];
  readonly authorities: readonly PacketRecord[];
  readonly additionals: readonly PacketRecord[];
  readonly edns?: PacketEdns;
};

const FLAGS = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
};
export type Flag = keyof typeof FLAGS;

const OPT = 41;
/** Types whose data holds names that a reader must expect compressed: octets, names, octets. */
const NAMES_IN_DATA: Readonly<Record<number, readonly [number, number]>> = {
  2: [0, 1],
  5: [0, 1],
  6: [0, 2],
  12: [0, 1],
  15: [2, 1],
};

export function buildPacket(packet: Partial<Packet>): Buffer {
  const { flags = [], opcode = 0, rcode = 0, questions = [], edns } = packet;
  const { answers = [], authorities = [], additionals = [] } = packet;
  const bits = flags.reduce((sum, flag) => sum | FLAGS[flag], 0) | (opcode << 11) | (rcode & 15);
  const counts = [questions.length, answers.length, authorities.length];
  return Buffer.concat([
    words(packet.id ?? 0, bits, ...counts, additionals.length + (edns ? 1 : 0)),
    ...questions.map((question) =>
      Buffer.concat([nameOctets(question.name), words(question.type, question.class)]),
    ),
    ...[...answers, ...authorities, ...additionals].map(buildRecord),
    ...(edns ? [buildOpt(edns, rcode)] : []),
  ]);
}

export function buildRecord(record: PacketRecord): Buffer {
  const { name, type, class: klass, ttl, data } = record;
  const fixed = words(type, klass, Math.floor(ttl / 0x10000), ttl % 0x10000, data.length);
  return Buffer.concat([nameOctets(name), fixed, data]);
}

export function buildOpt(edns: Partial<PacketEdns>, rcode = 0): Buffer {
  const { size = 1232, version = 0, dnssecOk = false, options = [] } = edns;
  const data = Buffer.concat(
    options.map((option) => Buffer.concat([words(option.code, option.data.length), option.data])),
  );
  const upper = ((rcode >> 4) << 8) | version;
  return Buffer.concat([
    Buffer.of(0),
    words(OPT, size, upper, dnssecOk ? 0x8000 : 0, data.length),
    data,
  ]);
}

/** Sixteen bits each, high octet first. */
export function words(...values: readonly number[]): Buffer {
  return Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]));
}

/** `www.example.com` with `\.` and `\DDD` for odd octets, uncompressed. */
export function nameOctets(name: string): Buffer {
  if (name === '.') return Buffer.of(0);
  const labels = name.match(/(?:\\\d{3}|\\.|[^.\\])+/g) ?? [];
  return Buffer.concat([
    ...labels.map((label) => {
      const octets = (label.match(/\\\d{3}|\\.|[^\\]/g) ?? []).map((part) =>
        /^\\\d/.test(part) ? Number(part.slice(1)) : part.charCodeAt(part.length - 1),
      );
      return Buffer.from([octets.length, ...octets]);
    }),
    Buffer.of(0),
  ]);
}

export function parsePacket(bytes: Uint8Array): Packet {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (message.length < 12) throw new Error('no room for a header');
  const bits = message.readUInt16BE(2);
  const [questionCount, ...recordCounts] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at));
  /** Where labels begin that a pointer may lead to. */
  const labelStarts = new Set<number>();
  let at = 12;

  function readName(): string {
    const labels: string[] = [];
    let size = 1;
    let after: number | undefined;
    for (let here = at; ; ) {
      const length = take(here);
      if (length >= 0xc0) {
        const target = ((length & 0x3f) << 8) | take(here + 1);
        if (target >= here || !labelStarts.has(target))
          throw new Error('a pointer to no earlier label');
        after ??= here + 2;
        here = target;
        continue;
      }
      if (length > 63) throw new Error('a label of an unknown type');
      if (length === 0) {
        at = after ?? here + 1;
        return labels.length === 0 ? '.' : labels.join('.');
      }
      if (after === undefined) labelStarts.add(here);
      size += length + 1;
      if (size > 255) throw new Error('a name over 255 octets');
      if (here + 1 + length > message.length) throw new Error('a label past the end');
      labels.push(Array.from(message.subarray(here + 1, here + 1 + length), written).join(''));
      here += length + 1;
    }
  }
  function take(position: number): number {
    if (position >= message.length) throw new Error('past the end');
    return message[position] as number;
  }
  function read16(): number {
    at += 2;
    if (at > message.length) throw new Error('past the end');
    return message.readUInt16BE(at - 2);
  }
  function readRecord(): PacketRecord {
    const name = readName();
    const [type, klass, high, low, length] = [read16(), read16(), read16(), read16(), read16()];
    const end = at + length;
    if (end > message.length) throw new Error('data past the end');
    const [fixed, names] = NAMES_IN_DATA[type] ?? [0, 0];
    const parts: Uint8Array[] = [message.subarray(at, at + fixed)];
    at += fixed;
    for (let i = 0; i < names; i++) parts.push(nameOctets(readName()));
    if (at > end) throw new Error('a name runs out of its record');
    parts.push(message.subarray(at, end));
    at = end;
    return { name, type, class: klass, ttl: high * 0x10000 + low, data: Buffer.concat(parts) };
  }
  const questions = Array.from({ length: questionCount as number }, () => ({
    name: readName(),
    type: read16(),
    class: read16(),
  }));
  const [answers, authorities, rest] = recordCounts.map((length) =>
    Array.from({ length }, readRecord),
  ) as [PacketRecord[], PacketRecord[], PacketRecord[]];
  if (at !== message.length) throw new Error('octets are left over');
  if ([...answers, ...authorities].some(({ type }) => type === OPT)) throw new Error('OPT astray');
  const opts = rest.filter(({ type }) => type === OPT);
  if (opts.length > 1) throw new Error('two OPT records');
  const edns = opts.map(readEdns)[0];
  return {
    id: message.readUInt16BE(0),
    flags: (Object.keys(FLAGS) as Flag[]).filter((flag) => (bits & FLAGS[flag]) !== 0),
    opcode: (bits >> 11) & 15,
    rcode: (bits & 15) | (Math.floor((opts[0]?.ttl ?? 0) / 0x1000000) << 4),
    questions,
    answers,
    authorities,
    additionals: rest.filter(({ type }) => type !== OPT),
    ...(edns ? { edns } : {}),
  };
}

function readEdns({ name, class: size, ttl, data }: PacketRecord): PacketEdns {
  if (name !== '.') throw new Error('an OPT record with a name');
  const options: { code: number; data: Uint8Array }[] = [];
  const octets = Buffer.from(data);
  for (let at = 0; at < octets.length; ) {
    const end = at + 4 + octets.readUInt16BE(at + 2);
    if (end > octets.length) throw new Error('an option past the end');
    options.push({ code: octets.readUInt16BE(at), data: octets.subarray(at + 4, end) });
    at = end;
  }
  return { size, version: (ttl >>> 16) & 0xff, dnssecOk: (ttl & 0x8000) !== 0, options };
}

function written(octet: number): string {
  const char = String.fromCharCode(octet);
  if ('"$();@\\.'.includes(char)) return `\\${char}`;
  return octet > 0x20 && octet < 0x7f ? char : `\\${String(octet).padStart(3, '0')}`;
}
