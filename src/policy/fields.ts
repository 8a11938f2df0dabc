import { z } from 'zod';
import { parseDomain } from './name.ts';
import { parseAddress, parseNetwork } from './network.ts';
import { parsePattern } from './pattern.ts';
import { ParseError } from './problem.ts';
import type { Port } from './service.ts';

/**
 * A text field that one of the strict parsers reads; its ParseError becomes the field's fault. The
 * title is what the reference calls the notation, where there is one to look up.
 */
export function parsed<T>(parse: (text: string) => T, description: string, title?: string) {
  return z
    .string()
    .transform((text, context) => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof ParseError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
        return z.NEVER;
      }
    })
    .meta({ description, ...(title === undefined ? {} : { title }) });
}

export const name = parsed(
  (text) => parseDomain(text),
  'a domain such as `tunnels.example.com`',
  'domain',
);
export const pattern = parsed(
  parsePattern,
  '`example.com` (it and all below), `=example.com` (only itself), `a.*.example.com` (* is one label)',
  'name',
);
export const address = parsed(
  parseAddress,
  'an address such as `192.0.2.1` or `2001:db8::1`',
  'address',
);
export const network = parsed(
  parseNetwork,
  'a network such as `192.0.2.0/24` or `2001:db8::/32`, or one address',
  'network',
);
export const port = parsed(
  parsePort,
  'a port such as `443/tcp`, or a range such as `30000-31000/udp`',
  'port',
);
export const date = z.iso
  .date('write a day as YYYY-MM-DD')
  .meta({ description: 'a day such as `2026-12-31`', title: 'day' });

export function formatPort(port: Port): string {
  return `${port.number}${port.last === undefined ? '' : `-${port.last}`}/${port.transport}`;
}

/** Ports in a row: `443/tcp 30000-31000/udp`. */
export function portsText(ports: readonly Port[]): string {
  return ports.map(formatPort).join(' ');
}

function parsePort(text: string): Port {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?\/(tcp|udp)$/.exec(text);
  const number = Number(match?.[1]);
  const last = match?.[2] === undefined ? undefined : Number(match[2]);
  if (
    !match ||
    number < 1 ||
    number > 65535 ||
    (last !== undefined && (last <= number || last > 65535))
  ) {
    throw new ParseError(`"${text}" is not a port; write one such as 443/tcp or 30000-31000/udp`);
  }
  return { number, transport: match[3] as 'tcp' | 'udp', ...(last === undefined ? {} : { last }) };
}
