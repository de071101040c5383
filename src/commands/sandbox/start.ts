import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { interruption } from '../../cli/interruption.ts'

export default class SandboxStart extends BaseCommand<typeof SandboxStart> {
  static override description =
    'run a simulation of AWS, EKS, ECS and the mesh until it is interrupted, for a shell and for other clients'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --port 4566 --dir /tmp/sandbox',
  ]
  // It prints a line when it is ready and then runs on: there is no result to print at its end.
  static override enableJsonFlag = false
  static override flags = {
    // Its range is checked where the port is opened.
    port: Flags.integer({ description: 'port of the simulated AWS (default: any free one)' }),
    dir: Flags.string({ description: 'directory of its files, env.sh among them (default: in the data directory)' }),
    speed: Flags.integer({ description: 'how many times as fast as real time its own passes', default: 100, min: 1 }),
  }

  // It needs neither settings nor a session.
  override run(): Promise<object> {
    return this.perform()
  }

  protected override async perform(): Promise<object> {
    const { enter } = await import('../../sandbox/guard.ts')
    const { defaultDirectory, environmentFile } = await import('../../sandbox/directory.ts')
    const { startSandbox } = await import('../../sandbox/sandbox.ts')
    const { port, speed, dir = defaultDirectory() } = this.flags
    const { signal, release } = interruption(() => undefined)
    const ended = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
    const sandbox = await startSandbox({ dir, speed, ...(port === undefined ? {} : { port }) })
    enter(sandbox.environment)
    // Nothing else keeps the process: all that the sandbox has open is let go of at exit.
    const alive = setInterval(() => undefined, 1 << 30)
    this.log(
      `The sandbox is ready, a simulation that proves nothing of AWS itself: source ${environmentFile(sandbox.dir)}`,
    )
    await ended
    clearInterval(alive)
    await sandbox.close()
    release()
    return {}
  }
}
