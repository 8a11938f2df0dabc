// Holds a connection to each address, says a word on all whenever it is told to, and tells what it heard on each.
import { connect } from 'node:net';

const PATIENCE = 2500;

const [, , port = '', ...addresses] = process.argv;
const sockets = addresses.map((host) => connect({ host, port: Number(port) }).setNoDelay(true));

process.on('message', async () => {
  process.send?.(
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<string>((resolve) => {
            const hear = (word: string) => {
              clearTimeout(late);
              socket
                .removeAllListeners('data')
                .removeAllListeners('error')
                .on('error', () => {});
              resolve(word);
            };
            const late = setTimeout(hear, PATIENCE, 'silence');
            socket.once('data', (data) => hear(data.toString()));
            socket.once('error', ({ code }: NodeJS.ErrnoException) => hear(String(code)));
            socket.write('word');
          }),
      ),
    ),
  );
});
process.send?.('ready');
