import { spawn } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import type { Run, Step } from './loader.ts';

/** How a rollback is started later. */
export type Alarm = {
  readonly token: string;
  readonly seconds: number;
  /** The words that roll back; `--after SECONDS` makes them wait first. */
  readonly command: readonly [string, ...string[]];
};

/** Starts it, and says what will ring. */
export type StartTimer = (alarm: Alarm) => string;

/**
 * The timer must outlive this process, its terminal and its session. Where systemd runs it does
 * better than any process of ours: a session's end may take all its processes along.
 */
export function createTimer(run: Run, systemd: () => boolean = isSystemdOurs): StartTimer {
  return (alarm) => {
    if (systemd()) {
      const unit = `tunnelwarden-rollback-${alarm.token}`;
      if (run(systemdRun(unit, alarm)).status === 0) return `systemd timer ${unit}`;
    }
    return detached(alarm);
  };
}

export function systemdRun(unit: string, { seconds, command }: Alarm): Step {
  return {
    argv: [
      'systemd-run',
      '--quiet',
      '--collect',
      `--unit=${unit}`,
      `--on-active=${seconds}s`,
      // Timers may be a minute late otherwise.
      '--timer-property=AccuracySec=100ms',
      '--',
      ...command,
    ],
  };
}

/** A process in a session of its own: no hang-up of a terminal reaches it. */
function detached({ seconds, command: [program, ...words] }: Alarm): string {
  const child = spawn(program, [...words, '--after', String(seconds)], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
  });
  child.on('error', () => {}); // told by the missing number
  if (child.pid === undefined) throw new Error(`${program} cannot be started`);
  child.unref();
  return `process ${child.pid}`;
}

/** Only where systemd is this machine's first process and works in our network namespace. */
function isSystemdOurs(): boolean {
  if (!existsSync('/run/systemd/system')) return false;
  try {
    return readlinkSync('/proc/1/ns/net') === readlinkSync('/proc/self/ns/net');
  } catch {
    return false;
  }
}
