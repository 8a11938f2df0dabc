/** Octets of a line at most: the kernel's are under a thousand. */
const LONGEST = 8_192;

export type LineReader = {
  /** Takes the next octets of the stream, cut anywhere. */
  readonly push: (chunk: Buffer) => void;
};

/** Hands out lines; of one that is too long, `undefined`. Keeps one line at most. */
export function createLineReader(onLine: (line: string | undefined) => void): LineReader {
  let kept = '';
  let isTooLong = false;
  return {
    push(chunk) {
      // What matters is ASCII, and this way no letter is cut in two.
      const parts = chunk.toString('latin1').split('\n');
      const last = parts.pop() as string;
      for (const part of parts) {
        const line = kept + part;
        onLine(isTooLong || line.length > LONGEST ? undefined : line);
        kept = '';
        isTooLong = false;
      }
      kept += last;
      if (kept.length > LONGEST) {
        kept = '';
        isTooLong = true;
      }
    },
  };
}
