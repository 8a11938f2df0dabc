import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createCaptureLog } from './capture-log.ts';
import type { Source, SourceParts } from './source.ts';

/** Milliseconds until a tcpdump that has ended is started again: doubled each time, to so many at most. */
const [REST, LONGEST_REST] = [1_000, 60_000];
/** Milliseconds that one gets to end by itself. */
const PATIENCE = 2_000;
/** Octets of a packet in pf's log: its header there, its own headers and a question. */
const SNAPLEN = 640;

/** Reads netfilter's or pf's log by way of tcpdump, which needs no native code of ours. */
export function followCapture(link: string, parts: SourceParts): Source {
  const { timers, onState } = parts;
  let child: ChildProcess | undefined;
  let rest = REST;
  let isStopped = false;
  let cancel = () => {};

  function run(): void {
    const log = createCaptureLog(parts);
    let said = '';
    let fault: string | undefined;
    const running = spawn('tcpdump', argumentsFor(link), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    child = running;
    running.stdout.on('data', (chunk: Buffer) => {
      if (fault !== undefined) return;
      fault = log.push(chunk);
      if (fault !== undefined) running.kill('SIGTERM');
      else {
        // The first octets come once it listens.
        rest = REST;
        onState(undefined);
      }
    });
    running.stderr.setEncoding('latin1').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
    running.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      fault = code === 'ENOENT' ? 'there is no tcpdump; install it' : message;
    });
    running.once('close', (code, signal) => {
      child = undefined;
      if (isStopped) return;
      onState(fault ?? faultIn(said, link) ?? `tcpdump ended with ${signal ?? code}`);
      cancel = timers.after(rest, run);
      rest = Math.min(rest * 2, LONGEST_REST);
    });
  }
  run();

  return {
    stop: async () => {
      isStopped = true;
      cancel();
      if (!child) return;
      const closed = once(child, 'close');
      const running = child;
      running.kill('SIGTERM');
      const late = timers.after(PATIENCE, () => running.kill('SIGKILL'));
      await closed;
      late();
    },
  };
}

/**
 * For NFLOG the rules say how much of a packet is logged, and tcpdump must not: libpcap (1.10) makes its
 * buffer as long as one packet may be, and loses all others of the batch that the kernel sends.
 * OpenBSD's own tcpdump never buffers what it writes, and has no -U.
 */
function argumentsFor(link: string, platform: NodeJS.Platform = process.platform): string[] {
  const unbuffered = platform === 'openbsd' ? [] : ['-U'];
  const length = link.startsWith('nflog') ? [] : ['-s', String(SNAPLEN)];
  return ['-i', link, ...unbuffered, ...length, '-w', '-'];
}

/** What tcpdump complains of, with what to do about it. */
function faultIn(said: string, link: string): string | undefined {
  const complaint = said
    .split('\n')
    .filter((line) => line.startsWith('tcpdump: ') && !/listening on|^tcpdump: WARNING/.test(line))
    .at(-1)
    ?.slice('tcpdump: '.length)
    .trim();
  if (complaint === undefined) return undefined;
  return `tcpdump: ${complaint}${adviceOn(complaint, link)}`;
}

function adviceOn(complaint: string, link: string): string {
  // Netfilter says so too where the group is somebody else's.
  if (/group index/.test(complaint)) {
    return `; another program (ulogd, tcpdump) has the group, or we may not have it: end the other, or change ${link} and firewall.log-group together; and run as root, or set AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW`;
  }
  if (/permi|not permitted/i.test(complaint)) {
    return '; run as root, or set AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW';
  }
  if (/no such device|does not exist|not configured/i.test(complaint)) {
    return link.startsWith('pflog') ? `; create it: ifconfig ${link} create` : '';
  }
  return '';
}
