import { z } from 'zod';
import { parseDomain } from './name.ts';
import { parseAddress, parseNetwork } from './network.ts';
import { parsePattern } from './pattern.ts';
import { ParseError } from './problem.ts';
import type { Port } from './service.ts';

/** A text field that one of the strict parsers reads; its ParseError becomes the field's fault. */
export function parsed<T>(parse: (text: string) => T, description: string) {
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
    .describe(description);
}

export const name = parsed((text) => parseDomain(text), 'a domain name');
export const pattern = parsed(
  parsePattern,
  'example.com (it and all below it), =example.com (only itself), a.*.example.com (* is one label)',
);
export const address = parsed(parseAddress, 'an IP address');
export const network = parsed(parseNetwork, 'a network such as 192.0.2.0/24, or one address');
export const port = parsed(parsePort, 'a port such as 443/tcp, or a range such as 30000-31000/tcp');
export const date = z.iso
  .date('write a day as YYYY-MM-DD')
  .describe('a day, YYYY-MM-DD');

export function formatPort(port: Port): string {
  return `${port.number}${port.last === undefined ? '' : `-${port.last}`}/${port.transport}`;
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
