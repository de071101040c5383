import { Flags } from '@oclif/core'
import { quote } from 'shlex'
import { BaseCommand } from '../../cli/base-command.ts'
import { Exit, Failure } from '../../lib/engine/failure.ts'

export default class SandboxEnv extends BaseCommand<typeof SandboxEnv> {
  static override description = 'print the export lines that point a shell at the sandbox that is running'
  static override examples = ['eval "$(<%= config.bin %> <%= command.id %>)"']
  static override flags = {
    dir: Flags.string({ description: 'directory of the sandbox (default: in the data directory)' }),
  }

  // It needs neither settings nor a session.
  override run(): Promise<object> {
    return this.perform()
  }

  protected override async perform(): Promise<object> {
    const { binDirectory, defaultDirectory, findSandbox } = await import('../../sandbox/directory.ts')
    const { exportLines } = await import('../../sandbox/environment.ts')
    const { dir = defaultDirectory() } = this.flags
    const running = await findSandbox(dir)
    if (!running) throw notRunning(dir)
    this.say(exportLines(running.environment, binDirectory(dir)))
    return { variables: running.environment }
  }
}

const notRunning = (dir: string) =>
  new Failure({
    code: 'SANDBOX_MISSING',
    exit: Exit.missing,
    message: `No sandbox runs in ${dir}.`,
    suggestions: [`ecs-ambient sandbox start --dir ${quote(dir)}`],
  })
