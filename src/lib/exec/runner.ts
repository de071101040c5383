import type { AwsWriters } from '../aws/clients.ts'
import { awsCode } from '../aws/errors.ts'
import { isFailure } from '../engine/failure.ts'
import { retry, type WaitHost, waitFor } from '../engine/wait.ts'
import type { ChannelServices, ExecSession } from './channel.ts'
import { type ExecCode, execFailure } from './failures.ts'
import { type Argv, batches, FramingParser, framedCommand, newSentinel } from './framing.ts'
import type { ExecResult } from './result.ts'
import { describeTarget, type ExecPlace, type ExecTarget, findPlace } from './target.ts'
import { nativeTransport, type Transport } from './transport.ts'

export interface EcsExecOptions {
  readonly region: string
  readonly aws: Pick<AwsWriters, 'ecs' | 'kms' | 'ssm' | 'sts'>
  readonly host: WaitHost
  /** Default: our own client. */
  readonly transport?: Transport
  readonly limits?: Partial<ExecLimits>
}

/** All in milliseconds, but for `sessions`. */
export interface ExecLimits {
  /** Until there is a task whose agent runs. */
  readonly ready: number
  /** Until ECS connects to an agent that runs. */
  readonly connect: number
  /** For one session, whatever is run in it. */
  readonly session: number
  /** How often a session that broke is begun again. */
  readonly sessions: number
}

const DEFAULT_LIMITS: ExecLimits = { ready: 180_000, connect: 90_000, session: 1_200_000, sessions: 3 }
/** How long the end of a session is waited for once everything has come; the agent takes up to two seconds. */
const GRACE = 3000
/** What the vendor's plugin says where there is no terminal. */
const NO_TERMINAL = { cols: 300, rows: 100 }

export interface ExecRun {
  readonly target: ExecTarget
  readonly commands: readonly Argv[]
  /**
   * Whether a command may run a second time when the session broke before its exit code came. Without it only what
   * surely never began is tried again. What was handed to `onOutput` is never run again.
   */
  readonly repeatable: boolean
  /** Takes the output as it comes, instead of the result; slow consumers slow the session down. */
  onOutput?(data: Buffer, stream: 'stdout' | 'stderr', index: number): void | Promise<void>
  onResult?(result: ExecResult, index: number): void
}

/** What is known of one command of a run. */
interface Progress {
  readonly index: number
  readonly argv: Argv
  readonly stdout: Buffer[]
  readonly stderr: Buffer[]
  streamed: boolean
  result: ExecResult | undefined
}

/** Runs commands in ECS containers and brings their true exit codes. Use one for a process: it keeps tasks' queues. */
export class EcsExec {
  readonly #options: EcsExecOptions
  readonly #limits: ExecLimits
  readonly #transport: Transport
  readonly #queues = new Map<string, Promise<unknown>>()

  constructor(options: EcsExecOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.#transport = options.transport ?? nativeTransport(channelServices(options.aws))
  }

  /**
   * Runs all commands one after another in one container, many in each session. A non-zero exit code is an answer and
   * never tried again.
   *
   * @throws Failure with a code of exec (failures.ts; `execLayer` tells where it broke), exit 125; what AWS refused;
   *   `INTERRUPTED`. Results that came before it were told to `onResult`.
   */
  async run(run: ExecRun): Promise<readonly ExecResult[]> {
    const all = run.commands.map((argv, index) => newProgress(argv, index))
    const groups = batches(run.commands)
    let from = 0
    for (const group of groups) {
      await this.#complete(run, all.slice(from, from + group.length))
      from += group.length
    }
    return all.flatMap(({ result }) => result ?? [])
  }

  /** Waits for a task of the target whose agent runs. */
  async place(target: ExecTarget): Promise<ExecPlace> {
    const { aws, host } = this.#options
    const what = `an ECS Exec agent in the ${describeTarget(target)}`
    let code: ExecCode = 'EXEC_NO_TASK'
    const look = async () => {
      const found = await findPlace(aws.ecs, target)
      if ('code' in found) code = found.code
      return found
    }
    return waitFor({ what, limit: this.#limits.ready, usual: 30_000, look }, host).catch(error => {
      throw timedOutAs(code, `There is no usable task in the ${describeTarget(target)}.`, error)
    })
  }

  /** Opens one session; the next one into the same task begins when `use` is through with it. */
  async session<T>(target: ExecTarget, command: string, use: (session: ExecSession) => Promise<T>): Promise<T> {
    const place = await this.place(target)
    return this.#inTurn(place.taskArn, async () => use(await this.#execute(place, command)))
  }

