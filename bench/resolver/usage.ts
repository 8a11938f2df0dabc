import { readdirSync, readFileSync } from 'node:fs';

const MICROSECONDS_A_TICK = 10_000;

/**
 * Microseconds of processor time, user and system, that a process has used with all its threads and
 * children. The scheduler's own account counts nanoseconds; /proc/PID/stat, ten milliseconds at a
 * time, serves where the kernel keeps no such account. Threads that have ended are missed in the
 * first: none of the servers here ends any.
 */
export function cpuOf(pid: number): number {
  return withChildren(pid).reduce((sum, each) => sum + (scheduled(each) ?? ticked(each)), 0);
}

/**
 * Microseconds that a core was busy, whoever it was, or was held by the hypervisor for other guests.
 * The kernel samples this in ticks, so it is good for shares over a second, not for differences.
 */
export function takenOf(core: number): number {
  const line =
    new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, soft = 0, steal = 0] = line
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + soft + steal) * MICROSECONDS_A_TICK;
}

/** MiB of memory that a process and its children hold. */
export function memoryOf(pid: number): number {
  return withChildren(pid).reduce((sum, each) => sum + residentOf(each), 0);
}

function withChildren(pid: number): number[] {
  const children = threadsOf(pid).flatMap((thread) => {
    const text = readIfThere(`/proc/${pid}/task/${thread}/children`) ?? '';
    return text.split(' ').filter(Boolean).map(Number);
  });
  return [pid, ...children.flatMap(withChildren)];
}

function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`);
}

function scheduled(pid: number): number | undefined {
  let nanoseconds = 0;
  for (const thread of threadsOf(pid)) {
    const text = readIfThere(`/proc/${pid}/task/${thread}/schedstat`);
    if (text === undefined) return undefined;
    nanoseconds += Number(text.split(' ')[0]);
  }
  return nanoseconds / 1000;
}

function ticked(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in brackets and may hold spaces; these are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_A_TICK;
}

function residentOf(pid: number): number {
  const status = readIfThere(`/proc/${pid}/status`) ?? '';
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}

/** A thread may end between being listed and being read. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
