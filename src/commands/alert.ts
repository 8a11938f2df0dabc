import { Command } from 'commander';
import type { Message } from '../alerts/alert.ts';
import { sendInTime } from '../alerts/outbox.ts';
import type { Sink } from '../alerts/sink.ts';
import { sinkOf } from '../alerts/sinks.ts';
import { systemClock } from '../clock.ts';
import { loadPolicy } from '../policy/load.ts';
import { parseAddress } from '../policy/network.ts';
import { forTerminal } from '../text.ts';
import { CommandFailure, UsageFailure } from './failure.ts';
import { withPolicy } from './options.ts';
import type { Output } from './output.ts';

type Flags = { readonly policy: string; readonly test?: true };

const HELP = `
\`tunnelwarden serve\` tells of real incidents by itself, as \`alerts\` of the
policy says (docs/policy.md). This command needs no server, and changes nothing.`;

export function alertCommand(output: Output = process.stdout): Command {
  return withPolicy(new Command('alert'))
    .description('send a made-up alert every way the policy names, and say what came of it')
    .option('--test', 'do so')
    .addHelpText('after', HELP)
    .action((flags: Flags) => alert(flags, output));
}

async function alert({ policy: file, test }: Flags, output: Output): Promise<void> {
  if (!test) throw new UsageFailure('say --test: real alerts are sent by `tunnelwarden serve`');
  const { policy } = loadPolicy(file, Date.now());
  if (policy.alerts.sinks.length === 0) {
    throw new CommandFailure(
      `${file} names no way to tell people; add webhook, sendmail, syslog or command under \`alerts\``,
    );
  }
  const message = madeUp(policy.organisation.name, Date.now());
  const results = await Promise.all(
    policy.alerts.sinks.map((sink) => attempt(sinkOf(sink), message)),
  );
  for (const { line } of results) output.write(`${forTerminal(line)}\n`);
  if (results.some(({ isWell }) => !isWell)) process.exitCode = 1;
}

async function attempt(sink: Sink, message: Message) {
  try {
    return { isWell: true, line: `${sink.name}: ${await sendInTime(sink, message, HELD)}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { isWell: false, line: `${sink.name}: FAILED: ${why}` };
  }
}

/** Timers that the process waits for: nothing else may keep it. */
const HELD = {
  now: systemClock.now,
  after: (milliseconds: number, call: () => void) => {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** An alert of an address that is nobody's. */
function madeUp(organisation: string, now: number): Message {
  return {
    ...{ organisation, test: true, heldBack: 0 },
    alerts: [
      {
        ...{ incident: 0, why: 'new', severity: 'high', service: 'ngrok', count: 3 },
        ...{ client: parseAddress('192.0.2.17'), label: 'test-laptop', team: 'Testing' },
        ...{ first: now - 60_000, last: now },
        reasons: ['This alert was made up by `tunnelwarden alert --test`'],
      },
    ],
  };
}
