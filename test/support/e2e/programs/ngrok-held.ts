// Opens a session with the real ngrok SDK and holds it. Tells once that it is connected, and then, whenever it is
// asked, how many heartbeats were answered and what ended the session, as the SDK itself tells.
// Arguments: server address, file of a root certificate.
import { readFileSync } from 'node:fs';
import { SessionBuilder } from '@ngrok/ngrok';

const [server = '', ca = ''] = process.argv.slice(2);
let heartbeats = 0;
const ends: string[] = [];
const builder = new SessionBuilder()
  .authtoken('2aMADEUPtokenMADEUPtoken_1111111111111111111')
  .serverAddr(server)
  .caCert(readFileSync(ca))
  .heartbeatInterval(1)
  .handleHeartbeat(() => {
    heartbeats += 1;
  })
  .handleDisconnection((_, error) => {
    ends.push(error);
    return false;
  });
const session = await builder.connect();
process.on('message', () => process.send?.({ heartbeats, ends }));
process.send?.('connected');
process.once('disconnect', () => session.close());
