// Opens a session with the real ngrok SDK, and prints what came of it as one line of JSON.
// Arguments: server address (or '' for the default door), file of a root certificate (or '').
import { readFileSync } from 'node:fs';
import { SessionBuilder } from '@ngrok/ngrok';

const [server = '', ca = ''] = process.argv.slice(2);
const builder = new SessionBuilder().authtoken('2aMADEUPtokenMADEUPtoken_1111111111111111111');
if (server !== '') builder.serverAddr(server);
if (ca !== '') builder.caCert(readFileSync(ca));

const start = performance.now();
const outcome = await builder.connect().then(
  () => ({ connected: true }),
  (error: Error) => ({ connected: false, error: error.message }),
);
console.log(JSON.stringify({ ...outcome, milliseconds: Math.round(performance.now() - start) }));
process.exit(0);
