import { randomBytes } from 'node:crypto'
import type { Writable } from 'node:stream'
import { type Bash, type CustomCommand, defineCommand, type ExecResult, type ResolvedCommandContext } from 'just-bash'
import { quote } from 'shlex'
import type { CurlHost } from './curl.ts'
import { curl } from './curl.ts'
import type { Container, Workload } from './workload.ts'

/** What a command in a container is connected to. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: Writable
  readonly stderr: Writable
  readonly tty: boolean
  readonly signal: AbortSignal
}

/** The program that was asked for isn't in the container, so nothing could be started. */
export class NotStarted extends Error {}

export interface ShellOptions {
  readonly workload: Workload
  readonly container: Container
  readonly now: () => number
  /** Milliseconds of the sandbox's time. */
  readonly sleep: (ms: number) => Promise<void>
  readonly send: CurlHost['send']
}

/**
 * The inside of one container: a simulated shell with files in memory, so nothing that is run here can touch the real
 * machine. Files last as long as the container.
 */
export class Shell {
  readonly #options: ShellOptions
  #bash: Promise<Bash> | undefined
  /** Whether the command that is running has a terminal. */
  #terminal = false
  /** What a shell that is started without a script talks to. */
  #streams: Streams | undefined

  constructor(options: ShellOptions) {
    this.#options = options
  }

  /**
   * Runs a program; answers its exit code.
   *
   * @throws NotStarted
   */
  async run(argv: readonly string[], streams: Streams): Promise<number> {
    const [program = ''] = argv
    const bash = await this.#ready()
    await this.#find(bash, program)
    if (streams.tty && isShell(program) && argv.length === 1) return this.#converse(bash, streams)
    const stdin = streams.tty ? '' : await bytesOf(streams.stdin)
    this.#terminal = streams.tty
    this.#streams = streams
    const result = await bash.exec(argv.map(quote).join(' '), {
      stdin,
      stdinKind: 'bytes',
      signal: streams.signal,
      rawScript: true,
    })
    await write(streams, result)
    return streams.signal.aborted ? 130 : result.exitCode
  }

