import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disconnectPacket, IDENTIFICATION } from '../../src/refuser/ssh.ts';

test('ssh: our line is one that clients take', () => {
  assert.match(IDENTIFICATION.toString(), /^SSH-2\.0-[\x21-\x2c\x2e-\x7e]+\r\n$/);
});

for (let length = 0; length < 20; length++) {
  test(`ssh: a text of ${length} octets makes a packet of whole blocks`, () => {
    const text = 'x'.repeat(length);
    const packet = disconnectPacket(text);
    const padding = packet[4] as number;
    assert.equal(packet.length % 8, 0);
    assert.equal(packet.readUInt32BE(0), packet.length - 4);
    assert(padding >= 4 && padding < 12, `${padding} octets of padding`);
    const payload = packet.subarray(5, packet.length - padding);
    const expected = Buffer.concat([
      Buffer.of(1, 0, 0, 0, 11, 0, 0, 0, length),
      Buffer.from(text),
      Buffer.of(0, 0, 0, 2),
      Buffer.from('en'),
    ]);
    assert.deepEqual(payload, expected);
  });
}
