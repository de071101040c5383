import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { Bash } from 'just-bash'
import { quote } from 'shlex'
import { systemClock } from '../../../src/lib/engine/clock.ts'
import {
  type ChannelOptions,
  type ChannelServices,
  DataChannel,
  type ExecSession,
} from '../../../src/lib/exec/channel.ts'
import type { SessionTarget } from '../../../src/sandbox/aws/hooks.ts'
import type { ChannelBehaviour } from '../../../src/sandbox/channel/behaviour.ts'
import { type ChannelEvent, SessionChannels } from '../../../src/sandbox/channel/server.ts'
import type { CommandStreams } from '../../../src/sandbox/channel/terminal.ts'
import { SandboxClock } from '../../../src/sandbox/clock.ts'

export type Run = (argv: readonly string[], streams: CommandStreams, task: string) => Promise<number>

/** Runs what it is given in a simulated shell of the task's own. */
export const inShell = (): Run => {
  const shells = new Map<string, Bash>()
  return async (argv, { stdout, stderr }, task) => {
    const shell = shells.get(task) ?? new Bash({ env: { TASK: task }, defenseInDepth: false })
    shells.set(task, shell)
    const result = await shell.exec(argv.map(quote).join(' '))
    stderr.write(result.stderr)
    stdout.write(result.stdout)
    return result.exitCode
  }
}

/** A service with data channels, and what the client needs of AWS for them. */
export interface Service {
  readonly channels: SessionChannels
  readonly events: ChannelEvent[]
  readonly services: ChannelServices
  /** Starts a command and answers the session that a client is given for it. */
  execute(command: string, target?: Partial<SessionTarget>): ExecSession
  close(): Promise<void>
}

export async function startService(run: Run, behaviour: ChannelBehaviour = {}): Promise<Service> {
  const clock = new SandboxClock(100)
  const events: ChannelEvent[] = []
  const keys = new Map<string, { readonly plaintext: Buffer; readonly context: object }>()
  const channels = new SessionChannels({
    clock,
    decrypt: async (_region, ciphertext, context) => {
      const key = keys.get(ciphertext.toString('hex'))
      if (key && isDeepStrictEqual(key.context, context)) return key.plaintext
      throw new Error('InvalidCiphertextException')
    },
    run: (target, argv, streams) => run(argv, streams, target.taskId),
    behaviour: () => behaviour,
    observe: event => events.push(event),
  })
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  channels.mount(server)
  return {
    channels,
    events,
    services: {
      credentials: async () => ({ accessKeyId: 'AKIATEST', secretAccessKey: 'secret' }),
      resumeSession: async sessionId => channels.resume(sessionId)?.tokenValue,
      terminateSession: async sessionId => channels.terminate(sessionId),
      generateDataKey: async (_keyId, context) => {
        const [plaintext, ciphertext] = [randomBytes(64), randomBytes(100)]
        keys.set(ciphertext.toString('hex'), { plaintext, context })
        return { plaintext, ciphertext }
      },
    },
    execute: (command, more = {}) => {
      const target = { ...anyTarget, ...more }
      const session = channels.open({ ...target, command, interactive: true })
      const { cluster, taskId, runtimeId } = target
      return { ...session, region: 'us-east-1', targetId: `ecs:${cluster}_${taskId}_${runtimeId}` }
    },
    close: async () => {
      channels.close()
      clock.stop()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const anyTarget = {
  region: 'us-east-1',
  cluster: 'ecs-demo',
  taskArn: 'arn:aws:ecs:us-east-1:111122223333:task/ecs-demo/0123456789abcdef0123456789abcdef',
  taskId: '0123456789abcdef0123456789abcdef',
  container: 'shell-task',
  runtimeId: '0123456789abcdef0123456789abcdef-1234567890',
  kmsKeyId: undefined,
}

/** Goes through a whole session; answers everything that it printed. */
export async function converse(
  service: Service,
  session: ExecSession,
  more: Partial<ChannelOptions> & { typed?: readonly string[] } = {},
): Promise<string> {
  const output: Buffer[] = []
  const channel = DataChannel.open(session, {
    services: service.services,
    clock: systemClock,
    signal: new AbortController().signal,
    size: { cols: 80, rows: 24 },
    onOutput: data => void output.push(data),
    ...more,
  })
  for (const line of more.typed ?? []) await channel.write(Buffer.from(line))
  await channel.closed
  return Buffer.concat(output).toString()
}
