import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Calls } from '../../../src/sandbox/calls.ts'
import { Control } from '../../../src/sandbox/tools/control.ts'
import { toolExecutable, writeExecutables } from '../../../src/sandbox/tools/executables.ts'
import { type Tool, ToolError } from '../../../src/sandbox/tools/tool.ts'

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

describe("the tools' executables", () => {
  let directory: string
  let calls: Calls
  let control: Control
  let toy: Tool
  let url: string

  const start = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const child = spawn(join(directory, 'toy'), argv, { env: { PATH: process.env.PATH, ...env } })
    const text = { stdout: '', stderr: '' }
    child.stdout.on('data', chunk => {
      text.stdout += chunk
    })
    child.stderr.on('data', chunk => {
      text.stderr += chunk
    })
    const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, ...text }))
    return { child, text, ended }
  }

  const run = (argv: readonly string[], stdin = '', env: NodeJS.ProcessEnv = {}): Promise<Ended> => {
    const { child, ended } = start(argv, env)
    child.stdin.end(stdin)
    return ended
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ecs-ambient-tools-'))
    calls = new Calls()
    const tools = {
      toy: {
        run: ((run: Parameters<Tool>[0]) => toy(run)) satisfies Tool,
        describe: (argv: readonly string[]) => ({ operation: argv[0] ?? '', writes: argv[0] === 'create' }),
      },
    }
    const files = { '/file.yaml': { type: 'application/yaml', body: 'a: 1\n' } }
    control = new Control({ calls, token: 'secret', tools, files })
    url = await control.listen()
    await writeExecutables(directory, [toolExecutable('toy', { url, token: 'secret' })])
  })

  afterEach(async () => {
    await control.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('hand on arguments, stdin and a few variables, and relay what comes back', async () => {
    toy = async ({ argv, stdin, environment, directory, out, err }) => {
      out(`${JSON.stringify({ argv, environment, stdin: await stdin(), directory })}\n`)
      err('and this\n')
      return 7
    }
    const ended = await run(['create', 'a b', '--x=$(y)'], 'héllo', { AWS_REGION: 'eu-west-1', SECRET: 'mine' })
    const { environment, ...rest } = JSON.parse(ended.stdout)
    expect(rest).to.deep.equal({ argv: ['create', 'a b', '--x=$(y)'], stdin: 'héllo', directory: process.cwd() })
    expect(environment).to.deep.equal({ PATH: process.env.PATH, AWS_REGION: 'eu-west-1' })
    expect(ended).to.deep.include({ code: 7, signal: null, stderr: 'and this\n' })
    expect(calls.log).to.deep.equal([
      { number: 1, plane: 'tool', service: 'toy', operation: 'create', subject: 'create a b --x=$(y)', writes: true },
    ])
  })

  it('relay lines as they come', async () => {
    let go = (): void => undefined
    const wait = new Promise<void>(resolve => {
      go = resolve
    })
    toy = async ({ out }) => {
      out('first\n')
      await wait
      out('second\n')
      return 0
    }
    const { child, ended } = start([])
    await once(child.stdout, 'data')
    go()
    expect(await ended).to.deep.include({ code: 0, stdout: 'first\nsecond\n' })
  })

  it('end with the error of a tool', async () => {
    toy = () => Promise.reject(new ToolError('no such cluster', 3))
    expect(await run(['x'])).to.deep.include({ code: 3, stdout: '', stderr: 'Error: no such cluster\n' })
  })

  it('do not wait for a stdin that stays open', async () => {
    toy = async () => 0
    const { ended } = start(['x'])
    expect((await ended).code).to.equal(0)
  })

  it('stop their run when they are killed', async () => {
    let gone = (): void => undefined
    const stopped = new Promise<void>(resolve => {
      gone = resolve
    })
    toy = async ({ out, signal }) => {
      signal.addEventListener('abort', gone)
      out('running\n')
      await stopped
      return 0
    }
    const { child, ended } = start([])
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await ended).to.deep.include({ code: null, signal: 'SIGTERM' })
    await stopped
  })

  it('fail where the connection is cut, before or after the work', async () => {
    let ran = 0
    toy = async () => {
      ran++
      return 0
    }
    for (const when of ['before', 'after'] as const) {
      calls.fault = () => ({ kind: 'reset', when })
      const ended = await run([])
      expect(ended.code).to.equal(1)
      expect(ended.stderr).to.contain('the sandbox does not answer')
    }
    expect(ran).to.equal(1)
    calls.fault = () => ({ kind: 'error', when: 'before', code: 'Throttling', status: 400, message: 'Rate exceeded' })
    expect(await run([])).to.deep.include({ code: 1, stderr: 'Error: Throttling: Rate exceeded\n' })
    expect(ran).to.equal(1)
  })

  it('are let in by their token alone, while files are for everyone', async () => {
    toy = async () => 0
    expect(await (await fetch(`${url}/file.yaml`)).text()).to.equal('a: 1\n')
    expect((await fetch(`${url}/tools/toy`, { method: 'POST' })).status).to.equal(403)
    expect((await fetch(`${url}/tools/other`, { method: 'POST' })).status).to.equal(404)
    await writeExecutables(directory, [toolExecutable('toy', { url, token: 'wrong' })])
    expect((await run([])).code).to.equal(1)
    expect(calls.log).to.deep.equal([])
  })
})
