import { randomBytes, randomUUID } from 'node:crypto'
import { encodeFrame, type Frame, MessageType, PayloadType } from '../../lib/exec/frame.ts'
import type { Garbage } from './behaviour.ts'

const frame = (sequence: number, more: Partial<Frame> = {}): Frame => ({
  type: MessageType.output,
  created: Date.now(),
  sequence,
  flags: 0,
  id: randomUUID(),
  payloadType: PayloadType.output,
  payload: Buffer.from('payload'),
  ...more,
})

function damaged(change: (bytes: Buffer) => void): Buffer {
  const bytes = encodeFrame(frame(1))
  change(bytes)
  return bytes
}

/** What a broken or hostile other side might send: binary frames, or a text one. */
export const garbage: Readonly<Record<Garbage, () => readonly (Buffer | string)[]>> = {
  noise: () => [randomBytes(300)],
  short: () => [Buffer.alloc(20)],
  'huge-length': () => [damaged(bytes => bytes.writeUInt32BE(0xffffffff, 116))],
  'huge-frame': () => [Buffer.alloc(4 << 20)],
  'wrong-digest': () => [damaged(bytes => bytes.writeUInt8(bytes.readUInt8(80) ^ 1, 80))],
  text: () => ['{"hello":"world"}'],
  'bad-json': () => [encodeFrame(frame(0, { type: MessageType.acknowledge, payload: Buffer.from('{"Acknowledged') }))],
  // What never fits together: everything is early, for ever.
  flood: () =>
    Array.from({ length: 5000 }, (_, i) => encodeFrame(frame(2 + i * 7, { payload: Buffer.alloc(8192, 'x') }))),
}
