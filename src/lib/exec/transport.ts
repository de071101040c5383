import type { Clock } from '../engine/clock.ts'
import { type ChannelServices, DataChannel, type ExecSession } from './channel.ts'
import type { Size } from './messages.ts'

export interface TransportOptions {
  readonly clock: Clock
  /** Ends the session; its reason is thrown where that is a Failure. */
  readonly signal: AbortSignal
  readonly size: Size
  /** What the session's terminal shows. While a promise of it is open, no more is read. */
  onOutput(data: Buffer): void | Promise<void>
}

/** One session, however it is carried. */
export interface Link {
  /** Resolves when the session is over and its output consumed; rejects with a Failure where it broke. */
  readonly closed: Promise<void>
  /** Nothing more is wanted of it. */
  end(): void
}

export type Transport = (session: ExecSession, options: TransportOptions) => Link

/** Our own client of the data channel. */
export const nativeTransport =
  (services: ChannelServices): Transport =>
  (session, options) =>
    DataChannel.open(session, { ...options, services })
