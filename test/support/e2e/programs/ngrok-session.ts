// Opens sessions with the real ngrok SDK, and prints what came of each as one line of JSON.
// Arguments: server address (or '' for the default door), file of a root certificate (or ''), and how many
// of them, one after the other: that is how the SDK opens them anyway.
import { readFileSync } from 'node:fs';
import { SessionBuilder } from '@ngrok/ngrok';

const [server = '', ca = '', count = '1'] = process.argv.slice(2);

async function open(): Promise<void> {
  const builder = new SessionBuilder().authtoken('2aMADEUPtokenMADEUPtoken_1111111111111111111');
  if (server !== '') builder.serverAddr(server);
  if (ca !== '') builder.caCert(readFileSync(ca));
  const start = performance.now();
  const outcome = await builder.connect().then(
    () => ({ connected: true }),
    (error: Error) => ({ connected: false, error: error.message }),
  );
  console.log(JSON.stringify({ ...outcome, milliseconds: Math.round(performance.now() - start) }));
}

for (let i = 0; i < Number(count); i += 1) await open();
process.exit(0);
