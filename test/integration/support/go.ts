import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { cached, fingerprint } from './cache.ts'

const folder = (module: string): string => fileURLToPath(new URL(`../go/${module}`, import.meta.url))

const environment = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false -trimpath', GOTOOLCHAIN: 'local' }

/** A module below test/integration/go. */
export class GoModule {
  readonly name: string
  readonly #folder: string

  constructor(name: string) {
    this.name = name
    this.#folder = folder(name)
  }

  /** The version that go.mod asks for. */
  versionOf(path: string): string {
    const required = new RegExp(`^\\s*(?:require )?${path.replaceAll('.', '\\.')} (v\\S+)`, 'm')
    const version = required.exec(readFileSync(join(this.#folder, 'go.mod'), 'utf8'))?.[1]
    if (version === undefined) throw new Error(`${this.#folder}/go.mod does not require ${path}`)
    return version
  }

  /** Builds the packages into one folder, once for each state of the module, and answers its path. */
  async build(packages: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<string> {
    const flags = ['-s', '-w', ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)].join(' ')
    const { stdout: go } = await this.#go(['version'])
    const key = await fingerprint([go, flags, ...packages], [this.#folder])
    return cached(this.name, key, async dir => {
      await this.#go(['build', '-p', '2', `-ldflags=${flags}`, '-o', `${dir}/`, ...packages])
    })
  }

  /** Where the module cache has the sources of a module. */
  async sources(path: string, version: string): Promise<string> {
    const { stdout } = await this.#go(['mod', 'download', '-json', `${path}@${version}`])
    return (JSON.parse(stdout) as { Dir: string }).Dir
  }

  /** Builds take minutes, and whoever works on the machine meanwhile goes first. */
  #go(args: readonly string[]) {
    return execa('nice', ['-n', '15', 'go', ...args], { cwd: this.#folder, env: environment })
  }
}
