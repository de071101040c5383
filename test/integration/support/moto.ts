import { fileURLToPath } from 'node:url'
import { Server } from './server.ts'

const program = fileURLToPath(new URL('../python/moto_server.py', import.meta.url))

/** Moto in server mode: somebody else's AWS. */
export class Moto {
  readonly url: string
  readonly #process: Server

  private constructor(started: Server, url: string) {
    this.#process = started
    this.url = url
  }

  static async start(python: string): Promise<Moto> {
    const env = {
      // Roles that AWS itself keeps, and the policies that it manages, exist in every account.
      MOTO_IAM_LOAD_MANAGED_POLICIES: 'true',
      PYTHONUNBUFFERED: '1',
    }
    const args = [program, '--host', '127.0.0.1', '--port', '0']
    const started = await Server.start(python, args, { env, says: 'stderr', ready: /Running on (http:\S+)/ })
    return new Moto(started, started.match[1] ?? '')
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}
