import type { Intake } from './intake.ts';
import { NFLOG, readNflog } from './nflog.ts';
import {
  type Capture,
  type CaptureReader,
  type CaptureRecord,
  createCaptureReader,
} from './pcap.ts';
import type { PfIntake } from './pf-rules.ts';
import { PFLOG, readPflog } from './pflog.ts';

export type CaptureLogParts = {
  readonly intake: Intake;
  readonly pf: PfIntake;
  /** Octets of the stream whose records are past already. */
  readonly skip?: number;
};

/** Reads a firewall's log in the format of tcpdump: netfilter's (NFLOG) or pf's. */
export function createCaptureLog({ intake, pf, skip = 0 }: CaptureLogParts): CaptureReader {
  let other: number | undefined;
  const { push } = createCaptureReader((record, capture) => {
    const { linkType } = capture;
    if (linkType !== NFLOG && linkType !== PFLOG) other = linkType;
    else if (record.end <= skip) return;
    else if (linkType === NFLOG) intake.look(() => nflog(record, capture));
    else {
      if (!intake.admit()) return;
      const packet = readPflog(record.octets, record.time);
      if (packet) pf.take(packet);
      else intake.take('unreadable');
    }
  });
  return {
    push: (chunk) =>
      push(chunk) ??
      (other === undefined
        ? undefined
        : `this is a capture of link type ${other}, and no log of a firewall (NFLOG is 239, pflog 117)`),
  };
}

function nflog({ octets, time }: CaptureRecord, { isLittleEndian }: Capture) {
  return readNflog(octets, time, isLittleEndian);
}
