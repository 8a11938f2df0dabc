/** Our identification line (RFC 4253 section 4.2). */
export const IDENTIFICATION = Buffer.from('SSH-2.0-tunnelwarden\r\n');

const MESSAGE_DISCONNECT = 1;
/** SSH_DISCONNECT_BY_APPLICATION (RFC 4253 section 11.1): clients show its text as it is. */
const BY_APPLICATION = 11;
/** Before keys are agreed on a packet's length is a multiple of this, and it has padding of at least four octets. */
const BLOCK = 8;
const LEAST_PADDING = 4;

/** SSH_MSG_DISCONNECT with a text for people (RFC 4253 sections 6 and 11.1), in clear. */
export function disconnectPacket(text: string): Buffer {
  const payload = Buffer.concat([
    Buffer.of(MESSAGE_DISCONNECT),
    uint32(BY_APPLICATION),
    sshString(text),
    sshString('en'),
  ]);
  const unpadded = 4 + 1 + payload.length;
  const padding = LEAST_PADDING + ((2 * BLOCK - ((unpadded + LEAST_PADDING) % BLOCK)) % BLOCK);
  return Buffer.concat([
    uint32(1 + payload.length + padding),
    Buffer.of(padding),
    payload,
    Buffer.alloc(padding),
  ]);
}

function sshString(text: string): Buffer {
  const octets = Buffer.from(text, 'utf8');
  return Buffer.concat([uint32(octets.length), octets]);
}

function uint32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}
