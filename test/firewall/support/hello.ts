import { connect } from 'node:net';

/** A TLS ClientHello in one record, as small as servers take it; no server name where none is given. */
export function clientHello(name?: string): Buffer {
  const sized = (length: 1 | 2 | 3, ...parts: readonly Buffer[]) => {
    const body = Buffer.concat(parts);
    const size = Buffer.alloc(length);
    size.writeUIntBE(body.length, 0, length);
    return Buffer.concat([size, body]);
  };
  const hex = (text: string) => Buffer.from(text, 'hex');
  const serverName =
    name === undefined
      ? Buffer.alloc(0)
      : Buffer.concat([hex('0000'), sized(2, sized(2, hex('00'), sized(2, Buffer.from(name))))]);
  const hello = sized(
    3,
    hex('0303'),
    Buffer.alloc(32, 7),
    sized(1),
    sized(2, hex('1301c02b')),
    sized(1, hex('00')),
    sized(2, serverName, hex('002b0003020304')),
  );
  return Buffer.concat([hex('160301'), sized(2, hex('01'), hello)]);
}

/** What comes back for some octets, in text, until the other side closes or has said something. */
export function exchange(port: number, octets: Buffer, address = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect(port, address, () => socket.write(octets));
    const done = () => {
      socket.destroy();
      resolve(heard);
    };
    socket.setTimeout(8000, () => reject(new Error('no answer and no end')));
    socket.on('data', (data) => {
      heard += data.toString('latin1');
      if (heard.includes('\n')) done();
    });
    socket.on('end', done);
    socket.on('close', done);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(error);
      else done();
    });
  });
}
