import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { systemClock } from '../../../src/lib/engine/clock.ts'
import { Failure } from '../../../src/lib/engine/failure.ts'
import { findPlugin, pluginTransport } from '../../../src/lib/exec/plugin-driver.ts'
import { EcsExec } from '../../../src/lib/exec/runner.ts'
import { runPlugin } from '../../../src/sandbox/channel/plugin.ts'
import { fakeAws } from './aws.ts'
import { inShell, type Run, type Service, startService } from './support.ts'

const PLUGIN = new URL('../../../src/sandbox/channel/plugin.ts', import.meta.url).href

/** The sandbox's plugin as an executable of its own. */
const real = `
import { runPlugin } from '${PLUGIN}'
const { argv, stdin, stdout, env } = process
process.exitCode = await runPlugin(argv.slice(2), { stdin, stdout, environment: env })
`

describe('the vendor plugin as a driver', () => {
  let directory: string
  let service: Service
  const credentials = { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'secret' }
  const original = Object.fromEntries(Object.keys(credentials).map(name => [name, process.env[name]]))
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'plugin-'))
    Object.assign(process.env, credentials)
  })
  after(async () => {
    await rm(directory, { recursive: true })
    for (const [name, value] of Object.entries(original)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  afterEach(() => service.close())

  const start = async (source: string, run: Run = inShell(), signal = new AbortController().signal) => {
    const file = join(directory, `session-manager-plugin-${Math.random()}.mjs`)
    await writeFile(file, `#!${process.execPath}\n${source}`)
    await chmod(file, 0o755)
    service = await startService(run)
    const aws = fakeAws(service)
    return new EcsExec({
      region: 'us-east-1',
      aws,
      host: { clock: systemClock, signal },
      transport: pluginTransport({ file, profile: undefined, services: service.services }),
      limits: { sessions: 1 },
    })
  }
  const run = (exec: EcsExec, ...commands: (readonly string[])[]) =>
    exec.run({ target: { cluster: 'ecs-demo', service: 'shell-task' }, commands, repeatable: true })
  const failureOf = (work: Promise<unknown>) =>
    work.then(
      () => new Failure({ code: 'NONE', message: 'it did not fail' }),
      error => error as Failure,
    )

  it('brings exit codes and both streams', async () => {
    const exec = await start(real)
    const results = await run(exec, ['sh', '-c', 'echo "ö ⛵"; echo err >&2; exit 7'], ['true'], ['no-such-program'])
    expect(results.map(({ exitCode }) => exitCode)).to.deep.equal([7, 0, 127])
    expect(results[0]?.stdout.toString()).to.equal('ö ⛵\n')
    expect(results[0]?.stderr.toString()).to.equal('err\n')
  }).timeout(20_000)

  it('gets the session without its token being an argument', async () => {
    const exec = await start(
      `console.log('Cannot perform start session: ' + JSON.stringify([process.argv.slice(2), Object.keys(JSON.parse(process.env.AWS_SSM_START_SESSION_RESPONSE))]))`,
    )
    const failure = await failureOf(run(exec, ['true']))
    const [argv, session] = JSON.parse(failure.why[0] ?? '')
    expect(argv.slice(0, 4)).to.deep.equal(['AWS_SSM_START_SESSION_RESPONSE', 'us-east-1', 'StartSession', ''])
    expect(JSON.parse(argv[4])).to.deep.equal({ Target: 'ecs:ecs-demo_shell-task_shell-task-1' })
    expect(session).to.deep.equal(['SessionId', 'StreamUrl', 'TokenValue'])
  })

  it('says what the plugin complains of', async () => {
    const exec = await start(`console.log('\\nCannot perform start session: EOF')`)
    const failure = await failureOf(run(exec, ['true']))
    expect(failure).to.include({ code: 'EXEC_PLUGIN_FAILED', exit: 125 })
    expect(failure.why).to.deep.equal(['EOF'])
  })

  it('says so when the plugin crashes', async () => {
    const failure = await failureOf(run(await start('process.exit(3)'), ['true']))
    expect(failure).to.include({ code: 'EXEC_PLUGIN_FAILED' })
    expect(failure.why.join()).to.include('3')
  })

  it('ends the plugin and the session when it is interrupted', async () => {
    const stop = new AbortController()
    const forever: Run = async (_argv, { signal }) => {
      stop.abort()
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      return 130
    }
    const exec = await start(real, forever, stop.signal)
    expect(await failureOf(run(exec, ['sleep', '100']))).to.include({ code: 'INTERRUPTED', exit: 130 })
    expect(service.events.map(({ kind }) => kind)).to.include('terminated')
  }).timeout(20_000)

  it('can be started as the aws command starts it, with the session as its first argument', async () => {
    service = await startService(inShell())
    const { targetId, region, ...session } = service.execute('echo hello')
    const [stdin, stdout] = [new PassThrough(), new PassThrough()]
    const argv = [JSON.stringify(session), region, 'StartSession', '', JSON.stringify({ Target: targetId }), 'unused']
    const exitCode = await runPlugin(argv, { stdin, stdout, environment: {} })
    stdout.end()
    const shown = await text(stdout)
    expect(exitCode).to.equal(0)
    expect(shown).to.include('hello\r\n').and.to.include(`Exiting session with sessionId: ${session.sessionId}.`)
  })

  it('is asked for by name where it is missing', async () => {
    service = await startService(inShell())
    const failure = await failureOf(findPlugin('/no/such/plugin'))
    expect(failure).to.include({ code: 'TOOL_NOT_FOUND', exit: 3 })
  })
})
