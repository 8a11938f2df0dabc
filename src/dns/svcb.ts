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

const KEY = { MANDATORY: 0, IPV4HINT: 4, ECH: 5, IPV6HINT: 6 } as const;

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

export function hasEch(binding: ServiceBinding): boolean {
  return binding.parameters.some(({ key }) => key === KEY.ECH);
}

/** The data without the key of Encrypted ClientHello, so that the server name stays in sight. */
export function dropEch(data: Uint8Array): Uint8Array {
  const end = targetEnd(data);
  const kept = decodeServiceBinding(data).parameters.flatMap((parameter) => {
    if (parameter.key === KEY.ECH) return [];
    if (parameter.key !== KEY.MANDATORY) return [parameter];
    // A binding that calls a missing key mandatory is unusable (RFC 9460 section 8).
    const value = withoutMandatoryEch(parameter.value);
    return value.length === 0 ? [] : [{ key: parameter.key, value }];
  });
  const out = new Uint8Array(end + kept.reduce((sum, { value }) => sum + 4 + value.length, 0));
  out.set(data.subarray(0, end));
  let at = end;
  for (const { key, value } of kept) {
    out.set([key >> 8, key & 0xff, value.length >> 8, value.length & 0xff], at);
    out.set(value, at + 4);
    at += 4 + value.length;
  }
  return out;
}

function withoutMandatoryEch(value: Uint8Array): Uint8Array {
  const keys = Array.from({ length: value.length >> 1 }, (_, i) => u16(value, i * 2));
  return Uint8Array.from(
    keys.filter((key) => key !== KEY.ECH).flatMap((key) => [key >> 8, key & 0xff]),
  );
}
