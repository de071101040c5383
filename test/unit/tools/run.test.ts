import { expect } from 'chai'
import { Failure, isFailure } from '../../../src/lib/engine/failure.ts'
import { redact, runTool, type ToolRun, transientToolReason } from '../../../src/lib/tools/run.ts'

const run = (script: string, more: Partial<ToolRun> = {}) =>
  runTool({ tool: 'tool', path: process.execPath, args: ['-e', script], ...more })

const failureOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isFailure(error)) throw new Error(`expected a Failure, got ${error}`)
  return error
}

describe('running a tool', () => {
  it('answers stdout and tells the lines of both streams', async () => {
    const lines: string[] = []
    const stdout = await run('console.log("out"); console.error("err")', { onLine: line => lines.push(line) })
    expect(stdout).to.equal('out')
    expect(lines.toSorted()).to.deep.equal(['err', 'out'])
  })

  it('hands stdin over, and arguments as they are', async () => {
    const script = 'process.stdin.pipe(process.stdout); console.error(process.argv.at(-1))'
    const lines: string[] = []
    const args = ['-e', script, '$(touch x); `y` "z"']
    expect(await run('', { args, input: 'a\nb', onLine: line => lines.push(line) })).to.equal('a\nb')
    expect(lines).to.include('$(touch x); `y` "z"')
  })

  it('does not wait for a stdin that nobody fills', async () => {
    expect(await run('process.stdin.on("end", () => console.log("end")).resume()')).to.equal('end')
  })

  it('adds variables to its own', async () => {
    process.env.TEST_INHERITED = 'yes'
    const script = 'console.log(process.env.A, process.env.TEST_INHERITED)'
    expect(await run(script, { environment: { A: 'b' } })).to.equal('b yes')
  })

  it('fails with what was asked and the last lines', async () => {
    const script = 'for (let i = 0; i < 20; i++) console.error("line " + i); process.exitCode = 3'
    const failure = await failureOf(run(script, { tool: 'istioctl' }))
    expect(failure).to.include({ code: 'TOOL_FAILED', exit: 1, message: 'istioctl failed: exit code 3.' })
    expect(failure.why).to.deep.equal(Array.from({ length: 10 }, (_, i) => `line ${i + 10}`))
  })

  it('keeps secrets out of lines and errors', async () => {
    const lines: string[] = []
    const script = 'console.error("key s3cret!"); process.exitCode = 1'
    const failure = await failureOf(run(script, { secrets: ['s3cret', ''], onLine: line => lines.push(line) }))
    expect(lines).to.deep.equal(['key <redacted>!'])
    expect(JSON.stringify([failure.message, failure.why, String(failure.cause)])).to.not.contain('s3cret')
    expect(redact('abc', [''])).to.equal('abc')
  })

  it('says that it is missing', async () => {
    const failure = await failureOf(run('', { path: '/nowhere/tool' }))
    expect(failure).to.include({ code: 'TOOL_NOT_FOUND', exit: 3 })
  })

  it('is stopped when the signal is aborted', async () => {
    const stop = new AbortController()
    const script = 'console.log("up"); setInterval(() => {}, 1000)'
    const failure = await failureOf(run(script, { signal: stop.signal, onLine: () => stop.abort() }))
    expect(failure).to.include({ code: 'INTERRUPTED', exit: 130 })
  })

  it('does not begin when it was aborted before', async () => {
    expect(await failureOf(run('', { signal: AbortSignal.abort() }))).to.include({ code: 'INTERRUPTED' })
  })

  it('tells when it was ended from outside', async () => {
    const failure = await failureOf(run('process.kill(process.pid, "SIGKILL")'))
    expect(failure.message).to.contain('SIGKILL')
  })
})

describe('a tool that failed', () => {
  const reason = (...why: string[]) => transientToolReason(new Failure({ code: 'TOOL_FAILED', message: 'x', why }))

  it('may be asked again where a connection or a service failed it', () => {
    expect(reason('Error: Get "https://x/version": read ECONNRESET')).to.contain('ECONNRESET')
    expect(reason('api error ThrottlingException: Rate exceeded', 'exit')).to.contain('Throttling')
    expect(reason('https response error StatusCode: 503, RequestID: x')).to.contain('503')
  })

  it('is asked no more where it was refused', () => {
    expect(reason('AccessDeniedException: no', 'StatusCode: 403')).to.equal(undefined)
    expect(transientToolReason(new Error('ECONNRESET'))).to.equal(undefined)
  })
})
