import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../src/lib/engine/clock.ts'
import type { ExecSession } from '../src/lib/exec/channel.ts'
import { EcsExec } from '../src/lib/exec/runner.ts'
import { fakeAws } from '../test/sandbox/channel/aws.ts'
import { startService } from '../test/sandbox/channel/support.ts'

/**
 * Runs a command with 50 MB of output in a simulated container and says how fast that was and how much memory it took.
 * The container is a process of its own. Usage: node scripts/benchmark-exec.ts; exits 1 above 150 MB.
 */
const MEGABYTE = 1 << 20
const OUTPUT = 50 * MEGABYTE
const RSS_LIMIT = 150 * MEGABYTE

if (process.argv[2] === 'serve') await serve()
else await measure()

/** The container: a framed script whose one command prints 50 MB. */
async function serve(): Promise<void> {
  const line = `${Buffer.alloc(57, 'x').toString('base64')}\n`
  const block = line.repeat(1024)
  const blocks = Math.ceil(OUTPUT / (57 * 1024))
  const service = await startService(async (argv, { stdout }) => {
    const sentinel = /a=(\S+) b=(\S+)/.exec(argv.join(' '))?.slice(1).join('')
    stdout.write(`${sentinel} begin 0\n`)
    for (let i = 0; i < blocks; i++) if (!stdout.write(block)) await once(stdout, 'drain')
    stdout.write(`${sentinel} err\n${sentinel} end 0 0\n${sentinel} done\n`)
    return 0
  })
  process.on('message', command => process.send?.(service.execute(String(command))))
  process.on('disconnect', () => process.exit())
  process.send?.('ready')
}

async function measure(): Promise<void> {
  const container = fork(fileURLToPath(import.meta.url), ['serve'])
  await once(container, 'message')
  const execute = async (command: string): Promise<ExecSession> => {
    container.send(command)
    const [session] = await once(container, 'message')
    return session
  }
  const none = () => Promise.reject(new Error('not in this benchmark'))
  const services = { credentials: none, resumeSession: none, terminateSession: none, generateDataKey: none }
  const exec = new EcsExec({
    region: 'us-east-1',
    aws: fakeAws({ execute, services }),
    host: { clock: systemClock, signal: new AbortController().signal },
  })
  let bytes = 0
  let rss = 0
  const began = performance.now()
  await exec.run({
    target: { cluster: 'ecs-demo', service: 'shell-task' },
    commands: [['head', '-c', '50M', '/dev/zero']],
    repeatable: false,
    onOutput: data => {
      bytes += data.length
      rss = Math.max(rss, process.memoryUsage.rss())
    },
  })
  const seconds = (performance.now() - began) / 1000
  container.disconnect()
  const [output, memory] = [bytes, rss].map(value => Math.round(value / MEGABYTE))
  process.stdout.write(`${output} MB of output in ${seconds.toFixed(1)} s; resident memory at most ${memory} MB\n`)
  process.exitCode = rss > RSS_LIMIT ? 1 : 0
}