  /** Runs a group of commands, again and again where sessions break, until each has its exit code. */
  #complete(run: ExecRun, group: readonly Progress[]): Promise<void> {
    let sessions = 0
    const attempt = async () => {
      const open = group.filter(({ result }) => result === undefined)
      for (const progress of open) progress.stdout.length = progress.stderr.length = 0
      sessions += 1
      try {
        await this.#converse(run, open)
      } catch (error) {
        if (group.some(({ result }) => result === undefined)) throw error
      }
    }
    const transient = (error: unknown) => {
      if (!isFailure(error) || error.code !== 'EXEC_CHANNEL_CLOSED' || !run.repeatable) return undefined
      if (sessions >= this.#limits.sessions) return undefined
      if (group.some(({ result, streamed }) => streamed && result === undefined)) return undefined
      return [error.message, ...error.why].join(' ')
    }
    const limit = this.#limits.sessions * (this.#limits.session + this.#limits.ready + this.#limits.connect)
    return retry({ what: 'the session to last', attempt, transient, limit }, this.#options.host)
  }

  async #converse(run: ExecRun, group: readonly Progress[]): Promise<void> {
    const sentinel = newSentinel()
    const command = framedCommand(
      group.map(({ argv }) => argv),
      sentinel,
    )
    await this.session(run.target, command, async session => {
      const parser = new FramingParser(sentinel, group.length)
      const done = Promise.withResolvers<void>()
      const stop = new AbortController()
      const link = this.#open(session, stop.signal, async data => {
        for (const event of parser.push(data)) {
          if (event.kind === 'done') done.resolve()
          const progress = 'index' in event ? group[event.index] : undefined
          if (!progress) continue
          if (event.kind === 'stdout' || event.kind === 'stderr') await keep(run, progress, event.kind, event.data)
          if (event.kind === 'end') finish(run, progress, event.exitCode)
        }
      })
      void done.promise.then(() => this.#pass(GRACE, stop.signal)).then(() => link.end())
      await link.closed.finally(() => {
        stop.abort()
        done.resolve()
      })
      if (!parser.done) throw execFailure('EXEC_CHANNEL_CLOSED', 'The session ended before the commands did.')
    })
  }

  /** A link that ends with a failure when it takes longer than a session may. */
  #open(session: ExecSession, over: AbortSignal, onOutput: (data: Buffer) => Promise<void>) {
    const { host } = this.#options
    const late = new AbortController()
    const failure = execFailure(
      'EXEC_TIMED_OUT',
      `The command did not end within ${Math.round(this.#limits.session / 1000)} s.`,
      { suggestions: ['A larger --timeout', 'It was told to end, but may still run in the container.'] },
    )
    void this.#pass(this.#limits.session, over).then(() => over.aborted || late.abort(failure))
    const signal = AbortSignal.any([host.signal, late.signal])
    return this.#transport(session, { clock: host.clock, signal, size: NO_TERMINAL, onOutput })
  }

  /** Resolves after `ms`, or at once when `over` is aborted. */
  #pass(ms: number, over: AbortSignal): Promise<void> {
    return this.#options.host.clock.sleep(ms, over).catch(() => undefined)
  }

  async #execute(place: ExecPlace, command: string): Promise<ExecSession> {
    const { aws, host, region } = this.#options
    const { cluster, taskArn, container, targetId } = place
    const attempt = () => aws.ecs.executeCommand({ cluster, task: taskArn, container, command })
    const transient = (error: unknown) =>
      awsCode(error) === 'TargetNotConnectedException' ? 'the agent is not connected yet' : undefined
    const what = `the agent of task ${place.taskId} to be connected`
    const { session } = await retry({ what, attempt, transient, limit: this.#limits.connect }, host).catch(error => {
      throw timedOutAs('EXEC_NOT_CONNECTED', `ECS can't connect to the agent of task ${place.taskId}.`, error)
    })
    const { sessionId, streamUrl, tokenValue } = session ?? {}
    if (!sessionId || !streamUrl || !tokenValue) {
      throw execFailure('EXEC_CHANNEL_REFUSED', 'ECS answered without a session.')
    }
    return { sessionId, streamUrl, tokenValue, targetId, region }
  }

  /** One session a task at a time, in the order in which they were asked for. */
  #inTurn<T>(task: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(task) ?? Promise.resolve()
    const result = before.then(work)
    const settled = result
      .catch(() => undefined)
      .then(() => {
        if (this.#queues.get(task) === settled) this.#queues.delete(task)
      })
    this.#queues.set(task, settled)
    return result
  }
}

/** What sessions need of AWS, from the clients of this program. */
export const channelServices = ({ kms, ssm, sts }: Pick<AwsWriters, 'kms' | 'ssm' | 'sts'>): ChannelServices => ({
  credentials: () => sts.credentials(),
  resumeSession: sessionId => ssm.resumeSession(sessionId),
  terminateSession: sessionId => ssm.terminateSession(sessionId),
  generateDataKey: (keyId, context) => kms.generateDataKey(keyId, context, 64),
})

const newProgress = (argv: Argv, index: number): Progress => ({
  index,
  argv,
  stdout: [],
  stderr: [],
  streamed: false,
  result: undefined,
})

async function keep(run: ExecRun, progress: Progress, stream: 'stdout' | 'stderr', data: Buffer): Promise<void> {
  if (!run.onOutput) progress[stream].push(data)
  progress.streamed = run.onOutput !== undefined
  await run.onOutput?.(data, stream, progress.index)
}

function finish(run: ExecRun, progress: Progress, exitCode: number): void {
  progress.result = { exitCode, stdout: Buffer.concat(progress.stdout), stderr: Buffer.concat(progress.stderr) }
  run.onResult?.(progress.result, progress.index)
}

/** Waiting noticed it; what it waited for is the cause. */
function timedOutAs(code: ExecCode, message: string, error: unknown): unknown {
  if (!isFailure(error) || error.code !== 'TIMED_OUT') return error
  return execFailure(code, message, { why: [error.message, ...error.why], cause: error.cause })
}
