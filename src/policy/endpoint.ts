import { parseDomain } from './name.ts';
import { type Address, parseAddress } from './network.ts';
import { ParseError } from './problem.ts';

/** Where a socket listens or connects. */
export type Endpoint = { readonly address: Address; readonly port: number };

/** A resolver that is asked: in clear on port 53, or over TLS with the name its certificate must bear. */
export type UpstreamAddress = Endpoint & { readonly tlsName?: string };

/** Reads `192.0.2.1:53`, `[2001:db8::1]:53`; without a port it is `port`. Throws ParseError. */
export function parseEndpoint(text: string, port = 53): Endpoint {
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text);
  if (!match) {
    // A bare IPv6 address has too many colons for the form above and no port.
    return { address: parseAddress(text), port };
  }
  const number = match[3] === undefined ? port : Number(match[3]);
  if (number > 65535) throw new ParseError(`"${text}" has a port over 65535`);
  return { address: parseAddress(match[1] ?? match[2] ?? ''), port: number };
}

/** Reads an endpoint, or `tls://192.0.2.1:853#dns.example.net` for DNS over TLS (RFC 7858). */
export function parseUpstream(text: string): UpstreamAddress {
  const tls = /^tls:\/\/([^#]*)#?(.*)$/s.exec(text);
  const [where, tlsName] = tls ? [tls[1] as string, tls[2] as string] : [text, undefined];
  if (tlsName === '') {
    throw new ParseError(
      `"${text}" lacks the name to check its certificate against; write tls://${where}#NAME`,
    );
  }
  const endpoint = parseEndpoint(where, tls ? 853 : 53);
  if (endpoint.port === 0)
    throw new ParseError(`"${text}" has port 0; name the port it answers on`);
  return tlsName === undefined ? endpoint : { ...endpoint, tlsName: parseDomain(tlsName) };
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export function formatUpstream(upstream: UpstreamAddress): string {
  const where = formatEndpoint(upstream);
  return upstream.tlsName === undefined ? where : `tls://${where}#${upstream.tlsName}`;
}
