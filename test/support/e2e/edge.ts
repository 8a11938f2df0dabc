import type { TLSSocket } from 'node:tls';

/** A frame of muxado: three octets of length, type and flags, a stream's number, and the body. */
type Frame = { readonly type: number; readonly stream: number; readonly body: Buffer };

const HEAD = 8;
const DATA = 1;
/** The stream is over after this frame. */
const FIN = 1;
/** What a stream begins with: heartbeats are echoed, and a request is JSON. */
const [HEARTBEAT, AUTHENTICATE] = [0xffff_ffff, 0];

/**
 * Answers an ngrok agent as the vendor's edge does, as far as it takes for a session: whoever comes is
 * let in, and heartbeats are echoed.
 */
export function speakAsEdge(socket: TLSSocket, first: Buffer): void {
  let pending = first;
  /** What has come by each stream, its kind included. */
  const streams = new Map<number, Buffer>();
  const take = () => {
    while (pending.length >= HEAD && pending.length >= HEAD + pending.readUIntBE(0, 3)) {
      const end = HEAD + pending.readUIntBE(0, 3);
      const type = (pending[3] ?? 0) >> 4;
      hear({ type, stream: pending.readUInt32BE(4), body: pending.subarray(HEAD, end) });
      pending = pending.subarray(end);
    }
  };
  const hear = ({ type, stream, body }: Frame) => {
    if (type !== DATA || body.length === 0) return;
    const before = streams.get(stream);
    const all = Buffer.concat([before ?? Buffer.alloc(0), body]);
    streams.set(stream, all);
    const kind = all.readUInt32BE(0);
    if (kind === HEARTBEAT && before) socket.write(frame(stream, 0, body));
    if (kind === AUTHENTICATE && isWhole(all.subarray(4))) {
      socket.write(frame(stream, FIN, Buffer.from(JSON.stringify(WELCOME))));
    }
  };
  socket.on('data', (data: Buffer) => {
    pending = Buffer.concat([pending, data]);
    take();
  });
  take();
}

const WELCOME = {
  ...{ Version: '2', ClientId: 'client', Error: '' },
  Extra: {
    ...{ Version: '3', Region: 'us', Cookie: '', AccountName: 'Example Corp' },
    ...{ SessionDuration: 0, PlanName: '', Banner: '' },
  },
};

function frame(stream: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = (DATA << 4) | flags;
  head.writeUInt32BE(stream, 4);
  return Buffer.concat([head, body]);
}

/** A request has no length of its own: it is there once it can be read. */
function isWhole(octets: Buffer): boolean {
  try {
    JSON.parse(octets.toString());
    return true;
  } catch {
    return false;
  }
}
