import { createHash } from 'node:crypto'
import { protocolFailure } from './failures.ts'

/**
 * The binary frames of the Session Manager data channel, big-endian:
 *
 *     0 header length (116) · 4 message type (32) · 36 schema version · 40 created · 48 sequence · 56 flags ·
 *     64 message id (16) · 80 SHA-256 of the payload (32) · 112 payload type · 116 payload length · 120 payload
 *
 * Source: session-manager-plugin, src/message.
 */
export interface Frame {
  /** One of `MessageType`, or one that this program does not know. */
  readonly type: string
  /** Milliseconds since the epoch. */
  readonly created: number
  readonly sequence: number
  readonly flags: number
  /** A UUID in lower case. */
  readonly id: string
  readonly payloadType: number
  /** As sent: after encryption. */
  readonly payload: Buffer
}

export const MessageType = {
  input: 'input_stream_data',
  output: 'output_stream_data',
  acknowledge: 'acknowledge',
  channelClosed: 'channel_closed',
  start: 'start_publication',
  pause: 'pause_publication',
} as const

export const PayloadType = {
  undefined: 0,
  /** Output of the agent's, and what is typed into it. */
  output: 1,
  error: 2,
  size: 3,
  parameter: 4,
  handshakeRequest: 5,
  handshakeResponse: 6,
  handshakeComplete: 7,
  challengeRequest: 8,
  challengeResponse: 9,
  flag: 10,
  stderr: 11,
  exitCode: 12,
} as const

export const Flags = { none: 0, syn: 1, fin: 2, synFin: 3 } as const

/** Bytes that a frame may carry: the agent sends 1 KB at a time, channel_closed and the handshake a few KB. */
export const MAX_PAYLOAD = 128 * 1024
/** Bytes of stream data that one frame carries at most. */
export const CHUNK = 1024

const HEADER_LENGTH = 116
const TYPE_LENGTH = 32
const SCHEMA_VERSION = 1
const at = { type: 4, schema: 36, created: 40, sequence: 48, flags: 56, id: 64, digest: 80, payloadType: 112 } as const
/** The largest header that is believed; newer ones may be longer, what is known of them comes first. */
const MAX_HEADER = 1024

export function encodeFrame(frame: Frame): Buffer {
  const bytes = Buffer.alloc(HEADER_LENGTH + 4 + frame.payload.length)
  bytes.writeUInt32BE(HEADER_LENGTH, 0)
  bytes.write(frame.type.padEnd(TYPE_LENGTH), at.type, 'latin1')
  bytes.writeUInt32BE(SCHEMA_VERSION, at.schema)
  bytes.writeBigUInt64BE(BigInt(Math.trunc(frame.created)), at.created)
  bytes.writeBigInt64BE(BigInt(frame.sequence), at.sequence)
  bytes.writeBigUInt64BE(BigInt(frame.flags), at.flags)
  swapHalves(Buffer.from(frame.id.replaceAll('-', ''), 'hex')).copy(bytes, at.id)
  digest(frame.payload).copy(bytes, at.digest)
  bytes.writeUInt32BE(frame.payloadType, at.payloadType)
  bytes.writeUInt32BE(frame.payload.length, HEADER_LENGTH)
  frame.payload.copy(bytes, HEADER_LENGTH + 4)
  return bytes
}

/**
 * Reads one frame. The payload is copied, so that a kept frame does not keep the socket's buffer alive.
 *
 * @throws Failure `EXEC_PROTOCOL` for anything that is not a whole, undamaged frame
 */
export function decodeFrame(bytes: Buffer): Frame {
  if (bytes.length < HEADER_LENGTH + 4) throw protocolFailure(`a frame of ${bytes.length} bytes, shorter than a header`)
  const headerLength = bytes.readUInt32BE(0)
  if (headerLength < HEADER_LENGTH || headerLength > MAX_HEADER || headerLength + 4 > bytes.length) {
    throw protocolFailure(`a frame that claims a header of ${headerLength} bytes`)
  }
  const length = bytes.readUInt32BE(headerLength)
  if (length > MAX_PAYLOAD) throw protocolFailure(`a frame that claims a payload of ${length} bytes`)
  const payload = bytes.subarray(headerLength + 4)
  if (payload.length !== length) {
    throw protocolFailure(`a frame that claims a payload of ${length} bytes and holds ${payload.length}`)
  }
  const schema = bytes.readUInt32BE(at.schema)
  if (schema !== SCHEMA_VERSION) throw protocolFailure(`a frame of schema version ${schema}`)
  if (length > 0 && !digest(payload).equals(bytes.subarray(at.digest, at.digest + 32))) {
    throw protocolFailure('a frame whose payload does not match its digest')
  }
  return {
    type: bytes.toString('latin1', at.type, at.type + TYPE_LENGTH).replace(/^[\0 ]+|[\0 ]+$/g, ''),
    created: safe(bytes.readBigUInt64BE(at.created), 'date'),
    sequence: safe(bytes.readBigInt64BE(at.sequence), 'sequence number'),
    flags: safe(bytes.readBigUInt64BE(at.flags), 'flag set'),
    id: uuid(swapHalves(bytes.subarray(at.id, at.id + 16)).toString('hex')),
    payloadType: bytes.readUInt32BE(at.payloadType),
    payload: Buffer.from(payload),
  }
}

function safe(value: bigint, what: string): number {
  const number = Number(value)
  if (number < 0 || !Number.isSafeInteger(number)) throw protocolFailure(`a frame with the impossible ${what} ${value}`)
  return number
}

/** Message ids travel with bytes 8–15 first. */
const swapHalves = (id: Buffer): Buffer => Buffer.concat([id.subarray(8), id.subarray(0, 8)])

const uuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const digest = (payload: Buffer): Buffer => createHash('sha256').update(payload).digest()
