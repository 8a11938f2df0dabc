/** Cuts a TCP stream into messages by their two-octet length (RFC 1035 4.2.2). */
export type Deframer = {
  /** The messages that are whole now. */
  readonly push: (chunk: Buffer) => Buffer[];
  /** True while a message has begun and is not whole. */
  readonly isPartial: () => boolean;
};

export function createDeframer(): Deframer {
  let chunks: Buffer[] = [];
  let length = 0;
  return {
    push: (chunk) => {
      chunks.push(chunk);
      length += chunk.length;
      // Chunks are joined only when a message may be whole: a drip of single octets stays cheap.
      if (length < 2 || (chunks.length > 1 && length < wanted(chunks))) return [];
      let rest = chunks.length === 1 ? chunk : Buffer.concat(chunks, length);
      const messages: Buffer[] = [];
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const end = 2 + rest.readUInt16BE(0);
        messages.push(rest.subarray(2, end));
        rest = rest.subarray(end);
      }
      chunks = rest.length > 0 ? [rest] : [];
      length = rest.length;
      return messages;
    },
    isPartial: () => length > 0,
  };
}

function wanted(chunks: readonly Buffer[]): number {
  const first = chunks[0] as Buffer;
  const low = first.length > 1 ? first[1] : chunks[1]?.[0];
  return 2 + ((first[0] as number) << 8) + (low ?? 0);
}

/** A message with its length before it, in one piece: one write, one segment (RFC 7766 section 8). */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(2 + message.length);
  framed.writeUInt16BE(message.length, 0);
  framed.set(message, 2);
  return framed;
}
