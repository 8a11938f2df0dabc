import { createSocket } from 'node:dgram';

// The least a DNS server in Node can do: every question comes back as its own answer. What this
// costs is the floor, as node:dgram spends it before a line of ours has run.
//
//     node bench/resolver/echo.ts PORT

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
socket.on('message', (message, { port, address }) => {
  message[2] = 0x81; // an answer, recursion desired
  message[3] = 0x80; // recursion available, NOERROR
  socket.send(message, port, address, () => {});
});
socket.bind(Number(process.argv[2]), '127.0.0.1');
