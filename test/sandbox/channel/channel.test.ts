import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { systemClock } from '../../../src/lib/engine/clock.ts'
import { Failure } from '../../../src/lib/engine/failure.ts'
import { DataChannel } from '../../../src/lib/exec/channel.ts'
import type { ChannelBehaviour, Garbage } from '../../../src/sandbox/channel/behaviour.ts'
import { converse, type Run, type Service, startService } from './support.ts'

const say: Run = async (argv, { stdout }) => {
  stdout.write(`${argv.join('|')}\n`)
  return 0
}

/** Prints numbered lines, as fast as the terminal takes them. */
const count =
  (lines: number): Run =>
  async (_argv, { stdout }) => {
    for (let i = 0; i < lines; i++) {
      if (!stdout.write(`line ${i} ⛵\n`)) await new Promise(resolve => stdout.once('drain', resolve))
    }
    return 0
  }
const counted = (lines: number) => Array.from({ length: lines }, (_, i) => `line ${i} ⛵\r\n`).join('')

/** Repeats what is typed until the end of the input. */
const repeat: Run = async (_argv, { stdin, stdout }) => {
  for await (const line of createInterface({ input: stdin })) stdout.write(`<${line}>\n`)
  return 0
}

const forever: Run = async (_argv, { stdout, signal }) => {
  stdout.write('begun\n')
  await new Promise(resolve => signal.addEventListener('abort', resolve))
  return 130
}

const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => {
      throw new Error('it did not fail')
    },
    error => {
      if (error instanceof Failure) return error
      throw error
    },
  )

/** A clock that can be put forward. */
const jumpingClock = () => {
  const clock = { offset: 0, now: () => Date.now() + clock.offset, sleep: systemClock.sleep }
  return clock
}
/** Everything that is waited for comes twenty times as fast. */
const hurriedClock = {
  now: systemClock.now,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 20, signal),
}

