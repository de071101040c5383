import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { ExecUsage } from '../../cli/exec-usage.ts'
import type { Session } from '../../cli/session.ts'
import { Exit, Failure, isFailure } from '../../lib/engine/failure.ts'
import type { EcsExec } from '../../lib/exec/runner.ts'
import type { ExecTarget } from '../../lib/exec/target.ts'

export default class EcsExecCommand extends BaseCommand<typeof EcsExecCommand> {
  static override description = "run a command in an ECS container, and exit with that command's own exit code"
  static override examples = [
    '<%= config.bin %> <%= command.id %> -- curl -sS echo-service.ecs.local:8080',
    '<%= config.bin %> <%= command.id %> --service echo-service --container echo-service -- ls /',
    '<%= config.bin %> <%= command.id %> --tty -- sh',
  ]
  static override strict = false
  static override usage = 'ecs exec [FLAGS] -- COMMAND…'
  static override flags = {
    service: Flags.string({ description: "the ECS service (default: the demo's shell)" }),
    task: Flags.string({ description: 'id of the task, instead of any of the service' }),
    container: Flags.string({ description: 'the container (default: the only one besides ztunnel)' }),
    tty: Flags.boolean({ char: 't', description: 'connect this terminal to the command' }),
    'exec-driver': Flags.option({
      options: ['native', 'plugin'] as const,
      default: 'native' as const,
      description: "plugin: the vendor's session-manager-plugin",
    })(),
  }
  static override readonly quiet = true
  static override readonly standsOn = ['enroll']

  protected override refuse(): void {
    if (this.words.length === 0) throw ExecUsage.noCommand()
    if (this.flags.tty && (this.jsonEnabled() || !process.stdin.isTTY)) throw ExecUsage.noTerminal()
  }

  protected override async perform(session: Session): Promise<object> {
    try {
      const exec = await this.#exec(session)
      return this.flags.tty ? await this.#attach(session, exec) : await this.#run(session, exec)
    } catch (error) {
      throw asExecFailure(error)
    }
  }

  #target({ settings }: Session): ExecTarget {
    const { task, container, service } = this.flags
    const [cluster] = settings.ecsClusters
    return {
      cluster: cluster?.name ?? '',
      ...(task === undefined ? { service: service ?? cluster?.services[0]?.name ?? '' } : { task }),
      ...(container === undefined ? {} : { container }),
    }
  }

  async #exec({ settings, write, interruption }: Session): Promise<EcsExec> {
    const { EcsExec } = await import('../../lib/exec/runner.ts')
    const { systemClock } = await import('../../lib/engine/clock.ts')
    const { region, profile, timeout } = settings
    const plugin = this.flags['exec-driver'] === 'plugin' ? await import('../../lib/exec/plugin-driver.ts') : undefined
    const services = { terminateSession: (id: string) => write.aws.ssm.terminateSession(id) }
    return new EcsExec({
      region,
      aws: write.aws,
      host: { clock: systemClock, signal: interruption.signal },
      ...(timeout === undefined ? {} : { limits: { session: timeout, ready: timeout, connect: timeout } }),
      ...(plugin ? { transport: plugin.pluginTransport({ file: await plugin.findPlugin(), profile, services }) } : {}),
    })
  }

  async #run(session: Session, exec: EcsExec): Promise<object> {
    const streams = { stdout: process.stdout, stderr: process.stderr }
    const [result] = await exec.run({
      target: this.#target(session),
      commands: [this.words],
      repeatable: false,
      ...(this.jsonEnabled() ? {} : { onOutput: (data, stream) => written(streams[stream], data) }),
    })
    if (!result) throw new Error('no result')
    process.exitCode = result.exitCode
    const { encoded } = await import('../../lib/exec/encoded.ts')
    return { exitCode: result.exitCode, ...encoded(result) }
  }

  async #attach(session: Session, exec: EcsExec): Promise<object> {
    const { attach } = await import('../../lib/exec/interactive.ts')
    const { systemClock } = await import('../../lib/engine/clock.ts')
    const exitCode = await attach({
      exec,
      aws: session.write.aws,
      host: { clock: systemClock, signal: session.interruption.signal },
      target: this.#target(session),
      argv: this.words,
      terminal: { input: process.stdin, output: process.stdout },
    })
    process.exitCode = exitCode
    return { exitCode }
  }
}

/** A failure of ours, of whichever class, must not look like the exit code of the command. */
function asExecFailure(error: unknown): unknown {
  if (!isFailure(error) || error.exit === Exit.interrupted) return error
  const { code, message, why, suggestions, stands, requestId, cause } = error
  const request = requestId === undefined ? {} : { requestId }
  return new Failure({ code, message, why, suggestions, stands, cause, exit: Exit.exec, ...request })
}

const written = (stream: NodeJS.WritableStream, data: Buffer): Promise<void> | undefined =>
  stream.write(data) ? undefined : new Promise(resolve => stream.once('drain', resolve))
