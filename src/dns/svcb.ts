import { type Name, nameFromWire } from '../policy/name.ts';
import { type Address, addressFromOctets } from '../policy/network.ts';
import { malformed, u16 } from './reader.ts';

/** The SVCB and HTTPS record (RFC 9460), which dns-packet leaves undecoded. */
export type ServiceBinding = {
  /** 0 is an alias to the target. */
  readonly priority: number;
  /** The root where the service is at the owner itself. */
  readonly target: Name;
  readonly parameters: readonly { readonly key: number; readonly value: Uint8Array }[];
};

const KEY = {
  MANDATORY: 0,
  ALPN: 1,
  NO_DEFAULT_ALPN: 2,
  IPV4HINT: 4,
  ECH: 5,
  IPV6HINT: 6,
} as const;

/** Throws Malformed where the data is no service binding: names are never compressed in it. */
export function checkServiceBinding(data: Uint8Array): void {
  let at = targetEnd(data);
  let last = -1;
  while (at < data.length) {
    if (at + 4 > data.length) throw malformed('a service parameter is cut short');
    const key = u16(data, at);
    at += 4 + u16(data, at + 2);
    // Keys rise strictly (RFC 9460 2.2): a repeated one could hide what a check looked at.
    if (at > data.length || key <= last) throw malformed('service parameters are out of order');
    last = key;
  }
}

function targetEnd(data: Uint8Array): number {
  let at = 2;
  while (at < data.length && data[at] !== 0) {
    if ((data[at] as number) > 63) throw malformed('a service target is compressed');
    at += 1 + (data[at] as number);
  }
  if (at >= data.length || at - 2 > 254) throw malformed('a service target is cut short');
  return at + 1;
}

/** Decodes data that `checkServiceBinding` has passed. */
export function decodeServiceBinding(data: Uint8Array): ServiceBinding {
  const end = targetEnd(data);
  const parameters: { key: number; value: Uint8Array }[] = [];
  for (let at = end; at < data.length; ) {
    const next = at + 4 + u16(data, at + 2);
    parameters.push({ key: u16(data, at), value: data.subarray(at + 4, next) });
    at = next;
  }
  return { priority: u16(data, 0), target: nameFromWire(data, 2, end), parameters };
}

/** The addresses that the hints of a binding give away. */
export function hintsOf(binding: ServiceBinding): readonly Address[] {
  return binding.parameters.flatMap(({ key, value }) => {
    const size = key === KEY.IPV4HINT ? 4 : key === KEY.IPV6HINT ? 16 : 0;
    if (size === 0) return [];
    return Array.from({ length: Math.floor(value.length / size) }, (_, i) =>
      addressFromOctets(value.subarray(i * size, (i + 1) * size)),
    );
  });
}

/**
 * The data without the key of Encrypted ClientHello, so that the server name stays in sight; the data
 * itself where it holds none.
 */
export function dropEch(data: Uint8Array): Uint8Array {
  return rewritten(data, (parameters) => parameters.filter(({ key }) => key !== KEY.ECH));
}

/**
 * The data without anything that takes a connection out of sight of whoever reads TLS server names:
 * keys of Encrypted ClientHello, and HTTP/3, which runs over UDP. The data itself where it holds neither.
 */
export function keepInSight(data: Uint8Array): Uint8Array {
  return rewritten(data, (parameters) =>
    withoutHttp3(parameters.filter(({ key }) => key !== KEY.ECH)),
  );
}

type Parameters = ServiceBinding['parameters'];

/** The offers of HTTP/3 (`h3`, and `h3-29` of drafts) taken out of the list of protocols. */
function withoutHttp3(parameters: Parameters): Parameters {
  const offer = parameters.find(({ key }) => key === KEY.ALPN);
  if (!offer) return parameters;
  const protocols = protocolsOf(offer.value);
  const kept = protocols.filter((protocol) => !/^h3(-|$)/.test(protocol.toString('latin1', 1)));
  if (kept.length === protocols.length) return parameters;
  if (kept.length > 0) {
    const value = Uint8Array.from(Buffer.concat(kept));
    return parameters.map((parameter) => (parameter === offer ? { ...offer, value } : parameter));
  }
  // Without a list there is nothing that could stand for the default (RFC 9460 section 7.1.1).
  return parameters.filter(({ key }) => key !== KEY.ALPN && key !== KEY.NO_DEFAULT_ALPN);
}

/** The protocols of a list, each with the octet that says its length; what is cut short is left out. */
function protocolsOf(value: Uint8Array): readonly Buffer[] {
  const protocols: Buffer[] = [];
  for (let at = 0; at < value.length; ) {
    const next = at + 1 + (value[at] as number);
    if (next <= value.length) protocols.push(Buffer.from(value.subarray(at, next)));
    at = next;
  }
  return protocols;
}

function rewritten(data: Uint8Array, change: (parameters: Parameters) => Parameters): Uint8Array {
  const { parameters } = decodeServiceBinding(data);
  const changed = change(parameters);
  if (changed.length === parameters.length && changed.every((one, i) => one === parameters[i])) {
    return data;
  }
  return encoded(data.subarray(0, targetEnd(data)), withMandatory(parameters, changed));
}

/** A binding that calls a key mandatory that has been taken out would be unusable (RFC 9460 section 8). */
function withMandatory(before: Parameters, after: Parameters): Parameters {
  const isGone = (key: number) =>
    before.some((one) => one.key === key) && !after.some((one) => one.key === key);
  return after.flatMap(({ key, value }) => {
    if (key !== KEY.MANDATORY) return [{ key, value }];
    const keys = Array.from({ length: value.length >> 1 }, (_, i) => u16(value, i * 2));
    const kept = keys.filter((named) => !isGone(named)).flatMap((k) => [k >> 8, k & 0xff]);
    return kept.length === 0 ? [] : [{ key, value: Uint8Array.from(kept) }];
  });
}

function encoded(start: Uint8Array, parameters: Parameters): Uint8Array {
  const size = parameters.reduce((sum, { value }) => sum + 4 + value.length, start.length);
  const out = new Uint8Array(size);
  out.set(start);
  let at = start.length;
  for (const { key, value } of parameters) {
    out.set([key >> 8, key & 0xff, value.length >> 8, value.length & 0xff], at);
    out.set(value, at + 4);
    at += 4 + value.length;
  }
  return out;
}
