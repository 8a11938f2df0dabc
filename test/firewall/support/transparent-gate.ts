import { once } from 'node:events';
import type { Namespace } from '../../support/e2e/lab.ts';
import { end, type Scope, start } from '../../support/e2e/process.ts';

/** A gate that connections come to as they are. */
export type TransparentGate = {
  /** Where each connection since the last time was going, as `ADDRESS PORT`. */
  readonly destinations: () => readonly string[];
  readonly stop: () => Promise<void>;
};

/** Takes both lanes: says `gate` to whoever comes by the first port, `fronts` by the next. */
export async function startTransparentGate(
  scope: Scope,
  machine: Namespace,
  port = 9443,
): Promise<TransparentGate> {
  const lanes = await Promise.all([
    startLane(scope, machine, port, 'gate'),
    startLane(scope, machine, port + 1, 'fronts'),
  ]);
  return {
    destinations: () => lanes.flatMap((lane) => lane.destinations()),
    stop: async () => {
      for (const lane of lanes) await lane.stop();
    },
  };
}

async function startLane(
  scope: Scope,
  { within }: Namespace,
  port: number,
  word: string,
): Promise<TransparentGate> {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const words = ['-MSocket', '-e', PROGRAM, String(port), word];
  const child = start(scope, 'perl', words, { within }, [...stdio]);
  const lines: string[] = [];
  const stdout = child.stdout as NodeJS.ReadableStream;
  stdout.setEncoding('utf8');
  let partial = '';
  stdout.on('data', (text: string) => {
    const whole = (partial + text).split('\n');
    partial = whole.pop() ?? '';
    lines.push(...whole);
  });
  // At its end, too, so that one which dies does not keep the test waiting.
  await Promise.race([once(stdout, 'data'), once(child, 'exit')]);
  if (lines.shift() !== 'ready') throw new Error('the gate does not start');
  return { destinations: () => lines.splice(0), stop: () => end(child) };
}

/**
 * Node cannot make a socket that takes connections to addresses of others. Each connection has a
 * process of its own, which must not keep the listener open when the gate ends.
 */
const PROGRAM = String.raw`
socket(S, AF_INET6, SOCK_STREAM, 0);
setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
setsockopt(S, 0, 19, 1) && setsockopt(S, 41, 75, 1) or die;
bind(S, pack_sockaddr_in6($ARGV[0], Socket::IN6ADDR_ANY())) && listen(S, 99) or die;
$SIG{CHLD} = 'IGNORE';
$| = 1; print "ready\n";
while (accept(C, S)) {
  my ($port, $to) = unpack_sockaddr_in6(getsockname(C));
  my $text = Socket::inet_ntop(AF_INET6, $to);
  $text =~ s/^::ffff:(?=.*\.)//;
  print "$text $port\n";
  unless (fork) { close S; syswrite(C, $ARGV[1]) while sysread(C, $_, 4096); exit }
  close C;
}
`;
