import type { Task } from '@aws-sdk/client-ecs'
import { expect } from 'chai'
import { systemClock } from '../../../src/lib/engine/clock.ts'
import { Failure } from '../../../src/lib/engine/failure.ts'
import { execLayer } from '../../../src/lib/exec/failures.ts'
import { EcsExec, type EcsExecOptions, type ExecRun } from '../../../src/lib/exec/runner.ts'
import type { ChannelBehaviour } from '../../../src/sandbox/channel/behaviour.ts'
import { type FakeEcs, fakeAws } from './aws.ts'
import { inShell, type Run, type Service, startService } from './support.ts'

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

const targetNotConnected = () =>
  Object.assign(new Error('The execute command failed due to an internal error.'), {
    name: 'TargetNotConnectedException',
  })

const pending = (task: Task): Task => ({ ...task, lastStatus: 'PENDING' })
const withoutAgent = (task: Task): Task => ({
  ...task,
  containers: (task.containers ?? []).map(container => ({ ...container, managedAgents: [] })),
})

const sh = (script: string) => ['sh', '-c', script]

describe('running commands in ECS tasks', () => {
  let service: Service
  let ecs: FakeEcs
  afterEach(() => service.close())

  const start = async (
    behaviour: ChannelBehaviour = {},
    { run = inShell(), ...more }: Partial<EcsExecOptions> & { run?: Run } = {},
  ) => {
    service = await startService(run, behaviour)
    const aws = fakeAws(service)
    ecs = aws.ecs
    const host = { clock: systemClock, signal: new AbortController().signal }
    return new EcsExec({ region: 'us-east-1', aws, host, ...more })
  }
  const shellTask = { cluster: 'ecs-demo', service: 'shell-task' }
  const opened = () => service.events.filter(({ kind }) => kind === 'opened').length
  const request = (commands: ExecRun['commands'], more: Partial<ExecRun> = {}): ExecRun => ({
    target: shellTask,
    commands,
    repeatable: true,
    ...more,
  })

  it('brings exit codes, all of them in one session', async () => {
    const exec = await start()
    const codes = [0, 1, 2, 7, 126, 127, 137]
    const results = await exec.run(request(codes.map(code => sh(`exit ${code}`))))
    expect(results.map(({ exitCode }) => exitCode)).to.deep.equal(codes)
    expect(opened()).to.equal(1)
  })

  it('keeps stdout and stderr apart, and text as it is', async () => {
    const exec = await start({ chunk: 7, cutCharacters: true })
    const [result] = await exec.run(request([sh('echo "zoë ⛵"; echo "schön" >&2; exit 3')]))
    expect(result?.stdout.toString()).to.equal('zoë ⛵\n')
    expect(result?.stderr.toString()).to.equal('schön\n')
    expect(result?.exitCode).to.equal(3)
  })

  it('brings bytes as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7) % 256))
    const exec = await start({}, { run: printsFramed([bytes]) })
    expect((await exec.run(request([['cat', 'image.png']])))[0]?.stdout.equals(bytes)).to.equal(true)
  })

  it('puts more commands than fit into one session into several', async () => {
    const exec = await start()
    const commands = Array.from({ length: 30 }, (_, i) => ['echo', `${i} ${'x'.repeat(900)}`])
    const results = await exec.run(request(commands))
    expect(results.map(({ stdout }) => Number.parseInt(stdout.toString(), 10))).to.deep.equal([...commands.keys()])
    expect(opened()).to.be.within(3, 10)
  })

  it('keeps 20 sessions to 20 tasks apart', async () => {
    const exec = await start({ duplicate: 0.2, reorder: 0.2, delay: 5 })
    const results = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const target = { cluster: 'ecs-demo', service: `service-${i}` }
        const commands = [sh('echo $TASK'), ['echo', `${i}`], sh(`exit ${i}`)]
        const answers = await exec.run(request(commands, { target }))
        return answers.map(({ stdout, exitCode }) => `${stdout.toString().trim()}/${exitCode}`)
      }),
    )
    expect(results).to.deep.equal(results.map((_, i) => [`service-${i}/0`, `${i}/0`, `/${i}`]))
  })

  it('has one session a task at a time', async () => {
    let running = 0
    let most = 0
    const run: Run = async (argv, streams, task) => {
      running += 1
      most = Math.max(most, running)
      const code = await shell(argv, streams, task)
      running -= 1
      return code
    }
    const shell = inShell()
    const exec = await start({}, { run })
    await Promise.all(Array.from({ length: 5 }, (_, i) => exec.run(request([['echo', `${i}`]]))))
    expect(most).to.equal(1)
    expect(opened()).to.equal(5)
  })

  it('waits for the agent', async () => {
    const exec = await start()
    let looks = 0
    ecs.adjust = task => {
      looks += 1
      return looks < 3 ? withoutAgent(task) : task
    }
    expect((await exec.run(request([['true']])))[0]?.exitCode).to.equal(0)
  })

  it('tries again while the agent is not connected', async () => {
    const exec = await start()
    ecs.refusals.push(targetNotConnected(), targetNotConnected())
    expect((await exec.run(request([['true']])))[0]?.exitCode).to.equal(0)
    expect(ecs.requests).to.have.length(3)
  })

  it('begins a session again that broke before the exit code came, only what is open', async () => {
    let runs = 0
    const shell = inShell()
    const run: Run = async (argv, streams, task) => {
      runs += 1
      if (runs > 1) return shell(argv, streams, task)
      // The first session shows the first command and then is gone.
      const sentinel = /a=(\S+) b=(\S+)/.exec(argv.join(' '))?.slice(1).join('')
      streams.stdout.write(
        `${sentinel} begin 0\nMQo=\n${sentinel} err\n${sentinel} end 0 4\n${sentinel} begin 1\nMgo=\n`,
      )
      return 0
    }
    const exec = await start({}, { run })
    const results = await exec.run(
      request([
        ['echo', 'first'],
        ['echo', 'second'],
      ]),
    )
    expect(results.map(({ stdout, exitCode }) => `${stdout.toString().trim()}/${exitCode}`)).to.deep.equal([
      '1/4',
      'second/0',
    ])
    expect(ecs.requests[1]?.command).to.include('second').and.not.to.include('first')
  })

  it('never begins again what must not run twice', async () => {
    const exec = await start({}, { run: async () => 0 })
    const failure = await failureOf(exec.run(request([['rm', 'x']], { repeatable: false })))
    expect(failure).to.include({ code: 'EXEC_CHANNEL_CLOSED', exit: 125 })
    expect(opened()).to.equal(1)
  })

  it('never begins again what was handed on already', async () => {
    const run: Run = async (argv, { stdout }) => {
      const sentinel = /a=(\S+) b=(\S+)/.exec(argv.join(' '))?.slice(1).join('')
      stdout.write(`${sentinel} begin 0\nMQo=\n`)
      return 0
    }
    const exec = await start({}, { run })
    const shown: string[] = []
    const onOutput = (data: Buffer) => void shown.push(data.toString())
    expect((await failureOf(exec.run(request([['x']], { onOutput })))).code).to.equal('EXEC_CHANNEL_CLOSED')
    expect(shown).to.deep.equal(['1\n'])
  })

  it('gives up after three sessions', async () => {
    const exec = await start({}, { run: async () => 0 })
    expect((await failureOf(exec.run(request([['x']])))).code).to.equal('EXEC_CHANNEL_CLOSED')
    expect(opened()).to.equal(3)
  })

  it('never runs a command again because it failed', async () => {
    const exec = await start()
    await exec.run(request([['false'], sh('exit 137')]))
    expect(opened()).to.equal(1)
  })

  it('tells of each result as it comes, also where a later command breaks', async () => {
    const run: Run = async (argv, { stdout, signal }) => {
      const sentinel = /a=(\S+) b=(\S+)/.exec(argv.join(' '))?.slice(1).join('')
      stdout.write(`${sentinel} begin 0\nMQo=\n${sentinel} err\n${sentinel} end 0 0\n`)
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      return 1
    }
    const exec = await start({}, { run, limits: { session: 300 } })
    const told: number[] = []
    const onResult = (_result: object, index: number) => void told.push(index)
    const failure = await failureOf(exec.run(request([['a'], ['hangs']], { onResult })))
    expect(failure).to.include({ code: 'EXEC_TIMED_OUT', exit: 125 })
    expect(told).to.deep.equal([0])
    expect(service.events.map(({ kind }) => kind)).to.include('terminated')
  })

  it('hands output on as it comes', async () => {
    const exec = await start()
    const chunks: string[] = []
    const [result] = await exec.run(
      request([sh('echo out; echo err >&2')], {
        onOutput: async (data, stream, index) => void chunks.push(`${index} ${stream} ${data}`),
      }),
    )
    expect(chunks).to.deep.equal(['0 stdout out\n', '0 stderr err\n'])
    expect(result?.stdout).to.have.length(0)
  })

  interface Broken {
    readonly code: string
    readonly layer: string
    readonly behaviour?: ChannelBehaviour
    readonly task?: (task: Task) => Task
    readonly refusals?: readonly Error[]
  }
  const broken: Readonly<Record<string, Broken>> = {
    'there is no task': { code: 'EXEC_NO_TASK', layer: 'task', task: pending },
    'the agent does not come': { code: 'EXEC_AGENT_NOT_RUNNING', layer: 'agent', task: withoutAgent },
    'the agent is never connected': {
      code: 'EXEC_NOT_CONNECTED',
      layer: 'agent',
      refusals: Array.from({ length: 50 }, targetNotConnected),
    },
    'the channel is refused': { code: 'EXEC_CHANNEL_REFUSED', layer: 'channel', behaviour: { refuse: 403 } },
    'the channel brings garbage': {
      code: 'EXEC_PROTOCOL',
      layer: 'channel',
      behaviour: { garbage: 'wrong-digest', chunk: 10 },
    },
    'the session ends with an error': { code: 'EXEC_CHANNEL_CLOSED', layer: 'channel', behaviour: { closed: 'ERROR' } },
  }
  for (const [what, { code, layer, behaviour, task, refusals = [] }] of Object.entries(broken)) {
    it(`says which layer broke where ${what}`, async () => {
      const exec = await start(behaviour, { limits: { ready: 300, connect: 300, sessions: 1 } })
      if (task) ecs.adjust = task
      ecs.refusals.push(...refusals)
      const failure = await failureOf(exec.run(request([['true']])))
      expect(failure).to.include({ code, exit: 125 })
      expect(execLayer(failure)).to.equal(layer)
    })
  }

  it('passes on what AWS refused for another reason', async () => {
    const exec = await start()
    ecs.refusals.push(new Failure({ code: 'ACCESS_DENIED', message: 'not allowed to do ecs:ExecuteCommand' }))
    const failure = await failureOf(exec.run(request([['true']])))
    expect(failure.code).to.equal('ACCESS_DENIED')
    expect(execLayer(failure)).to.equal(undefined)
  })

  it('ends when it is interrupted', async () => {
    const stop = new AbortController()
    const run: Run = async (_argv, { signal }) => {
      stop.abort()
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      return 130
    }
    const exec = await start({}, { run, host: { clock: systemClock, signal: stop.signal } })
    expect(await failureOf(exec.run(request([['sleep', '100']])))).to.include({ code: 'INTERRUPTED', exit: 130 })
  })
})

/** What a container prints when each command of the script leaves these bytes on its stdout. */
const printsFramed =
  (outputs: readonly Buffer[]): Run =>
  async (argv, { stdout }) => {
    const sentinel = /a=(\S+) b=(\S+)/.exec(argv.join(' '))?.slice(1).join('')
    for (const [index, bytes] of outputs.entries()) {
      const lines = bytes.toString('base64').match(/.{1,76}/g) ?? []
      stdout.write(
        `${[`${sentinel} begin ${index}`, ...lines, `${sentinel} err`, `${sentinel} end ${index} 0`].join('\n')}\n`,
      )
    }
    stdout.write(`${sentinel} done\n`)
    return 0
  }
