// Asks for an address by DHCP (RFC 2131) as a machine of the name and MAC address of its first message, and
// sends back which it got. The link has an address already: only the server's books matter here.
import { createSocket } from 'node:dgram';

type Wish = { readonly host: string; readonly mac: string };

const [BOOTREQUEST, ETHERNET, BROADCAST] = [1, 1, 0x8000];
const [DISCOVER, OFFER, REQUEST, ACK] = [1, 2, 3, 5];
const [HOST, ADDRESS, TYPE, SERVER, END] = [12, 50, 53, 54, 255];

function message(type: number, { host, mac }: Wish, more: readonly number[] = []): Buffer {
  const packet = Buffer.alloc(240);
  packet.set([BOOTREQUEST, ETHERNET, 6, 0, 0x74, 0x77, 0, 1]);
  packet.writeUInt16BE(BROADCAST, 10);
  packet.set(Buffer.from(mac.replaceAll(':', ''), 'hex'), 28);
  packet.set([99, 130, 83, 99], 236);
  const name = Buffer.from(host);
  const options = [TYPE, 1, type, HOST, name.length, ...name, ...more, END];
  return Buffer.concat([packet, Buffer.from(options)]);
}

/** The data of an option of an answer. */
function option(packet: Buffer, code: number): readonly number[] {
  for (let at = 240; at < packet.length && packet[at] !== END; ) {
    const length = packet[at + 1] as number;
    if (packet[at] === code) return [...packet.subarray(at + 2, at + 2 + length)];
    at += 2 + length;
  }
  return [];
}

process.once('message', (wish: Wish) => {
  const socket = createSocket('udp4');
  const send = (packet: Buffer) => socket.send(packet, 67, '255.255.255.255');
  socket.once('error', (error) => process.send?.(String(error), () => process.exit(1)));
  socket.bind(68, '0.0.0.0', () => {
    socket.setBroadcast(true);
    send(message(DISCOVER, wish));
  });
  socket.on('message', (packet) => {
    const [type] = option(packet, TYPE);
    const address = [...packet.subarray(16, 20)];
    if (type === OFFER) {
      const server = option(packet, SERVER);
      send(message(REQUEST, wish, [ADDRESS, 4, ...address, SERVER, 4, ...server]));
    } else if (type === ACK) {
      process.send?.(address.join('.'), () => process.exit());
    }
  });
});
