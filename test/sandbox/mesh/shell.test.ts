import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect } from 'chai'
import { split } from 'shlex'
import { type FramingEvent, FramingParser, framedCommand } from '../../../src/lib/exec/framing.ts'
import { NotStarted, Shell } from '../../../src/sandbox/mesh/shell.ts'
import { ecsShell } from './world.ts'

interface Ran {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: string
}

const shell = ({ image = 'curlimages/curl:8.11.1', sleep = async (_ms: number): Promise<void> => undefined } = {}) =>
  new Shell({
    workload: ecsShell,
    container: { name: 'shell-task', image, environment: { TEAM: 'blue' }, ports: [], running: true },
    now: () => 0,
    sleep,
    send: () => ({ kind: 'unresolved' }),
  })

async function run(
  argv: readonly string[],
  { stdin = '', tty = false, inside = shell() }: { stdin?: string; tty?: boolean; inside?: Shell } = {},
): Promise<Ran> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() }
  const output = Promise.all([buffer(streams.stdout), buffer(streams.stderr)])
  streams.stdin.end(stdin)
  const exitCode = await inside.run(argv, { ...streams, tty, signal: new AbortController().signal })
  streams.stdout.end()
  streams.stderr.end()
  const [stdout, stderr] = await output
  return { exitCode, stdout, stderr: stderr.toString() }
}

describe("a container's shell", () => {
  const codes: readonly (readonly [argv: string[], exitCode: number])[] = [
    [['true'], 0],
    [['false'], 1],
    [['sh', '-c', 'exit 2'], 2],
    [['/bin/sh', '-c', 'exit 7'], 7],
    [['sh', '-c', 'exit 256'], 0],
    [['sh', '-c', 'echo x >/tmp/f; /tmp/f'], 126],
    [['sh', '-c', 'nosuch'], 127],
    [['sh', '-c', 'kill -9 $$'], 137],
    [['sh', '-c', 'kill -s TERM $$; echo never'], 143],
    [['sh', '-c', 'sh -c "kill -9 \\$\\$"; exit $?'], 137],
    [['curl', '-sS', 'x.y'], 6],
  ]
  for (const [argv, exitCode] of codes) {
    it(`${argv.join(' ')}: ${exitCode}`, async () => expect((await run(argv)).exitCode).to.equal(exitCode))
  }

  it("sleeps by the sandbox's clock", async () => {
    const inside = shell({ sleep: ms => new Promise(resolve => setTimeout(resolve, ms / 1000)) })
    expect(await run(['sh', '-c', 'sleep 20; echo awake'], { inside })).to.include({ exitCode: 0, stderr: '' })
  })

  it('keeps stdout and stderr apart, and every word as it is', async () => {
    const ran = await run(['sh', '-c', 'echo "$0|$1|$TEAM|$HOSTNAME"; echo oops >&2', 'a b', "it's; $(x)"])
    expect(ran.stdout.toString()).to.equal(`a b|it's; $(x)|blue|${ecsShell.hostname}\n`)
    expect(ran.stderr).to.equal('oops\n')
  })

  it('carries characters of every alphabet', async () => {
    expect((await run(['cat'], { stdin: 'größer\u0000日本' })).stdout.toString()).to.equal('größer\u0000日本')
    expect((await run(['sh', '-c', 'echo größer 日本'])).stdout.toString()).to.equal('größer 日本\n')
  })

  it('keeps its files from one command to the next, and no others', async () => {
    const inside = shell()
    await run(['sh', '-c', 'echo kept >/tmp/f'], { inside })
    expect((await run(['cat', '/tmp/f'], { inside })).stdout.toString()).to.equal('kept\n')
    expect((await run(['cat', '/tmp/f'])).exitCode).to.equal(1)
    expect((await run(['cat', '/etc/hostname'])).exitCode).to.equal(1)
  })

  const missing: readonly (readonly [what: string, image: string, argv: string[]])[] = [
    ['a program that nobody has', 'curlimages/curl:8.11.1', ['nosuch']],
    ['curl in an image without it', 'gcr.io/istio-testing/app:1.24.1', ['curl', 'x']],
    ['anything in an image without a shell', 'registry.example/ztunnel:1.24.1', ['sh', '-c', 'true']],
  ]
  for (const [what, image, argv] of missing) {
    it(`can't start ${what}`, async () => {
      const error = await run(argv, { inside: shell({ image }) }).then(
        () => undefined,
        reason => reason,
      )
      expect(error).to.be.instanceOf(NotStarted)
      expect(error.message).to.contain(`exec: "${argv[0]}": executable file not found in $PATH`)
    })
  }

  it('says itself that curl is missing, where a shell looks for it', async () => {
    const ran = await run(['sh', '-c', 'curl x'], { inside: shell({ image: 'gcr.io/istio-testing/app:1.24.1' }) })
    expect(ran).to.deep.include({ exitCode: 127 })
  })

  it('talks at a terminal, line by line', async () => {
    const { exitCode, stdout } = await run(['sh'], { tty: true, stdin: 'cd /tmp\nX=5\necho $X at $PWD\nfalse\nexit\n' })
    expect(stdout.toString()).to.equal('/ # /tmp # /tmp # 5 at /tmp\n/tmp # /tmp # ')
    expect(exitCode).to.equal(1)
  })

  it("runs the program's own frame around many commands", async () => {
    const commands = [
      ['echo', 'hi'],
      ['sh', '-c', 'echo out; echo err >&2; exit 7'],
      ['sh', '-c', 'kill -9 $$'],
      ['nosuch'],
      ['exit', '3'],
      ['curl', '-sS', 'x.y'],
      ['printf', 'größer'],
    ]
    const sentinel = 'ea-0123456789abcdef01234567'
    const { stdout } = await run(split(framedCommand(commands, sentinel)), { tty: true })
    const events = new FramingParser(sentinel, commands.length).push(stdout)
    const of = (kind: string, index: number) =>
      events.flatMap(event =>
        'data' in event && event.kind === kind && event.index === index ? String(event.data) : [],
      )
    const ends = events.filter((event): event is Extract<FramingEvent, { kind: 'end' }> => event.kind === 'end')
    expect(ends.map(({ exitCode }) => exitCode)).to.deep.equal([0, 7, 137, 127, 3, 6, 0])
    expect(of('stdout', 1)).to.deep.equal(['out\n'])
    expect(of('stderr', 1)).to.deep.equal(['err\n'])
    expect(of('stderr', 5)).to.deep.equal(['curl: (6) Could not resolve host: x.y\n'])
    expect(of('stdout', 6)).to.deep.equal(['größer'])
    expect(events.at(-1)?.kind).to.equal('done')
  })
})
