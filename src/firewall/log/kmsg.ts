import { closeSync, constants, openSync, readSync } from 'node:fs';
import { readKernelLine } from './kernel-line.ts';
import { createLineReader } from './lines.ts';
import { INTERVAL, type Source, type SourceParts } from './source.ts';

/** A record is no longer (CONSOLE_EXT_LOG_MAX of the kernel); a shorter buffer gets EINVAL. */
const RECORD = 8_192;
/** Records read in one go: about a millisecond. */
const BATCH = 200;

/** Reads the kernel's log: a record a read, and none of those that were there before. */
export function followKmsg(
  { intake, timers, now, onState }: SourceParts,
  path = '/dev/kmsg',
): Source {
  const buffer = Buffer.alloc(RECORD);
  let descriptor: number | undefined;
  let isPast = true;
  let cancel = () => {};
  // What follows a record, indented, is about its device.
  const lines = createLineReader((line) => {
    if (isPast || line?.startsWith(' ')) return;
    intake.look(() => (line === undefined ? 'unreadable' : readKernelLine(line, now())));
  });

  function look(): void {
    let wait = INTERVAL;
    try {
      descriptor ??= openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      if (readBatch(descriptor)) wait = 0;
      else {
        isPast = false;
        onState(undefined);
      }
    } catch (error) {
      close();
      onState(faultOf(error as NodeJS.ErrnoException, path));
    }
    cancel = timers.after(wait, look);
  }
  /** True where there may be more. */
  function readBatch(descriptor: number): boolean {
    for (let i = 0; i < BATCH; i += 1) {
      try {
        const length = readSync(descriptor, buffer, 0, RECORD, null);
        if (length === 0) return false;
        lines.push(buffer.subarray(0, length));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EAGAIN') return false;
        // EPIPE: records were overwritten before they were read, and the next read gives the oldest left.
        if (code !== 'EPIPE') throw error;
        if (!isPast) intake.take('unreadable');
      }
    }
    return true;
  }
  function close(): void {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
    isPast = true;
  }
  look();

  return {
    stop: async () => {
      cancel();
      close();
    },
  };
}

function faultOf({ code, message }: NodeJS.ErrnoException, path: string): string {
  if (code === 'ENOENT')
    return `there is no ${path}; give the file that the kernel's log is kept in`;
  if (code === 'EPERM' || code === 'EACCES') {
    return `${message}; run as root, or set AmbientCapabilities=CAP_SYSLOG (kernel.dmesg_restrict)`;
  }
  return message;
}