  #ready(): Promise<Bash> {
    this.#bash ??= this.#start()
    return this.#bash
  }

  async #start(): Promise<Bash> {
    const { Bash } = await import('just-bash')
    const { workload, container, sleep } = this.#options
    const bash = new Bash({
      cwd: '/',
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: '/root',
        HOSTNAME: workload.hostname,
        ...container.environment,
      },
      sleep,
      customCommands: this.#commands(),
      // It would take timers away from this whole process while anything runs, and `sleep` needs one.
      defenseInDepth: false,
      processInfo: { pid: 7, ppid: 0, uid: 0, gid: 0 },
      // What runs here is the program's own; the limits are there for a test that fills the memory.
      executionLimits: { maxOutputSize: 64 << 20, maxStringLength: 64 << 20 },
    })
    for (const directory of ['/tmp', '/dev/shm', '/root']) await bash.fs.mkdir(directory, { recursive: true })
    return bash
  }

  /** Looks a program up as the container runtime does before it starts it. */
  async #find(bash: Bash, program: string): Promise<void> {
    const shellless = /ztunnel|distroless|pause/.test(this.#options.container.image)
    const name = program.replace(/^\/(usr\/)?(local\/)?s?bin\//, '')
    const found = !shellless && (await bash.exec(`command -v ${quote(name)}`)).exitCode === 0
    if (found) return
    throw new NotStarted(
      `OCI runtime exec failed: exec failed: unable to start container process: exec: "${program}": executable file not found in $PATH: unknown`,
    )
  }

  /** A shell at a terminal, one line at a time; variables and the directory last from one line to the next. */
  async #converse(bash: Bash, { stdin, stdout, signal }: Streams): Promise<number> {
    let environment = bash.getEnv()
    let exitCode = 0
    let rest = ''
    const prompt = () => stdout.write(`${environment.PWD ?? '/'} # `)
    prompt()
    this.#terminal = true
    for await (const chunk of stdin) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [, code] = /^\s*exit(?:\s+(\d+))?\s*;?\s*$/.exec(line) ?? [undefined, undefined]
        if (/^\s*exit\b/.test(line)) return Number(code ?? exitCode) & 255
        const result = await bash.exec(line, { env: environment, cwd: environment.PWD ?? '/', signal })
        environment = result.env
        exitCode = result.exitCode
        stdout.write(bufferOf(result.stdout, result.stdoutKind))
        stdout.write(result.stderr)
        prompt()
      }
    }
    return exitCode
  }

  #commands(): CustomCommand[] {
    const { image } = this.#options.container
    const version = /curl:v?(\d[\w.]*)/.exec(image)?.[1] ?? '8.11.1'
    return [
      ...(/curl/.test(image) ? [defineCommand('curl', (args, context) => this.#curl(args, context, version))] : []),
      defineCommand('sh', (args, context) => this.#nested(args, context)),
      defineCommand('ash', (args, context) => this.#nested(args, context)),
      defineCommand('bash', (args, context) => this.#nested(args, context)),
      defineCommand('kill', async args => ({ ...done(''), exitCode: killCode(args) })),
      defineCommand('mktemp', (args, context) => makeTemporary(args, context)),
      defineCommand('uname', async args =>
        done(args.includes('-a') ? 'Linux container 5.10.0 x86_64 Linux\n' : 'Linux\n'),
      ),
      defineCommand('id', async args => done(args.includes('-u') ? '0\n' : 'uid=0(root) gid=0(root) groups=0(root)\n')),
    ]
  }

  async #curl(args: string[], context: ResolvedCommandContext, version: string): Promise<ExecResult> {
    const { now, sleep, send } = this.#options
    return curl(args, {
      version,
      environment: new Map(Object.entries(context.exportedEnv ?? Object.fromEntries(context.env))),
      terminal: this.#terminal,
      now,
      sleep,
      write: (file, content) => context.fs.writeFile(context.fs.resolvePath(context.cwd, file), content),
      send,
    })
  }

  /** A shell whose own `kill` can end it; at a terminal and without a script, one to type into. */
  async #nested(args: string[], context: ResolvedCommandContext): Promise<ExecResult> {
    if (args.length === 0 && this.#terminal && this.#streams) {
      return { ...done(''), exitCode: await this.#converse(await this.#ready(), this.#streams) }
    }
    const at = args.indexOf('-c') + 1
    const script = at === 0 ? undefined : args[at]
    const own = script === undefined ? args : args.with(at, `${KILL_FUNCTION}\n${script}`)
    return (await context.origCommand?.(own)) ?? done('')
  }
}

/** Only the shell itself can end itself, so `kill` is a function of it: the command says with which code. */
const KILL_FUNCTION = 'kill() { command kill "$@" || exit $?; }'

/** The exit code of whoever is hit; nobody runs here but the shell itself. */
function killCode(args: readonly string[]): number {
  const [flag = '-TERM', next = ''] = args
  const name = flag === '-s' ? next : flag.replace(/^-(SIG)?/, '')
  const signal = Number(name) || (SIGNALS[name] ?? 0)
  return signal === 0 ? 0 : 128 + signal
}

const SIGNALS: Readonly<Record<string, number>> = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, TERM: 15 }

const isShell = (program: string): boolean => /^(\/(usr\/)?bin\/)?(a|ba)?sh$/.test(program)

const done = (stdout: string): ExecResult => ({ exitCode: 0, stdout, stderr: '' })

async function makeTemporary(args: readonly string[], { fs }: ResolvedCommandContext): Promise<ExecResult> {
  const path = `/tmp/tmp.${randomBytes(5).toString('hex')}`
  if (args.includes('-d')) await fs.mkdir(path, { recursive: true })
  else await fs.writeFile(path, '')
  return done(`${path}\n`)
}

async function bytesOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('latin1')
}

const bufferOf = (text: string, kind: ExecResult['stdoutKind']): Buffer =>
  Buffer.from(text, kind === 'bytes' ? 'latin1' : 'utf8')

async function write({ stdout, stderr }: Streams, result: ExecResult): Promise<void> {
  await Promise.all([
    writeTo(stdout, bufferOf(result.stdout, result.stdoutKind)),
    writeTo(stderr, Buffer.from(result.stderr, 'utf8')),
  ])
}

const writeTo = (stream: Writable, data: Buffer): Promise<void> =>
  data.length === 0 || stream.destroyed
    ? Promise.resolve()
    : new Promise(resolve => stream.write(data, () => resolve()))
