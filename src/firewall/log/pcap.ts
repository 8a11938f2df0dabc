/** A record of a capture: octets of a packet, and when it was. */
export type CaptureRecord = {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly octets: Buffer;
  /** How many octets of the stream are read with it. */
  readonly end: number;
};

/** What the header of a capture says of all its records. */
export type Capture = {
  readonly linkType: number;
  /** The byte order of the machine that wrote it. */
  readonly isLittleEndian: boolean;
};

export type CaptureReader = {
  /**
   * Takes the next octets of the stream, cut anywhere, and hands out the records that are whole with them.
   * Gives what is wrong with the stream, after which nothing of it can be read.
   */
  readonly push: (chunk: Buffer) => string | undefined;
};

/** The first four octets: microseconds and nanoseconds, in either byte order. */
const MAGICS = { a1b2c3d4: 1e3, a1b23c4d: 1e6 } as const;
const [FILE_HEADER, RECORD_HEADER] = [24, 16];
/** MAXIMUM_SNAPLEN of libpcap: a longer record is no record. */
const LONGEST = 262_144;

/** True where a file begins as a capture does. */
export function isCapture(beginning: Buffer): boolean {
  return scaleOf(beginning) !== undefined;
}

/** Reads the format of tcpdump (draft-ietf-opsawg-pcap). Keeps one record at most. */
export function createCaptureReader(
  onRecord: (record: CaptureRecord, capture: Capture) => void,
): CaptureReader {
  let kept: Buffer = Buffer.alloc(0);
  let end = 0;
  let capture: (Capture & { readonly scale: number }) | undefined;
  let fault: string | undefined;

  return {
    push(chunk) {
      if (fault !== undefined) return fault;
      const octets = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
      let at = 0;
      if (!capture) {
        if (octets.length < FILE_HEADER) {
          kept = Buffer.from(octets);
          return undefined;
        }
        const found = readFileHeader(octets);
        if (typeof found === 'string') {
          fault = found;
          return fault;
        }
        capture = found;
        at = FILE_HEADER;
        end = FILE_HEADER;
      }
      const { isLittleEndian, scale } = capture;
      const u32 = (place: number) =>
        isLittleEndian ? octets.readUInt32LE(place) : octets.readUInt32BE(place);
      while (at + RECORD_HEADER <= octets.length) {
        const length = u32(at + 8);
        if (length > LONGEST) {
          fault = `this is no capture any more: a record of ${length} octets`;
          return fault;
        }
        const next = at + RECORD_HEADER + length;
        if (next > octets.length) break;
        end += next - at;
        const time = u32(at) * 1000 + Math.floor(u32(at + 4) / scale);
        onRecord({ time, octets: octets.subarray(at + RECORD_HEADER, next), end }, capture);
        at = next;
      }
      // A copy: what is left must not hold on to all that came with it.
      kept = Buffer.from(octets.subarray(at));
      return undefined;
    },
  };
}

function readFileHeader(octets: Buffer): (Capture & { readonly scale: number }) | string {
  const found = scaleOf(octets);
  if (!found) return 'this is no capture as tcpdump writes them';
  const { isLittleEndian } = found;
  const network = isLittleEndian ? octets.readUInt32LE(20) : octets.readUInt32BE(20);
  // Above are bits about frame checks.
  return { ...found, linkType: network & 0xffff };
}

/** How many of its fractions are a millisecond. */
function scaleOf(octets: Buffer): { scale: number; isLittleEndian: boolean } | undefined {
  if (octets.length < 4) return undefined;
  for (const isLittleEndian of [true, false]) {
    const magic = isLittleEndian ? octets.readUInt32LE(0) : octets.readUInt32BE(0);
    const scale = MAGICS[magic.toString(16) as keyof typeof MAGICS];
    if (scale !== undefined) return { scale, isLittleEndian };
  }
  return undefined;
}
