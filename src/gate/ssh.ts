import type { Scan } from './scan.ts';

/** Octets of an identification line, its end included (RFC 4253 section 4.2). */
const MAX_LINE = 255;
const LF = 0x0a;

/**
 * Reads what begins with `SSH-`. Servers differ in which versions and how long a line they take, so all of it is
 * ssh, and over-long lines are known by their beginning.
 */
export function createBannerScan(): Scan {
  let scanned = 0;
  return (octets) => {
    const seen = octets.subarray(0, MAX_LINE);
    const end = seen.indexOf(LF, scanned);
    scanned = seen.length;
    if (end < 0 && seen.length < MAX_LINE) return undefined;
    const line = Buffer.from(end < 0 ? seen : seen.subarray(0, end)).toString('latin1');
    return { kind: 'ssh', software: line.replace(/^SSH-(?:[^-]*-)?/, '').replace(/\r$/, '') };
  };
}
