import WebSocket from 'ws'
import type { Failure } from '../engine/failure.ts'
import { execFailure } from './failures.ts'
import { MAX_PAYLOAD } from './frame.ts'

export interface SocketRequest {
  readonly url: string
  /** The signature, where there is one. */
  readonly headers: Readonly<Record<string, string>>
  /** Closes the socket, whatever it is doing. */
  readonly signal: AbortSignal
}

/** A socket that stands, or why there is none; trying again may help. */
export type Opening = { readonly socket: WebSocket } | { readonly lost: string }

const OPEN_LIMIT = 30_000
const CLOSE_LIMIT = 2000

/**
 * Connects to a data channel.
 *
 * @throws Failure `EXEC_CHANNEL_REFUSED` where the service refuses for good
 */
export function openSocket({ url, headers, signal }: SocketRequest): Promise<Opening> {
  const options = {
    headers,
    handshakeTimeout: OPEN_LIMIT,
    closeTimeout: CLOSE_LIMIT,
    maxPayload: 2 * MAX_PAYLOAD,
    perMessageDeflate: false,
  }
  const socket = new WebSocket(url, options)
  const close = () => {
    // A paused one would never see the answer to its farewell.
    if (socket.isPaused) socket.terminate()
    else socket.close()
  }
  signal.addEventListener('abort', close, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', close))
  return new Promise<Opening>((resolve, reject) => {
    socket.once('open', () => resolve({ socket }))
    socket.on('error', error => resolve({ lost: error.message }))
    socket.once('unexpected-response', (request, { statusCode = 0, statusMessage = '' }) => {
      request.destroy()
      const status = `HTTP ${statusCode} ${statusMessage}`
      if (statusCode >= 500) resolve({ lost: status })
      else reject(refused(status))
    })
  })
}

const refused = (status: string): Failure =>
  execFailure('EXEC_CHANNEL_REFUSED', 'The service refused to open the data channel of the session.', {
    why: [status],
    suggestions: ['The caller needs ssmmessages:OpenDataChannel.'],
  })

/** One message as bytes, however the library hands it over. */
export function bytesOf(data: WebSocket.RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
