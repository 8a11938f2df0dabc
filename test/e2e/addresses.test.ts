import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { folder, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';
import { a, aaaa, cname, startUpstream } from '../support/e2e/upstream.ts';

// `tunnelwarden addresses`: names looked up through the policy's own upstreams, and the file of it.

const zone = {
  'connect.ngrok-agent.com': [cname('edge.example.net')],
  'edge.example.net': [a('198.51.100.10'), aaaa('2001:db8::10')],
  'tunnels.example.com': [a('198.51.100.20')],
};
const policyFor = (upstream: string) => `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com, service: ngrok }]
services: { ngrok: block }
resolver: { upstreams: ['${upstream}'] }
firewall: { lan: [lan], book: book.json }
`;

test('addresses: refresh writes the book beside the policy, list prints it', async (t) => {
  const path = folder(t);
  const upstream = await startUpstream(t, { zone });
  const policy = write(path, 'policy.yaml', policyFor(upstream.endpoints[0] as string));
  const refreshed = await tunnelwarden(['addresses', 'refresh', '--policy', policy]);
  assert.equal(refreshed.code, 0, refreshed.stderr);
  assert.match(refreshed.stdout, /^2 of \d+ names, 3 addresses: .*book\.json\n$/);
  assert.deepEqual(readdirSync(path).sort(), ['book.json', 'policy.yaml'], 'no drafts are left');
  const { names } = JSON.parse(readFileSync(`${path}/book.json`, 'utf8'));
  assert.deepEqual(names['connect.ngrok-agent.com'].addresses, ['198.51.100.10', '2001:db8::10']);

  const listed = await tunnelwarden(['addresses', 'list', '--policy', policy]);
  assert.deepEqual(
    listed.stdout.split('\n').map((line) => line.replace(/ \d{4}-\S+Z$/, '')),
    [
      'connect.ngrok-agent.com 198.51.100.10',
      'connect.ngrok-agent.com 2001:db8::10',
      'tunnels.example.com 198.51.100.20',
      '',
    ],
  );
});

test('addresses: when nobody answers, the book stays as it is', async (t) => {
  const path = folder(t);
  const policy = write(path, 'policy.yaml', policyFor('127.0.0.1:9'));
  const names = {
    'connect.ngrok-agent.com': { addresses: ['192.0.2.1'], seen: '2026-01-01T00:00:00Z' },
  };
  const book = write(path, 'book.json', JSON.stringify({ version: 1, names }));
  const before = readFileSync(book, 'utf8');
  const { code, stderr } = await tunnelwarden(['addresses', 'refresh', '--policy', policy]);
  assert.equal(code, 1);
  assert.match(stderr, /none of \d+ names could be looked up.*--upstream/);
  assert.equal(readFileSync(book, 'utf8'), before);
});

test('addresses: a book that cannot be read is named, with a remedy', async (t) => {
  const path = folder(t);
  const policy = write(path, 'policy.yaml', policyFor('127.0.0.1:9'));
  write(path, 'book.json', '{"version":1,"names":{"a.example":{"addresses":["x"],"seen":"y"}}}');
  const { code, stderr } = await tunnelwarden(['addresses', 'list', '--policy', policy]);
  assert.equal(code, 2);
  assert.match(stderr, /book\.json:1:1: names\.a\.example\.addresses\.0: "x" is not an IP address/);
  assert.match(stderr, /delete the file and run `tunnelwarden addresses refresh`/);
});
