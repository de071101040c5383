import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { PROGRAM } from './program.ts'
import { recordings } from './recordings.ts'
import { Server } from './server.ts'

/** The sandbox as `sandbox start` runs it, for clients of any kind. */
export class Sandbox {
  readonly dir: string
  /** What its env.sh sets. */
  readonly env: Readonly<Record<string, string>>
  readonly #process: Server

  private constructor(started: Server, dir: string, env: Readonly<Record<string, string>>) {
    this.#process = started
    this.dir = dir
    this.env = env
  }

  static async start(): Promise<Sandbox> {
    const dir = await mkdtemp(join(tmpdir(), 'sandbox-'))
    const args = [PROGRAM, 'sandbox', 'start', '--dir', dir]
    const env = { ECS_AMBIENT_SANDBOX_RECORD: recordings }
    const started = await Server.start(process.execPath, args, { env, says: 'stdout', ready: /./ })
    const { stdout } = await execa('sh', ['-c', '. "$0" && env', join(dir, 'env.sh')], {
      env: { PATH: process.env.PATH ?? '' },
      extendEnv: false,
    })
    const lines = stdout.split('\n').filter(line => line.includes('='))
    const variables = lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
    return new Sandbox(started, dir, Object.fromEntries(variables))
  }

  async stop(): Promise<void> {
    await this.#process.stop()
    await rm(this.dir, { recursive: true, force: true })
  }
}
