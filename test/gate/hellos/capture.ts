// Writes down what a client says first: `node capture.ts NAME PORT`, then let the client connect to that port.
// It says nothing back, waits until the client has said nothing for a moment, and ends.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

const [name = 'unnamed', port = '443'] = process.argv.slice(2);
const QUIET = 300; // milliseconds

const server = createServer((socket) => {
  const said: Buffer[] = [];
  const done = () => {
    server.close();
    if (said.length > 0) writeFileSync(new URL(`${name}.hex`, import.meta.url), inHex(said));
    process.exit(said.length > 0 ? 0 : 1);
  };
  socket.on('data', (octets) => said.push(octets)).on('end', done);
  socket.setTimeout(QUIET, done);
});
server.listen(Number(port), '127.0.0.1', () => console.log('listening'));

/** 32 octets a line. */
function inHex(said: readonly Buffer[]): string {
  return `${Buffer.concat(said)
    .toString('hex')
    .replaceAll(/.{64}(?=.)/g, '$&\n')}\n`;
}
