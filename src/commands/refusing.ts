import { readFileSync } from 'node:fs';
import { systemClock } from '../clock.ts';
import type { Log } from '../log.ts';
import { formatEndpoint } from '../policy/endpoint.ts';
import { type PageCertificate, readPageCertificate } from '../refuser/certificate.ts';
import {
  createRefuser,
  REFUSER_LIMITS,
  type Refuser,
  type RefuserParts,
} from '../refuser/refuser.ts';
import { CommandFailure } from './failure.ts';

export type RefusingParts = Omit<RefuserParts, 'certificate' | 'limits' | 'clock'> & {
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly log: Log;
};

/** The refuser, joined to the world. */
export type Refusing = {
  /** Reads the certificate anew; one that cannot be used leaves the old one in force. */
  readonly renew: () => void;
  readonly stop: Refuser['close'];
};

/** Listens. Throws CommandFailure with advice. */
export async function startRefusing(parts: RefusingParts): Promise<Refusing> {
  const { certificateFile, keyFile, log } = parts;
  let certificate = readCertificate(certificateFile, keyFile);
  const refuser = createRefuser({
    ...parts,
    certificate: () => certificate,
    limits: REFUSER_LIMITS,
    clock: systemClock,
  });
  const listening = await refuser.listening.catch((error: Error) => {
    throw new CommandFailure(
      `the refuser cannot listen: ${error.message}; change --refuser and firewall.refuser together`,
      { cause: error },
    );
  });
  for (const endpoint of listening) {
    log('info', 'refuser listening', { address: formatEndpoint(endpoint) });
  }
  return {
    renew: () => {
      try {
        certificate = readCertificate(certificateFile, keyFile);
      } catch (error) {
        log('error', 'certificate', { message: (error as Error).message });
      }
    },
    stop: refuser.close,
  };
}

function readCertificate(
  certificate: string | undefined,
  key: string | undefined,
): PageCertificate | undefined {
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) {
    throw new CommandFailure('--refuser-certificate and --refuser-key belong together; give both');
  }
  try {
    return readPageCertificate({ cert: readFileSync(certificate), key: readFileSync(key) });
  } catch (error) {
    const { message } = error as Error;
    throw new CommandFailure(
      `the refuser's certificate ${certificate} cannot be used: ${message}`,
      {
        cause: error,
      },
    );
  }
}
