import type { LoggedPacket } from './packet.ts';

/** What has become of all that a log held. */
export type Tally = {
  /** Ours, and handed on. */
  readonly packets: number;
  /** Somebody else's rules, or other words of the kernel. */
  readonly foreign: number;
  readonly unreadable: number;
  /** Not looked at, because too much came at once. */
  readonly passedOver: number;
};

export type Found = LoggedPacket | 'foreign' | 'unreadable';

/** Where all that a log holds comes by: it bounds how much is looked at, and counts. */
export type Intake = {
  /** Looks at one record, unless too many came within this second. */
  readonly look: (read: () => Found) => void;
  /** Takes what was found of a record that was looked at elsewhere. */
  readonly take: (found: Found) => void;
  /** True, and counted, where there is room for another; false where it is passed over. */
  readonly admit: () => boolean;
  readonly tally: () => Tally;
};

/** Records a second that are looked at: rules log ten a second each, so more is somebody else's flood. */
const RATE = 2_000;

export function createIntake(
  onPacket: (packet: LoggedPacket) => void,
  now: () => number,
  rate = RATE,
): Intake {
  let [packets, foreign, unreadable, passedOver] = [0, 0, 0, 0];
  let left = rate;
  let since = now();

  function admit(): boolean {
    const time = now();
    if (time - since >= 1000) {
      since = time;
      left = rate;
    }
    if (left === 0) {
      passedOver += 1;
      return false;
    }
    left -= 1;
    return true;
  }
  function take(found: Found): void {
    if (found === 'foreign') foreign += 1;
    else if (found === 'unreadable') unreadable += 1;
    else {
      packets += 1;
      onPacket(found);
    }
  }

  return {
    admit,
    take,
    look: (read) => {
      if (admit()) take(read());
    },
    tally: () => ({ packets, foreign, unreadable, passedOver }),
  };
}
