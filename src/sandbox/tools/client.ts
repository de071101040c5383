import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { type Answer, type Invocation, isPassedOn } from './protocol.ts'

/**
 * What runs in a tool's own process: hands the arguments and stdin to the sandbox and relays what comes back. When the
 * process is ended by a signal its connection closes, and the sandbox stops that run.
 */
export async function runTool(tool: string, url: string, token: string): Promise<void> {
  const invocation: Invocation = {
    argv: process.argv.slice(2),
    environment: Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) =>
        value !== undefined && isPassedOn(name) ? [[name, value]] : [],
      ),
    ),
    directory: process.cwd(),
    terminal: process.stdout.isTTY === true,
  }
  const call = request(`${url}/tools/${tool}`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  // Once is told below; what breaks after that, such as a stdin that nobody reads any more, says nothing new.
  call.on('error', () => undefined)
  call.write(`${JSON.stringify(invocation)}\n`)
  process.stdin.pipe(call)
  try {
    const [response] = (await once(call, 'response')) as [IncomingMessage]
    process.exitCode = await relay(response)
  } catch (error) {
    process.stderr.write(`${tool}: the sandbox does not answer: ${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
  // A stdin that nobody closes must not keep the process.
  process.stdin.destroy()
  call.destroy()
}

async function relay(response: IncomingMessage): Promise<number> {
  let rest = ''
  response.setEncoding('utf8')
  for await (const chunk of response) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const answer = JSON.parse(line) as Answer
      if ('exit' in answer) return answer.exit
      if ('out' in answer) process.stdout.write(Buffer.from(answer.out, 'base64'))
      else process.stderr.write(Buffer.from(answer.err, 'base64'))
    }
  }
  throw new Error('it went away')
}
