/** A ClientHello in parts, so that tests can change one and leave the rest sound. */
export type HelloParts = {
  /** Version, random, session id, ciphers, compressions. */
  readonly head: Buffer;
  readonly extensions: readonly Extension[];
};
export type Extension = { readonly type: number; readonly data: Buffer };

/** Octets behind their length. */
export function sized(length: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const size = Buffer.alloc(length);
  size.writeUIntBE(body.length, 0, length);
  return Buffer.concat([size, body]);
}

/** The parts of a ClientHello in one record. */
export function partsOf(record: Buffer): HelloParts {
  const hello = record.subarray(9);
  let at = 34;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  const head = hello.subarray(0, at);
  const extensions: Extension[] = [];
  for (at += 2; at < hello.length; ) {
    const end = at + 4 + hello.readUInt16BE(at + 2);
    extensions.push({ type: hello.readUInt16BE(at), data: hello.subarray(at + 4, end) });
    at = end;
  }
  return { head, extensions };
}

/** The message with its header, not in a record yet. */
export function messageOf({ head, extensions }: HelloParts): Buffer {
  const list = extensions.map(({ type, data }) => Buffer.concat([u16(type), sized(2, data)]));
  return Buffer.concat([Buffer.of(1), sized(3, head, sized(2, ...list))]);
}

/** Pieces of handshake, in a record each. */
export function recordsOf(...pieces: readonly Uint8Array[]): Buffer {
  return Buffer.concat(pieces.flatMap((piece) => [Buffer.from('160301', 'hex'), sized(2, piece)]));
}

/** The hello with another server name extension, in its place; with none where there is no data. */
export function withServerName(parts: HelloParts, data: Buffer | undefined): HelloParts {
  const others = parts.extensions.filter(({ type }) => type !== 0);
  if (!data) return { ...parts, extensions: others };
  const place = Math.max(
    0,
    parts.extensions.findIndex(({ type }) => type === 0),
  );
  return { ...parts, extensions: others.toSpliced(place, 0, { type: 0, data }) };
}

/** The data of a server name extension with these entries. */
export function nameList(...names: readonly (string | Uint8Array)[]): Buffer {
  return sized(
    2,
    ...names.map((name) => Buffer.concat([Buffer.of(0), sized(2, Buffer.from(name))])),
  );
}

export function u16(value: number): Buffer {
  return Buffer.of(value >>> 8, value & 0xff);
}
