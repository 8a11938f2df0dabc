import { systemClock } from '../../../src/clock.ts';
import { parseLogSpec } from '../../../src/commands/firewall-log.ts';
import { followLog } from '../../../src/firewall/log/follow.ts';

// Follows the log that its argument names, and tells a line for each packet and each problem until it
// is asked to end.

const tell = (told: object) => process.stdout.write(`${JSON.stringify(told)}\n`);
const log = followLog(parseLogSpec(process.argv[2] as string), {
  timers: systemClock,
  now: Date.now,
  onPacket: (packet) => tell({ packet }),
  onProblem: (problem) => tell({ problem }),
});
const waiting = setInterval(() => {}, 60_000);
process.once('SIGTERM', async () => {
  clearInterval(waiting);
  await log.stop();
  tell({ tally: log.tally() });
});
