import type { Opening } from './opening.ts';
import type { Scan } from './scan.ts';
import { isTokenOctet, otherOpening } from './sniff.ts';

/** Octets of a request line with its header fields that are looked at. */
const MAX_REQUEST = 8192;
/** Octets of a method; the longest that IANA lists has 17. */
const MAX_METHOD = 32;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const VERSION = /^HTTP\/\d\.\d\r?$/;
const VERSION_LIKE = 'HTTP/0.0\r';

/** Reads a request of HTTP/1.x (RFC 9112 section 3) up to the end of its header fields, or to 8 KiB. */
export function createRequestScan(): Scan {
  const isRequestLine = createLineCheck();
  let lineEnd = -1;
  let lineStart = 0;
  let scanned = 0;
  return (octets) => {
    const seen = octets.subarray(0, MAX_REQUEST);
    if (lineEnd < 0) {
      const end = isRequestLine(seen);
      if (end === false) return otherOpening(seen);
      if (end === undefined) return seen.length < MAX_REQUEST ? undefined : otherOpening(seen);
      lineEnd = end;
      lineStart = end + 1;
      scanned = lineStart;
    }
    for (;;) {
      const end = seen.indexOf(LF, scanned);
      if (end < 0) break;
      const isEmpty = end === lineStart || (end === lineStart + 1 && seen[lineStart] === CR);
      if (isEmpty) return requestOf(seen.subarray(0, lineStart));
      lineStart = end + 1;
      scanned = lineStart;
    }
    scanned = seen.length;
    return seen.length < MAX_REQUEST ? undefined : requestOf(seen.subarray(0, lineStart));
  };
}

/**
 * Where the request line ends, looking at each octet once; false as soon as it is none.
 * What is no HTTP is seldom a line at all, and its client may be waiting for us.
 */
function createLineCheck(): (seen: Uint8Array) => number | false | undefined {
  let at = 0;
  /** Where the target and the version begin, once they do. */
  let target = 0;
  let version = 0;
  return (seen) => {
    for (; at < seen.length; at++) {
      const octet = seen[at] as number;
      if (target === 0) {
        if (octet === SPACE) target = at + 1;
        else if (!isTokenOctet(octet) || at >= MAX_METHOD) return false;
      } else if (version === 0) {
        if (octet === SPACE && at > target) version = at + 1;
        else if (octet <= SPACE || octet === 0x7f) return false;
      } else if (octet === LF) {
        const text = Buffer.from(seen.subarray(version, at)).toString('latin1');
        return VERSION.test(text) ? at : false;
      } else if (!isVersionOctet(octet, at - version)) return false;
    }
    return undefined;
  };
}

function isVersionOctet(octet: number, place: number): boolean {
  const like = VERSION_LIKE[place];
  return like === '0' ? octet >= 0x30 && octet <= 0x39 : octet === like?.charCodeAt(0);
}

/** The request of whole lines, the first of which is known to be a request line. */
function requestOf(octets: Uint8Array): Opening {
  const [line = '', ...fields] = Buffer.from(octets).toString('latin1').split('\n');
  const [method = '', target = ''] = line.split(' ');
  const host = fieldValue('host', fields);
  const languages = fieldValue('accept-language', fields);
  return {
    kind: 'http',
    method,
    target,
    ...(host === undefined ? {} : { host }),
    ...(languages === undefined ? {} : { languages }),
  };
}

/** The value of the first field of that name, which is given in lower case. */
function fieldValue(name: string, fields: readonly string[]): string | undefined {
  const field = fields.find(
    (field) => field.slice(0, name.length + 1).toLowerCase() === `${name}:`,
  );
  return field?.slice(name.length + 1).trim();
}