describe('a session over the data channel', () => {
  let service: Service
  afterEach(() => service.close())
  const start = async (run: Run, behaviour: ChannelBehaviour = {}) => {
    service = await startService(run, behaviour)
    return service
  }
  const events = (kind: string) => service.events.filter(event => event.kind === kind).length

  it('brings what the command printed, as a terminal shows it', async () => {
    await start(say)
    expect(await converse(service, service.execute(`sh -c 'a "b"' c#d # e`))).to.equal('sh|-c|a "b"|c#d\r\n')
  })

  it('types into the command, which is echoed', async () => {
    await start(repeat)
    const output = await converse(service, service.execute('cat'), { typed: ['hellö\r', '\x04'] })
    expect(output).to.equal('hellö\r\n<hellö>\r\n')
  })

  it('types more than fits into one frame', async () => {
    await start(async (_argv, { stdin, stdout }) => {
      let bytes = 0
      for await (const line of stdin) bytes += line.length
      stdout.write(`${bytes}\n`)
      return 0
    })
    const line = `${'x'.repeat(3999)}\r`
    const output = await converse(service, service.execute('wc -c'), { typed: [line.repeat(50), '\x04'] })
    expect(output.trim().split('\r\n').at(-1)).to.equal('200000')
  })

  it('passes Ctrl-C on', async () => {
    await start(forever)
    expect(await converse(service, service.execute('sleep'), { typed: ['\x03'] })).to.include('^C')
  })

  it('cuts characters and lines anywhere and puts them together again', async () => {
    await start(count(40), { chunk: 3, cutCharacters: true })
    expect(await converse(service, service.execute('count'))).to.equal(counted(40))
  })

  it('has a count of its own in each of two sessions at once', async () => {
    await start(repeat)
    const talk = (word: string) =>
      converse(service, service.execute('cat'), { typed: [`${word}\r`, `${word}\r`, '\x04'] })
    const [a, b] = await Promise.all([talk('a'), talk('b')])
    const words = (output: string) => output.split('\r\n').sort().join(' ').trim()
    expect(words(a)).to.equal('<a> <a> a a')
    expect(words(b)).to.equal('<b> <b> b b')
  })

  describe('with a KMS key', () => {
    const encrypted = { kmsKeyId: 'alias/exec' }

    it('is encrypted both ways', async () => {
      await start(repeat)
      expect(await converse(service, service.execute('cat', encrypted), { typed: ['x\r\x04'] })).to.equal(
        'x\r\n<x>\r\n',
      )
    })

    it('tells the size of the terminal again after the handshake, when the agent listens', async () => {
      const { promise, resolve } = Promise.withResolvers<object>()
      await start(async (_argv, { size, stdin }) => {
        for await (const _ of stdin) resolve(size())
        return 0
      })
      await converse(service, service.execute('size', encrypted), { size: { cols: 111, rows: 22 }, typed: ['\r\x04'] })
      expect(await promise).to.deep.equal({ cols: 111, rows: 22 })
    })

    it('also on a bad network', async () => {
      await start(repeat, { lose: 0.2, duplicate: 0.3, reorder: 0.3, delay: 20, seed: 4 })
      const output = await converse(service, service.execute('cat', encrypted), { typed: ['x\r', '\x04'] })
      expect(output).to.equal('x\r\n<x>\r\n')
    })

    it('says why the caller gets no data key, rather than what the agent makes of it', async () => {
      await start(say)
      const services = {
        ...service.services,
        generateDataKey: () => Promise.reject(new Error('not allowed to do kms:GenerateDataKey')),
      }
      const failure = await failureOf(converse(service, service.execute('x', encrypted), { services }))
      expect(failure).to.include({ code: 'EXEC_HANDSHAKE_FAILED', exit: 125 })
      expect(failure.why.join()).to.include('kms:GenerateDataKey')
    })

    it('says so when the task may not use the key', async () => {
      await start(say)
      const services = {
        ...service.services,
        generateDataKey: async () => ({ plaintext: Buffer.alloc(64), ciphertext: Buffer.from('other') }),
      }
      const failure = await failureOf(converse(service, service.execute('x', encrypted), { services }))
      expect(failure.code).to.equal('EXEC_CHANNEL_CLOSED')
      expect(failure.why.join()).to.include('Fetching data key failed')
    })
  })

  describe('on a bad network', () => {
    const networks: Readonly<Record<string, ChannelBehaviour>> = {
      'that loses frames': { lose: 0.2 },
      'that repeats frames': { duplicate: 0.5 },
      'that reorders frames': { reorder: 0.5 },
      'that delays frames': { delay: 30 },
      'that does all of it': { lose: 0.1, duplicate: 0.2, reorder: 0.3, delay: 20 },
    }
    for (const [what, behaviour] of Object.entries(networks)) {
      it(`${what}, brings everything once and in order`, async () => {
        await start(count(300), { ...behaviour, chunk: 300, seed: 7 })
        expect(await converse(service, service.execute('count'))).to.equal(counted(300))
      })
    }

    it('goes on where it was after the connection was lost', async () => {
      await start(count(3000), { drop: { after: 10, times: 3 } })
      expect(await converse(service, service.execute('count'))).to.equal(counted(3000))
      expect(events('resumed')).to.equal(3)
    })

    it('resumes a connection that shows no sign of life', async () => {
      await start(repeat)
      const clock = jumpingClock()
      const stop = new AbortController()
      const failed = failureOf(converse(service, service.execute('cat'), { clock, signal: stop.signal }))
      await until(() => events('connected') === 1)
      clock.offset = 160_000
      await until(() => events('connected') === 2)
      stop.abort()
      expect((await failed).code).to.equal('INTERRUPTED')
    })

    it('says what was lost where the session is gone', async () => {
      await start(count(3000), { drop: { after: 10, times: 1 }, gone: true })
      const failure = await failureOf(converse(service, service.execute('count')))
      expect(failure).to.include({ code: 'EXEC_CHANNEL_CLOSED', exit: 125 })
      expect(failure.why.join(' ')).to.include('1006').and.to.include('gone')
    })

    it('tries five times to resume', async () => {
      await start(say, { refuse: 503 })
      const failure = await failureOf(converse(service, service.execute('x'), { clock: hurriedClock }))
      expect(failure.code).to.equal('EXEC_CHANNEL_REFUSED')
      expect(failure.why.join(' ')).to.include('HTTP 503')
      expect(events('resumed')).to.equal(5)
    })

    it('gives up where every connection is lost at once', async () => {
      await start(count(3000), { drop: { after: 0, times: 1000 } })
      const failure = await failureOf(converse(service, service.execute('count'), { clock: hurriedClock }))
      expect(failure.code).to.equal('EXEC_CHANNEL_CLOSED')
    })

    it('says why it could not resume', async () => {
      await start(count(3000), { drop: { after: 5, times: 1 } })
      const services = {
        ...service.services,
        resumeSession: () => Promise.reject(new Failure({ code: 'ACCESS_DENIED', message: 'no ssm:ResumeSession' })),
      }
      const work = converse(service, service.execute('count'), { services, clock: hurriedClock })
      expect((await failureOf(work)).why.join(' ')).to.include('no ssm:ResumeSession')
    })
  })

  it('keeps quiet while the service pauses it, and loses nothing', async () => {
    await start(repeat, { pause: { after: 4, for: 200 } })
    const typed = Array.from({ length: 40 }, (_, i) => `${i}\r`)
    const channel: { now?: DataChannel } = {}
    const output: Buffer[] = []
    channel.now = DataChannel.open(service.execute('cat'), {
      services: service.services,
      clock: systemClock,
      signal: new AbortController().signal,
      size: { cols: 80, rows: 24 },
      onOutput: data => void output.push(data),
    })
    for (const line of typed) {
      await channel.now.write(Buffer.from(line))
      await systemClock.sleep(5)
    }
    await channel.now.write(Buffer.from('\x04'))
    await channel.now.closed
    expect(events('input-while-paused')).to.equal(0)
    const shown = Buffer.concat(output).toString()
    expect(shown.match(/<\d+>/g)).to.deep.equal(typed.map(line => `<${line.trim()}>`))
  })

  it('does without acknowledgements where it has nothing to say', async () => {
    await start(say, { silent: true })
    expect(await converse(service, service.execute('x'))).to.equal('x\r\n')
  })

  it('makes the agent wait for a slow consumer, and keeps only so much', async () => {
    let printed = 0
    await start(async (_argv, { stdout }) => {
      const block = Buffer.alloc(65_536, 'x')
      while (printed < 32 << 20) {
        printed += block.length
        if (!stdout.write(block)) await new Promise(resolve => stdout.once('drain', resolve))
      }
      return 0
    })
    const gate = Promise.withResolvers<void>()
    let received = 0
    const talk = converse(service, service.execute('yes'), {
      onOutput: async data => {
        received += data.length
        await gate.promise
      },
    })
    let before = -1
    while (before !== printed || received === 0) {
      before = printed
      await systemClock.sleep(150)
    }
    expect(printed).to.be.below(16 << 20)
    gate.resolve()
    await talk
    expect(received).to.equal(32 << 20)
  })

  describe('ends clearly', () => {
    it('with the words of the agent', async () => {
      await start(say, { closed: '----------ERROR-------\nUnable to start command: no such file' })
      const failure = await failureOf(converse(service, service.execute('x')))
      expect(failure).to.include({ code: 'EXEC_CHANNEL_CLOSED', exit: 125 })
      expect(failure.why).to.deep.equal(['----------ERROR------- Unable to start command: no such file'])
    })

    it('without any words', async () => {
      await start(say, { closed: '' })
      expect(await converse(service, service.execute('x'))).to.equal('')
    })

    it('when the command is not there', async () => {
      await start(() => Promise.reject(new Error('exec: "nosuch": executable file not found in $PATH')))
      expect((await failureOf(converse(service, service.execute('nosuch')))).why.join()).to.include(
        'not found in $PATH',
      )
    })

    it('when the token is refused, which is never shown', async () => {
      await start(say, { refuseToken: 'echo' })
      const session = service.execute('x')
      const failure = await failureOf(converse(service, session))
      expect(failure.code).to.equal('EXEC_CHANNEL_CLOSED')
      expect(failure.why.join()).to.include('1003').and.to.include('[token]')
      expect(JSON.stringify({ ...failure, message: failure.message })).not.to.include(session.tokenValue)
    })

    it('when the caller may not open it', async () => {
      await start(say, { refuse: 403 })
      const failure = await failureOf(converse(service, service.execute('x')))
      expect(failure.code).to.equal('EXEC_CHANNEL_REFUSED')
      expect(failure.suggestions.join()).to.include('ssmmessages:OpenDataChannel')
    })

    it('when it cannot be signed: the service decides, here against it', async () => {
      await start(say)
      const services = { ...service.services, credentials: () => Promise.reject(new Error('no credentials')) }
      const failure = await failureOf(converse(service, service.execute('x'), { services }))
      expect(failure.why).to.deep.equal(['HTTP 403 Forbidden'])
    })

    it('unsigned, where the URL brings its signature with it', async () => {
      await start(say)
      const session = service.execute('x')
      const services = { ...service.services, credentials: () => Promise.reject(new Error('not to be asked')) }
      const streamUrl = `${session.streamUrl}&X-Amz-Signature=0123`
      expect(await converse(service, { ...session, streamUrl }, { services })).to.equal('x\r\n')
    })

    it('when the task stops half-way', async () => {
      await start(count(100_000), { endAfter: 10 })
      expect((await converse(service, service.execute('count'))).length).to.be.below(20_000)
    })

    it('when nobody answers any more, after 21 minutes', async () => {
      await start(forever)
      const clock = jumpingClock()
      let shown = ''
      const onOutput = (data: Buffer) => {
        shown += data
      }
      const failed = failureOf(converse(service, service.execute('x'), { clock, typed: ['echo'], onOutput }))
      // What is echoed was acknowledged: from here on there is nothing but silence.
      await until(() => shown.includes('echo'))
      clock.offset = 22 * 60_000
      expect((await failed).code).to.equal('EXEC_TIMED_OUT')
    })

    it('when it is interrupted, and the session with it', async () => {
      await start(forever)
      const stop = new AbortController()
      const failed = failureOf(
        converse(service, service.execute('x'), { signal: stop.signal, onOutput: () => stop.abort() }),
      )
      expect(await failed).to.include({ code: 'INTERRUPTED', exit: 130 })
      expect(events('terminated')).to.equal(1)
    })

    it('when it was interrupted before it began', async () => {
      await start(forever)
      expect(await failureOf(converse(service, service.execute('x'), { signal: AbortSignal.abort() }))).to.include({
        code: 'INTERRUPTED',
      })
    })

    it('when the consumer fails', async () => {
      await start(forever)
      const onOutput = () => Promise.reject(new Failure({ code: 'DISK_FULL', message: 'no space' }))
      expect((await failureOf(converse(service, service.execute('x'), { onOutput }))).code).to.equal('DISK_FULL')
      expect(events('terminated')).to.equal(1)
    })

    const garbage: Readonly<Partial<Record<Garbage, RegExp>>> = {
      noise: /header of \d+ bytes/,
      short: /shorter than a header/,
      'huge-length': /payload of 4294967295 bytes/,
      'huge-frame': /Max payload size exceeded/,
      'wrong-digest': /digest/,
      text: /text frame/,
      'bad-json': /not a JSON object/,
    }
    for (const [kind, why] of Object.entries(garbage)) {
      it(`when the other side sends garbage: ${kind}`, async () => {
        await start(forever, { garbage: kind as Garbage })
        const failure = await failureOf(converse(service, service.execute('x')))
        expect(failure).to.include({ code: 'EXEC_PROTOCOL', exit: 125 })
        expect(failure.why.join()).to.match(why)
        expect(events('terminated')).to.equal(1)
      })
    }

    it('without growing when the other side floods it with what never fits together', async () => {
      await start(say, { garbage: 'flood' })
      const before = process.memoryUsage().rss
      await converse(service, service.execute('x')).catch(() => undefined)
      // The server's own 40 MB of frames pass through this process too; kept would be all of them.
      expect(process.memoryUsage().rss - before).to.be.below(200 << 20)
    })
  })

  it('keeps the connection alive by pings', async () => {
    await start(forever)
    const clock = jumpingClock()
    const stop = new AbortController()
    const failed = failureOf(converse(service, service.execute('x'), { clock, signal: stop.signal }))
    await until(() => events('connected') === 1)
    clock.offset = 61_000
    await until(() => events('ping') === 1)
    stop.abort()
    await failed
  })
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.sleep(5)
}
