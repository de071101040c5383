import { PassThrough, Writable } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Fields, KubeObject } from '../objects.ts'

export interface TerminalSize {
  readonly width: number
  readonly height: number
}

export interface ExecStreams {
  /** Ends when the client closes its side, or is gone. */
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: Writable
  /** The same as stdout for a terminal. */
  readonly stderr: Writable
  readonly tty: boolean
  onResize(listener: (size: TerminalSize) => void): void
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
}

/** Runs a command in a container and answers its exit code. A rejection reaches the client as an error of the API. */
export type Exec = (
  pod: KubeObject,
  container: string,
  argv: readonly string[],
  streams: ExecStreams,
) => Promise<number>

/** The protocols that are spoken, the best first. */
export const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const
/** v5 only, and only from the client: the stream of the channel that follows has ended. */
const closeChannel = 255

export interface ExecRequest {
  readonly argv: readonly string[]
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

export function execRequest(query: URLSearchParams): ExecRequest {
  const flag = (name: string) => query.get(name) === 'true' || query.get(name) === '1'
  return {
    argv: query.getAll('command'),
    stdin: flag('stdin'),
    stdout: flag('stdout'),
    stderr: flag('stderr'),
    tty: flag('tty'),
  }
}

/** Runs a command over a socket: each message is one byte that names a channel, and the channel's bytes. */
export async function serveExec(
  socket: WebSocket,
  request: ExecRequest,
  run: (streams: ExecStreams) => Promise<number>,
): Promise<void> {
  const stdin = new PassThrough()
  const gone = new AbortController()
  const resizes: ((size: TerminalSize) => void)[] = []
  socket.on('message', (message: Buffer) => {
    const [to, first] = message
    if (to === channel.stdin && stdin.writable) stdin.write(message.subarray(1))
    else if (to === closeChannel && first === channel.stdin) stdin.end()
    else if (to === channel.resize) {
      const size = terminalSize(message.subarray(1))
      if (size !== undefined) for (const listener of resizes) listener(size)
    }
  })
  socket.on('close', () => {
    gone.abort()
    stdin.end()
  })
  socket.on('error', () => socket.terminate())
  if (!request.stdin) stdin.end()

  const stdout = channelWriter(socket, channel.stdout, request.stdout)
  const stderr = request.tty ? stdout : channelWriter(socket, channel.stderr, request.stderr)
  const status = await run({
    stdin,
    stdout,
    stderr,
    tty: request.tty,
    onResize: listener => resizes.push(listener),
    signal: gone.signal,
  }).then(code => exitStatus(code, request.argv), failedStatus)
  await Promise.all([ended(stdout), ended(stderr)])
  await send(socket, channel.error, Buffer.from(JSON.stringify(status)))
  socket.close(1000)
}

/** A size that can't be read is not worth an error. */
function terminalSize(message: Buffer): TerminalSize | undefined {
  const [, width, height] = /"Width":(\d+),"Height":(\d+)/.exec(message.toString()) ?? []
  return width === undefined ? undefined : { width: Number(width), height: Number(height) }
}

function channelWriter(socket: WebSocket, to: number, wanted: boolean): Writable {
  const writer = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (wanted) send(socket, to, chunk).then(() => done(), done)
      else done()
    },
  })
  // A command that writes on after its end is not heard.
  writer.on('error', () => {})
  return writer
}

/** A client that is gone hears nothing more; that is no error of the command. */
function send(socket: WebSocket, to: number, content: Buffer): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve()
  return new Promise(resolve => socket.send(Buffer.concat([Buffer.from([to]), content]), () => resolve()))
}

function ended(stream: Writable): Promise<void> {
  return new Promise(resolve => {
    if (stream.writableFinished) resolve()
    else stream.end(() => resolve())
  })
}

export function exitStatus(code: number, argv: readonly string[]): Fields {
  if (code === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: error executing command [${argv.join(' ')}], exit code ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }
}

const failedStatus = (error: unknown): Fields => ({
  metadata: {},
  status: 'Failure',
  message: `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
  reason: 'InternalError',
  details: { causes: [{ message: error instanceof Error ? error.message : String(error) }] },
  code: 500,
})
