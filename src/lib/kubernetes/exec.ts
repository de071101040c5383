import { Writable } from 'node:stream'
import { Exec, type KubeConfig, type V1Status } from '@kubernetes/client-node'
import { Failure, interrupted } from '../engine/failure.ts'
import type { ExecResult } from '../exec/result.ts'

export interface PodTarget {
  readonly namespace: string
  readonly pod: string
  readonly container: string
}

export interface ExecOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs: number
}

/**
 * Runs a command in a container of a pod and answers its true exit code, stdout and stderr apart. The arguments go
 * as they are: no shell sees them.
 *
 * @throws Failure `POD_EXEC_FAILED` where the command did not run to its end (no pod, connection lost, time-out);
 *   `INTERRUPTED` (exit 130) where the signal was aborted
 */
export async function podExec(
  config: KubeConfig,
  { namespace, pod, container }: PodTarget,
  argv: readonly string[],
  { signal, timeoutMs }: ExecOptions,
): Promise<ExecResult> {
  if (signal?.aborted) throw interrupted()
  const stdout = collector()
  const stderr = collector()
  const what = `run ${argv[0] ?? 'a command'} in Pod ${namespace}/${pod}`
  const failed = (why: string, cause?: unknown) =>
    new Failure({ code: 'POD_EXEC_FAILED', message: `Could not ${what}.`, why: [why], cause })
  const limit = AbortSignal.timeout(timeoutMs)
  const stop = signal ? AbortSignal.any([signal, limit]) : limit

  const { promise: ended, resolve, reject } = Promise.withResolvers<V1Status>()
  // It is only awaited once the socket is open; an abort may come before.
  ended.catch(() => {})
  const onStop = () => reject(signal?.aborted ? interrupted() : failed(`no end after ${timeoutMs} ms`))
  stop.addEventListener('abort', onStop, { once: true })
  const opening = new Exec(config).exec(
    namespace,
    pod,
    container,
    [...argv],
    stdout.stream,
    stderr.stream,
    null,
    false,
    resolve,
  )
  try {
    const socket = await Promise.race([opening, ended.then(() => opening)])
    socket.onclose = ({ code, reason }) =>
      reject(failed(`the connection closed before the exit code came: ${[code, reason].filter(Boolean).join(' ')}`))
    socket.onerror = event => reject(failed(event.message, event.error))
    const status = await ended
    const exitCode = exitCodeOf(status)
    if (exitCode === undefined) throw failed([status.reason, status.message].filter(Boolean).join(': '))
    return { exitCode, stdout: stdout.bytes(), stderr: stderr.bytes() }
  } catch (error) {
    throw error instanceof Failure ? error : failed(reasonOf(error), error)
  } finally {
    stop.removeEventListener('abort', onStop)
    opening.then(socket => socket.close()).catch(() => {})
  }
}

/** A stream that keeps what is written to it. */
function collector(): { readonly stream: Writable; bytes(): Buffer } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  return { stream, bytes: () => Buffer.concat(chunks) }
}

/** Undefined where the command did not run: the reason is then not its exit code. */
function exitCodeOf({ status, reason, details }: V1Status): number | undefined {
  if (status === 'Success') return 0
  if (reason !== 'NonZeroExitCode') return undefined
  const code = Number(details?.causes?.find(cause => cause.reason === 'ExitCode')?.message)
  return Number.isInteger(code) ? code : undefined
}

/** A refused upgrade comes as an event of the WebSocket library, not as an error. */
function reasonOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message)
  return String(error)
}
