import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import { systemClock } from '../../../src/lib/engine/clock.ts'
import { attach } from '../../../src/lib/exec/interactive.ts'
import { EcsExec } from '../../../src/lib/exec/runner.ts'
import type { ChannelBehaviour } from '../../../src/sandbox/channel/behaviour.ts'
import { fakeAws } from './aws.ts'
import { type Run, type Service, startService } from './support.ts'

class Keyboard extends PassThrough {
  /** Every change of its mode: true for raw. */
  readonly modes: boolean[] = []
  setRawMode(raw: boolean): void {
    this.modes.push(raw)
  }
}

class Screen extends PassThrough {
  columns = 100
  rows = 30
  shown = ''
  constructor() {
    super({ encoding: 'utf8' })
    this.on('data', (text: string) => {
      this.shown += text
    })
  }

  /** Resolves once the text has been shown. */
  async shows(text: string): Promise<void> {
    while (!this.shown.includes(text)) await systemClock.sleep(5)
  }

  resizeTo(columns: number, rows: number): void {
    Object.assign(this, { columns, rows })
    this.emit('resize')
  }
}

/** A shell that knows `size` and `exit N`, inside the script that prints the mark at the end. */
const shell: Run = async (argv, { stdin, stdout, size, signal }) => {
  const mark = /%s%s %s\.' (\S+) (\S+)/
    .exec(argv[2] ?? '')
    ?.slice(1)
    .join('')
  const end = (code: number) => stdout.write(`${mark} ${code}.`)
  stdout.write('$ ')
  signal.addEventListener('abort', () => end(130))
  for await (const line of createInterface({ input: stdin })) {
    const [command, code] = line.split(' ')
    if (command === 'exit') {
      end(Number(code))
      return 0
    }
    stdout.write(`${command === 'size' ? JSON.stringify(size()) : `? ${line}`}\n$ `)
  }
  return 0
}

describe('a terminal that is attached to a container', () => {
  let service: Service
  let keyboard: Keyboard
  let screen: Screen
  const stop = { now: new AbortController() }
  beforeEach(() => {
    keyboard = new Keyboard()
    screen = new Screen()
  })
  afterEach(() => service.close())

  const start = async (run: Run = shell, behaviour: ChannelBehaviour = {}) => {
    service = await startService(run, behaviour)
    stop.now = new AbortController()
    const aws = fakeAws(service)
    const host = { clock: systemClock, signal: stop.now.signal }
    const exec = new EcsExec({ region: 'us-east-1', aws, host })
    const target = { cluster: 'ecs-demo', service: 'shell-task' }
    const terminal = { input: keyboard, output: screen }
    return attach({ exec, aws, host, target, argv: ['sh'], terminal })
  }
  const isRestored = () => {
    expect(keyboard.modes).to.deep.equal([true, false])
    expect(keyboard.listenerCount('data')).to.equal(0)
    expect(screen.listenerCount('resize')).to.equal(0)
    expect(keyboard.isPaused()).to.equal(true)
  }

  it('shows what the command shows, and ends with its exit code', async () => {
    const ended = start()
    await screen.shows('$ ')
    keyboard.write('hello ⛵\rexit 7\r')
    expect(await ended).to.equal(7)
    expect(screen.shown).to.include('? hello ⛵\r\n$ ').and.not.to.include('ea-')
    isRestored()
  })

  it('tells of every new size', async () => {
    const ended = start()
    await screen.shows('$ ')
    keyboard.write('size\r')
    await screen.shows('{"cols":100,"rows":30}')
    screen.resizeTo(50, 20)
    keyboard.write('size\r')
    await screen.shows('{"cols":50,"rows":20}')
    keyboard.write('exit 0\r')
    expect(await ended).to.equal(0)
  })

  it('passes Ctrl-C through', async () => {
    const ended = start()
    await screen.shows('$ ')
    keyboard.write('\x03')
    expect(await ended).to.equal(130)
    isRestored()
  })

  it('is put back when the session breaks', async () => {
    const ended = start(shell, { garbage: 'noise' })
    const error = await ended.catch(failure => failure)
    expect(error).to.include({ code: 'EXEC_PROTOCOL' })
    isRestored()
  })

  it('is put back when the session ends without an exit code', async () => {
    const error = await start(async () => 0).catch(failure => failure)
    expect(error).to.include({ code: 'EXEC_CHANNEL_CLOSED', exit: 125 })
    isRestored()
  })

  it('is put back when it is interrupted from outside', async () => {
    const ended = start()
    await screen.shows('$ ')
    stop.now.abort()
    expect(await ended.catch(failure => failure)).to.include({ code: 'INTERRUPTED' })
    isRestored()
  })
})
