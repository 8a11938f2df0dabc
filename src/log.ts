import { forTerminal, jsonLine } from './text.ts';

export type Level = 'info' | 'warn' | 'error';

/** Tells what happens to a running program: an event by a stable name, with its particulars. */
export type Log = (
  level: Level,
  event: string,
  particulars?: Readonly<Record<string, unknown>>,
) => void;

/**
 * One line an event: JSON for machines, and where a person watches the terminal, plain words.
 * Whatever came from the network is escaped for the one or the other.
 */
export function createLog(
  out: { readonly isTTY?: boolean; write(text: string): unknown },
  now: () => Date,
): Log {
  return (level, event, particulars = {}) => {
    if (out.isTTY !== true) {
      out.write(`${jsonLine({ time: now().toISOString(), level, event, ...particulars })}\n`);
      return;
    }
    const words = Object.entries(particulars).map(([key, value]) => `${key}=${wordOf(value)}`);
    const clock = now().toTimeString().slice(0, 8);
    out.write(
      `${[clock, level === 'info' ? '' : level, event, ...words].filter(Boolean).join(' ')}\n`,
    );
  };
}

function wordOf(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return forTerminal(/\s/.test(text) ? JSON.stringify(text) : text);
}
