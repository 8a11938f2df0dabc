import { type FileHandle, open, stat } from 'node:fs/promises';
import { createCaptureLog } from './capture-log.ts';
import { readKernelLine } from './kernel-line.ts';
import { createLineReader } from './lines.ts';
import { isCapture } from './pcap.ts';
import { INTERVAL, type Source, type SourceParts } from './source.ts';

/** Octets read at once. */
const CHUNK = 65_536;
/** Octets that tell a capture from lines. */
const MAGIC = 4;

/** A file as it is read: which one, how far, and what of it is meant. */
type Opened = {
  readonly handle: FileHandle;
  readonly inode: bigint;
  readonly device: bigint;
  position: number;
  /** Gives what is wrong with the file as a whole. */
  readonly push: (chunk: Buffer) => string | undefined;
};

/**
 * Follows a file as `tail -F` does: past its end, into the file that takes its name, and from the
 * beginning where it is cut. What it held when we came is not read (a capture is gone through, as its
 * records are only found one after the other).
 */
export function followFile(path: string, parts: SourceParts): Source {
  const { timers, onState } = parts;
  const buffer = Buffer.alloc(CHUNK);
  let opened: Opened | undefined;
  let isFirst = true;
  let fault: string | undefined;
  let isStopped = false;
  let cancel = () => {};
  let looking = Promise.resolve();

  async function look(): Promise<void> {
    try {
      if (opened) await readOn(opened);
      if (!(await isStillThere())) {
        // What was written to the old one while we looked.
        if (opened) await readOn(opened);
        await opened?.handle.close();
        opened = undefined;
        fault = undefined;
        opened = await openLog();
        if (opened) await readOn(opened);
      }
      isFirst = false;
      onState(fault);
    } catch (error) {
      isFirst = false;
      onState(`${(error as Error).message}; it is read as soon as it can be`);
    }
    if (!isStopped) cancel = timers.after(INTERVAL, turn);
  }
  function turn(): void {
    looking = look();
  }

  async function isStillThere(): Promise<boolean> {
    if (!opened) return false;
    const now = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined; // between two files
      throw error;
    });
    // While there is no other, the one that was is read: who writes to it has it open as well.
    if (!now) return true;
    if (now.ino !== opened.inode || now.dev !== opened.device) return false;
    return now.size >= BigInt(opened.position);
  }

  /** Undefined for a file that is too short to tell what it is. */
  async function openLog(): Promise<Opened | undefined> {
    const handle = await open(path, 'r');
    try {
      const status = await handle.stat({ bigint: true });
      if (!status.isFile()) throw new Error(`${path} is no file`);
      const { bytesRead } = await handle.read(buffer, 0, MAGIC, 0);
      const common = { handle, inode: status.ino, device: status.dev };
      const skip = isFirst ? Number(status.size) : 0;
      if (bytesRead < MAGIC) {
        await handle.close();
        return undefined;
      }
      if (isCapture(buffer.subarray(0, MAGIC))) {
        return { ...common, position: 0, push: createCaptureLog({ ...parts, skip }).push };
      }
      return { ...common, position: skip, push: linesOf(parts) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async function readOn(log: Opened): Promise<void> {
    while (!isStopped && fault === undefined) {
      const { bytesRead } = await log.handle.read(buffer, 0, CHUNK, log.position);
      if (bytesRead === 0) return;
      log.position += bytesRead;
      fault = faultWith(path, log.push(buffer.subarray(0, bytesRead)));
    }
  }

  turn();
  return {
    stop: async () => {
      isStopped = true;
      cancel();
      await looking;
      await opened?.handle.close();
      opened = undefined;
    },
  };
}

function linesOf({ intake, now }: SourceParts): Opened['push'] {
  const { push } = createLineReader((line) =>
    intake.look(() => (line === undefined ? 'unreadable' : readKernelLine(line, now()))),
  );
  return (chunk) => {
    push(chunk);
    return undefined;
  };
}

function faultWith(path: string, fault: string | undefined): string | undefined {
  return fault === undefined ? undefined : `${path}: ${fault}`;
}
