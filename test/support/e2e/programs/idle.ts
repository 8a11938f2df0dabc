// Opens many TCP connections from many addresses, says nothing on any of them, and opens another whenever one ends.
import { connect } from 'node:net';

const [, , host = '', port = '', count = '', ...clients] = process.argv;
let tried = 0;

/** Tells once when as many as were asked for have been open. */
function one(localAddress: string | undefined): void {
  const socket = connect({ host, port: Number(port), ...(localAddress ? { localAddress } : {}) });
  socket.once('connect', () => {
    tried += 1;
    if (tried === Number(count)) process.send?.('full');
  });
  socket.on('error', () => {});
  socket.on('close', () => one(localAddress));
}

for (let i = 0; i < Number(count); i += 1) one(clients[i % clients.length]);
