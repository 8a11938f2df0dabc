import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer } from 'node:tls';
import { missing } from '../support/e2e/requirements.ts';
import { makeCertificates } from '../support/e2e/tls.ts';
import { mutate } from '../support/mutate.ts';
import { createPrng, type Prng } from '../support/prng.ts';
import { messageOf, nameList, partsOf, recordsOf, sized, withServerName } from './support/build.ts';
import { captured } from './support/captures.ts';
import { readPieces } from './support/read.ts';

/** What OpenSSL's server takes of a hello: the server name (none where there is none), or nothing at all. */
type Taken = { readonly name: string | undefined } | 'refused';

const ROUNDS = 600;
const HELLOS = ['node20', 'node24', 'openssl-tls1.2', 'chromium-1', 'gnutls', 'ngrok-sdk-1'].map(
  captured,
);

test('server name: the one OpenSSL reads, or the hello is malformed', {
  skip: missing('openssl'),
}, async (t) => {
  const ask = await startServer(t);
  const prng = createPrng(5);
  const seen = { same: 0, none: 0, stricter: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const octets = drawn(prng);
    const opening = readPieces(octets);
    assert(opening?.kind === 'tls' || opening?.kind === 'malformed');
    const taken = await ask(octets);
    if (taken === 'refused') seen.refused += 1;
    else if (opening.kind === 'malformed') seen.stricter += 1;
    else {
      const name = taken.name?.toLowerCase().replace(/\.$/, '');
      assert.equal(opening.hello.serverName, name, octets.toString('hex'));
      seen[name === undefined ? 'none' : 'same'] += 1;
    }
  }
  assert(Math.min(...Object.values(seen)) > ROUNDS / 50, JSON.stringify(seen));
});

/** A real hello with a server name extension that may be right, wrong or both. */
function drawn(prng: Prng): Buffer {
  const hello = partsOf(prng.pick(HELLOS));
  const message = messageOf(withServerName(hello, extensionData(prng)));
  const cut = 1 + prng.below(message.length - 1);
  return prng.pick([
    recordsOf(message),
    recordsOf(message.subarray(0, cut), message.subarray(cut)),
  ]);
}

function extensionData(prng: Prng): Buffer | undefined {
  const name = prng.pick(NAMES);
  const data = nameList(name);
  return prng.pick([
    data,
    undefined,
    nameList(name, prng.pick(NAMES)),
    mutate(data, [data], prng),
    nameList(mutate(Buffer.from(name), [Buffer.from('www.example.net')], prng)),
    sized(2, Buffer.of(prng.below(3)), sized(2, Buffer.from(name))),
  ]);
}

const NAMES = [
  'www.example.com',
  'WWW.EXAMPLE.COM',
  'a_b.example',
  '192.0.2.1',
  'example.com.',
  'x',
  'www.example.com:443',
  'bücher.example',
  'nul\0.example',
  '',
];

/** A server that is asked one hello at a time. */
async function startServer(t: TestContext): Promise<(octets: Buffer) => Promise<Taken>> {
  const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-openssl-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = makeCertificates(folder, 'www.example.com');
  let name: string | undefined;
  const server = createServer({
    cert: readFileSync(files.certificate),
    key: readFileSync(files.key),
    SNICallback: (asked, done) => {
      name = asked;
      done(null);
    },
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return async (octets) => {
    name = undefined;
    const socket = connect(port, '127.0.0.1', () => socket.write(octets));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    // A ServerHello in a record of handshake, or an alert.
    return answer[0] === 22 ? { name } : 'refused';
  };
}
