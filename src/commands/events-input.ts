import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { isGzip } from '../attempts/account/unwrap.ts';
import { createValues, type Found } from '../attempts/account/values.ts';
import { InputError, type Place } from '../policy/problem.ts';

/** What a file is called that is standard input. */
export const STDIN = '-';

/** Octets read at once. */
const PIECE = 256 * 1024;

/** CloudWatch compresses each record and Firehose the file, so two is what there is. */
const MOST_LAYERS = 3;

/**
 * The objects of a file, or of standard input, as they come; compressed or not. One that cannot be read at
 * all is an InputError; one that breaks off has its last fault say so.
 */
export async function* objectsIn(file: string, stdin: Readable): AsyncGenerator<readonly Found[]> {
  const raw = file === STDIN ? stdin : createReadStream(file, { highWaterMark: PIECE });
  const values = createValues();
  const decoder = new TextDecoder();
  try {
    for await (const piece of unpacked(raw)) {
      yield values.feed(decoder.decode(piece, { stream: true }));
    }
    yield [...values.feed(decoder.decode()), ...values.end()];
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!code.startsWith('Z_')) throw unreadable(file, code, error);
    const found = values.end();
    const message = `is compressed and damaged or cut off (${code}); what is behind that is not read`;
    yield [...found, { kind: 'fault', line: found.at(-1)?.line ?? 1, message }];
  } finally {
    raw.destroy();
  }
}

/** The octets without their layers of gzip. */
async function* unpacked(
  pieces: AsyncIterable<Uint8Array>,
  layers = 0,
): AsyncGenerator<Uint8Array> {
  const rest = pieces[Symbol.asyncIterator]();
  let first: Uint8Array = new Uint8Array();
  while (first.length < 2) {
    const { done, value } = await rest.next();
    if (done) break;
    first = Buffer.concat([first, value]);
  }
  const whole = async function* () {
    yield first;
    yield* { [Symbol.asyncIterator]: () => rest };
  };
  if (!isGzip(first) || layers === MOST_LAYERS) return yield* whole();
  const packed = Readable.from(whole(), { objectMode: false });
  const gunzip = createGunzip({ chunkSize: PIECE });
  packed.on('error', (error) => gunzip.destroy(error));
  yield* unpacked(packed.pipe(gunzip), layers + 1);
}

function unreadable(file: string, code: string, cause: unknown): unknown {
  if (!/^E[A-Z]+$/.test(code)) return cause;
  const place: Place = { file, line: 1, column: 1 };
  const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
  const message = `${why}; name files of events, or - for standard input`;
  return new InputError([{ severity: 'error', place, path: '', message }]);
}
