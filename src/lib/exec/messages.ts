import { randomUUID } from 'node:crypto'
import { protocolFailure } from './failures.ts'
import { Flags, type Frame, MessageType, PayloadType } from './frame.ts'

/** What is reported as our version: the one of the plugin whose protocol this program speaks. */
export const CLIENT_VERSION = '1.2.764.0'

/** The JSON of a payload, when it is an object. @throws Failure `EXEC_PROTOCOL` */
export function jsonOf(payload: Buffer, what: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'))
    if (isRecord(value)) return value
  } catch {
    // What JSON.parse says would quote the payload, which may hold secrets.
  }
  throw protocolFailure(`${what} that is not a JSON object`)
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The first message on a connection, the only one that is text. It holds the token, a secret. */
export const openMessage = (tokenValue: string, clientId: string): string =>
  JSON.stringify({
    MessageSchemaVersion: '1.0',
    RequestId: randomUUID(),
    TokenValue: tokenValue,
    ClientId: clientId,
    ClientVersion: CLIENT_VERSION,
  })

/** The acknowledgement of a data frame. Acknowledgements are neither numbered nor acknowledged themselves. */
export const acknowledgement = (frame: Frame, now: number): Frame => ({
  type: MessageType.acknowledge,
  created: now,
  sequence: 0,
  flags: Flags.synFin,
  id: randomUUID(),
  payloadType: PayloadType.undefined,
  payload: Buffer.from(
    JSON.stringify({
      AcknowledgedMessageType: frame.type,
      AcknowledgedMessageId: frame.id,
      AcknowledgedMessageSequenceNumber: frame.sequence,
      IsSequentialMessage: true,
    }),
  ),
})

/** The sequence number that an acknowledgement is about. @throws Failure `EXEC_PROTOCOL` */
export function acknowledgedSequence(frame: Frame): number {
  const sequence = jsonOf(frame.payload, 'an acknowledgement').AcknowledgedMessageSequenceNumber
  if (!Number.isSafeInteger(sequence)) throw protocolFailure('an acknowledgement without a sequence number')
  return Number(sequence)
}

export interface Size {
  readonly cols: number
  readonly rows: number
}

export const sizePayload = ({ cols, rows }: Size): Buffer => Buffer.from(JSON.stringify({ cols, rows }))
