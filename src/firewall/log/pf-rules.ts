import { spawn } from 'node:child_process';
import type { Timers } from '../sets/tables.ts';
import type { Found, Intake } from './intake.ts';
import { entryIn } from './packet.ts';
import type { PfPacket } from './pflog.ts';

export const ANCHOR = 'tunnelwarden';
/** Milliseconds that the rules are taken to be as they were read, and after which `pfctl` is given up. */
const [FRESH, PATIENCE] = [2_000, 5_000];
/** Packets that wait for the rules at most. */
const WAITING = 1_000;
/** Octets of rules at most. */
const LONGEST = 16 << 20;

/** Where packets that pf has logged wait until it is known what the rule was called. */
export type PfIntake = { readonly take: (packet: PfPacket) => void };

export type PfIntakeParts = {
  readonly intake: Pick<Intake, 'take'>;
  readonly timers: Pick<Timers, 'now'>;
  /** Reads the anchor's rules, as `pfctl -vvsr` prints them. */
  readonly read?: () => Promise<string>;
  /** Told once in a row that the rules cannot be read. */
  readonly onFault: (message: string) => void;
};

/**
 * pf logs the number of a rule and not its label, so the anchor's rules are read, and read again where
 * what is known of them is over two seconds old. A packet logged under other rules, just before those of
 * now were loaded, may be told under a wrong id; one whose rule cannot be named is under `TW-PF-NUMBER`.
 */
export function createPfIntake(parts: PfIntakeParts): PfIntake {
  const { intake, timers, read = readRules, onFault } = parts;
  let labels: ReadonlyMap<number, string> = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  let waiting: PfPacket[] = [];
  let isReading = false;
  let hasFailed = false;

  async function renew(): Promise<void> {
    isReading = true;
    try {
      labels = labelsIn(await read());
      hasFailed = false;
    } catch (error) {
      if (!hasFailed) onFault((error as Error).message);
      hasFailed = true;
    }
    readAt = timers.now();
    isReading = false;
    const ready = waiting;
    waiting = [];
    for (const packet of ready) intake.take(found(packet));
  }
  function found({ time, rule, refused, headers }: PfPacket): Found {
    const label = labels.get(rule);
    // The anchor's, but with no label of ours: somebody else has put it there.
    if (label === undefined && labels.size > 0) return 'foreign';
    return { time, entry: label ?? `TW-PF-${rule}`, ...headers, refused };
  }

  return {
    take(packet) {
      if (packet.anchor !== ANCHOR) return intake.take('foreign');
      if (!isReading && timers.now() - readAt <= FRESH) return intake.take(found(packet));
      if (waiting.length >= WAITING) return intake.take('unreadable');
      waiting.push(packet);
      if (!isReading) void renew();
    },
  };
}

/** The labels by number: `@12 block return in log quick on lan0 … label "TW-DENY"`. */
export function labelsIn(text: string): ReadonlyMap<number, string> {
  const labels = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [, number, label] = /^@(\d+)(?:\(\d+\))? .*\blabel "([^"]*)"/.exec(line) ?? [];
    const entry = label === undefined ? undefined : entryIn(label);
    if (entry !== undefined) labels.set(Number(number), entry);
  }
  return labels;
}

function readRules(): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('pfctl', ['-a', ANCHOR, '-vvsr'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE,
      env: { ...process.env, LC_ALL: 'C' },
    });
    let [rules, complaint] = ['', ''];
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      rules += text;
      if (rules.length > LONGEST) child.kill();
    });
    child.stderr.setEncoding('latin1').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, 1000);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(rules);
      else reject(new Error(complaint.trim() || `pfctl ended with ${signal ?? code}`));
    });
  });
}
