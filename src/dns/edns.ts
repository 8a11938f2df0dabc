import { OPTION } from './constants.ts';
import type { ExtendedError, QueryEdns } from './message.ts';
import { malformed, u16 } from './reader.ts';

/** The UDP payload we advertise and never exceed: it fits an Ethernet frame (RFC 9715). */
export const PAYLOAD = 1232;

/** What an OPT record holds (RFC 6891 6.1.2); `ttl` is its extended rcode, version and flags. */
export type Opt = {
  readonly size: number;
  readonly extendedRcode: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  /** Options as they came: how they are laid out is version 0's affair. */
  readonly data: Uint8Array;
};

type Option = { readonly code: number; readonly data: Uint8Array };

export function readOpt(size: number, ttl: number, data: Uint8Array): Opt {
  return {
    size,
    extendedRcode: ttl >>> 24,
    version: (ttl >>> 16) & 0xff,
    dnssecOk: (ttl & 0x8000) !== 0,
    data,
  };
}

/** Throws Malformed where an option runs past the record. */
function optionsOf({ data }: Opt): readonly Option[] {
  const options: Option[] = [];
  for (let at = 0; at < data.length; ) {
    if (at + 4 > data.length) throw malformed('an EDNS option is cut short');
    const end = at + 4 + u16(data, at + 2);
    if (end > data.length) throw malformed('an EDNS option is cut short');
    options.push({ code: u16(data, at), data: data.subarray(at + 4, end) });
    at = end;
  }
  return options;
}

/** The options of a client's that we act on; all others are between it and us, and ignored. */
export function queryEdnsOf(opt: Opt): QueryEdns {
  const options = optionsOf(opt);
  const cookie = options.find(({ code }) => code === OPTION.COOKIE)?.data;
  // RFC 7873 5.2.2: 8 octets of the client's, or 16 to 40 with a server's part behind them.
  if (cookie && cookie.length !== 8 && (cookie.length < 16 || cookie.length > 40)) {
    throw malformed('a cookie has a wrong length');
  }
  const has = (wanted: number) => options.some(({ code }) => code === wanted);
  return {
    size: Math.max(512, opt.size),
    dnssecOk: opt.dnssecOk,
    ...(cookie ? { cookie } : {}),
    keepalive: has(OPTION.KEEPALIVE),
    padding: has(OPTION.PADDING),
  };
}

/** What an answer to an OPT record that cannot be used still has to say of itself: an OPT record. */
export function bareEdnsOf({ dnssecOk }: Opt): QueryEdns {
  return { size: 512, dnssecOk, keepalive: false, padding: false };
}

/** The extended errors an upstream gave (RFC 8914 section 2). */
export function extendedErrorsOf(opt: Opt): ExtendedError[] {
  return optionsOf(opt)
    .filter(({ code, data }) => code === OPTION.EXTENDED_ERROR && data.length >= 2)
    .map(({ data }) => ({
      code: u16(data, 0),
      text: Buffer.from(data.subarray(2)).toString('utf8').replace(/\0$/, ''),
    }));
}

/** One option in wire form. */
export function optionWire(code: number, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + data.length);
  out.set([code >> 8, code & 0xff, data.length >> 8, data.length & 0xff]);
  out.set(data, 4);
  return out;
}

export function extendedErrorWire({ code, text }: ExtendedError): Uint8Array {
  const words = Buffer.from(text, 'utf8');
  return optionWire(OPTION.EXTENDED_ERROR, Uint8Array.of(code >> 8, code & 0xff, ...words));
}
