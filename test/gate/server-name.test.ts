import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageOf, nameList, partsOf, recordsOf, sized, withServerName } from './support/build.ts';
import { captured } from './support/captures.ts';
import { readPieces } from './support/read.ts';

const hello = partsOf(captured('node20'));

/** What is read of a hello with this server name extension: the name, or what is wrong. */
function nameOf(data: Buffer): unknown {
  const opening = readPieces(recordsOf(messageOf(withServerName(hello, data))));
  if (opening?.kind === 'tls') return { name: opening.hello.serverName };
  return opening?.kind === 'malformed' ? opening.reason : opening;
}

const label63 = 'a'.repeat(63);
const name253 = [label63, label63, label63, 'b'.repeat(61)].join('.');
const NO_HOST = 'the server name is no host name';
const EMPTY_LABEL = 'the server name has an empty label';

const texts: readonly { readonly when: string; readonly text: string; readonly is: unknown }[] = [
  { when: 'plain', text: 'www.example.com', is: { name: 'www.example.com' } },
  { when: 'one label', text: 'localhost', is: { name: 'localhost' } },
  { when: 'upper case', text: 'WWW.Example.COM', is: { name: 'www.example.com' } },
  { when: 'a final dot', text: 'www.example.com.', is: { name: 'www.example.com' } },
  { when: 'two final dots', text: 'www.example.com..', is: EMPTY_LABEL },
  { when: 'only a dot', text: '.', is: EMPTY_LABEL },
  { when: 'a dot in front', text: '.example.com', is: EMPTY_LABEL },
  { when: 'two dots', text: 'www..example.com', is: EMPTY_LABEL },
  { when: 'an underscore', text: 'fe4_152.b5p.example', is: { name: 'fe4_152.b5p.example' } },
  { when: 'an A-label', text: 'XN--bcher-kva.example', is: { name: 'xn--bcher-kva.example' } },
  { when: 'a U-label', text: 'bücher.example', is: NO_HOST },
  { when: 'an IPv4 address', text: '192.0.2.1', is: { name: '192.0.2.1' } },
  { when: 'an IPv6 address', text: '2001:db8::1', is: NO_HOST },
  { when: 'a port', text: 'www.example.com:443', is: NO_HOST },
  { when: 'a NUL', text: 'www.example.com\0.example.net', is: NO_HOST },
  { when: 'a NUL at the end', text: 'www.example.com\0', is: NO_HOST },
  { when: 'a space', text: 'www.example.com ', is: NO_HOST },
  { when: 'a line end', text: 'www.example.com\r\n', is: NO_HOST },
  { when: 'an escape', text: 'www\\046example.com', is: NO_HOST },
  { when: 'a wildcard', text: '*.example.com', is: NO_HOST },
  { when: 'a label of 63 octets', text: `${label63}.example`, is: { name: `${label63}.example` } },
  {
    when: 'a label of 64 octets',
    text: `a${label63}.example`,
    is: 'the server name has a label over 63 octets',
  },
  { when: 'as long as can be', text: name253, is: { name: name253 } },
  { when: 'as long as can be, and a dot', text: `${name253}.`, is: { name: name253 } },
  { when: 'one more', text: `${name253}b`, is: 'the server name is over 255 octets' },
  {
    when: 'far too long',
    text: `${name253}.`.repeat(40),
    is: 'the server name is over 255 octets',
  },
  { when: 'nothing', text: '', is: { name: undefined } },
];
for (const { when, text, is } of texts) {
  test(`server name: ${when}`, () => assert.deepEqual(nameOf(nameList(text)), is));
}

const lists: readonly { readonly when: string; readonly data: Buffer; readonly is: unknown }[] = [
  { when: 'an empty extension', data: Buffer.alloc(0), is: { name: undefined } },
  { when: 'an empty list', data: nameList(), is: { name: undefined } },
  {
    when: 'two names',
    data: nameList('www.example.com', 'www.example.net'),
    is: 'there is more than one server name',
  },
  {
    when: 'an empty name and another',
    data: nameList('', 'www.example.com'),
    is: 'there is more than one server name',
  },
  {
    when: 'a name of another type in front',
    data: sized(2, Buffer.from('01000161', 'hex'), Buffer.from('00000162', 'hex')),
    is: 'a server name is of an unknown type',
  },
  {
    when: 'a list longer than its extension',
    data: Buffer.concat([Buffer.of(0, 20), nameList('www.example.com').subarray(2)]),
    is: 'the list of server names is cut short',
  },
  {
    when: 'a list shorter than its extension',
    data: Buffer.concat([nameList('www.example.com'), nameList('www.example.net')]),
    is: 'the list of server names ends too early',
  },
  {
    when: 'a name longer than its list',
    data: sized(2, Buffer.from('00000361', 'hex')),
    is: 'the server name is cut short',
  },
  { when: 'half a name', data: sized(2, Buffer.of(0, 0)), is: 'the server name is cut short' },
];
for (const { when, data, is } of lists) {
  test(`server name extension: ${when}`, () => assert.deepEqual(nameOf(data), is));
}
