import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Exec, type V1Status } from '@kubernetes/client-node'
import { expect } from 'chai'
import { WebSocket } from 'ws'
import type { Exec as Run } from '../../../src/sandbox/kubernetes/api/exec.ts'
import type { Pod } from '../../../src/sandbox/kubernetes/workloads.ts'
import { eventually, startCluster, type TestCluster } from './support.ts'

/** What the test's containers can do. */
const programs: Record<string, (argv: readonly string[], streams: Parameters<Run>[3]) => Promise<number>> = {
  say: async ([, out = '', err = ''], { stdout, stderr }) => {
    stdout.write(out)
    stderr.write(err)
    return 0
  },
  exit: async ([, code]) => Number(code),
  cat: async (_, { stdin, stdout }) => {
    for await (const chunk of stdin) stdout.write(chunk)
    return 0
  },
  large: async ([, size], { stdout }) => {
    stdout.write(Buffer.alloc(Number(size), 'x'))
    return 0
  },
  size: (_, { onResize, stdout }) =>
    new Promise(resolve =>
      onResize(({ width, height }) => {
        stdout.write(`${width}x${height}`)
        resolve(0)
      }),
    ),
  babble: async (_, { stdout }) => {
    setImmediate(() => stdout.write('too late'))
    return 0
  },
  wait: (_, { signal }) => new Promise(resolve => signal.addEventListener('abort', () => resolve(1))),
  fail: async () => {
    throw new Error('the container runtime is gone')
  },
}

describe('pod exec', () => {
  let test: TestCluster
  let gone: Promise<void>

  before(async () => {
    test = await startCluster()
    const { cluster } = test
    let tellGone = () => {}
    gone = new Promise(resolve => {
      tellGone = resolve
    })
    cluster.exec = async (_pod, container, argv, streams) => {
      const [name = ''] = argv
      if (name === 'where') streams.stdout.write(container)
      streams.signal.addEventListener('abort', () => name === 'wait' && tellGone())
      return (await programs[name]?.(argv, streams)) ?? 0
    }
    const spec = {
      containers: [
        { name: 'one', image: 'a:1' },
        { name: 'two', image: 'b:1' },
      ],
    }
    cluster.store.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'shell', namespace: 'default' }, spec })
    await eventually(cluster, () => cluster.store.get<Pod>('Pod', 'shell', 'default')?.status?.phase === 'Running')
  })
  after(() => test.close())

  /** Runs a command by the public client. */
  async function run(
    argv: string[],
    { stdin, tty = false, container = 'one' }: { stdin?: string; tty?: boolean; container?: string } = {},
  ) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const input = stdin === undefined ? null : new PassThrough()
    input?.end(stdin)
    const status = new Promise<V1Status>((resolve, reject) => {
      new Exec(test.config).exec('default', 'shell', container, argv, stdout, stderr, input, tty, resolve).catch(reject)
    })
    const [out, err, ended] = await Promise.all([text(stdout), text(stderr), status])
    return { out, err, status: ended }
  }

  it('brings stdout and stderr apart', async () => {
    const { out, err, status } = await run(['say', 'to out', 'to err'])
    expect({ out, err }).to.deep.equal({ out: 'to out', err: 'to err' })
    expect(status).to.deep.equal({ metadata: {}, status: 'Success' })
  })

  for (const code of [1, 2, 7, 126, 127, 137])
    it(`carries exit code ${code}`, async () => {
      const { status } = await run(['exit', String(code)])
      expect(status).to.deep.include({ status: 'Failure', reason: 'NonZeroExitCode' })
      expect(status.details?.causes).to.deep.equal([{ reason: 'ExitCode', message: String(code) }])
      expect(status.message).to.include(`exit code ${code}`)
    })

  it('lets stdin end and the output that follows arrive', async () => {
    expect((await run(['cat'], { stdin: 'hello ✓' })).out).to.equal('hello ✓')
  })

  it('brings large outputs whole', async () => {
    expect((await run(['large', '5000000'])).out.length).to.equal(5_000_000)
  })

  it('has one output where there is a terminal', async () => {
    const { out, err } = await run(['say', 'a', 'b'], { tty: true })
    expect({ out, err }).to.deep.equal({ out: 'ab', err: '' })
  })

  it('runs in the container that is asked for', async () => {
    expect((await run(['where'], { container: 'two' })).out).to.equal('two')
  })

  it('tells an error of the runtime as one', async () => {
    const { status } = await run(['fail'])
    expect(status).to.deep.include({ status: 'Failure', reason: 'InternalError' })
    expect(status.message).to.include('the container runtime is gone')
  })

  describe('over a bare socket', () => {
    const open = (query: string, protocols: string[] = ['v5.channel.k8s.io'], token = test.cluster.adminToken) =>
      new WebSocket(
        `${test.cluster.url.replace('https', 'wss')}/api/v1/namespaces/default/pods/shell/exec?${query}`,
        protocols,
        {
          ca: test.cluster.ca,
          headers: { authorization: `Bearer ${token}` },
        },
      )

    /** All that comes by channel, and with what the socket closes. */
    const conversation = (socket: WebSocket) =>
      new Promise<{ channels: Record<number, string>; code: number }>((resolve, reject) => {
        const channels: Record<number, string> = {}
        socket.on('message', (data: Buffer) => {
          const channel = data[0] ?? -1
          channels[channel] = (channels[channel] ?? '') + data.subarray(1).toString()
        })
        socket.on('error', reject)
        socket.on('close', code => resolve({ channels, code }))
      })
    const opened = (socket: WebSocket) => new Promise(resolve => socket.once('open', resolve))

    it('speaks the best protocol that both know', async () => {
      for (const [offered, chosen] of [
        [['v5.channel.k8s.io', 'v4.channel.k8s.io'], 'v5.channel.k8s.io'],
        [['v4.channel.k8s.io', 'channel.k8s.io'], 'v4.channel.k8s.io'],
      ] as const) {
        const socket = open('container=one&stdout=1&command=say', [...offered])
        const all = conversation(socket)
        await opened(socket)
        expect(socket.protocol).to.equal(chosen)
        expect(JSON.parse((await all).channels[3] ?? '')).to.have.property('status', 'Success')
      }
    })

    it('sends only what is asked for, and never a close of its own', async () => {
      const { channels, code } = await conversation(open('container=one&stderr=true&command=say&command=a&command=b'))
      expect(Object.keys(channels).sort()).to.deep.equal(['2', '3'])
      expect(code).to.equal(1000)
    })

    it('takes the size of a terminal, and skips one that makes no sense', async () => {
      const socket = open('container=one&stdout=1&tty=1&command=size')
      const all = conversation(socket)
      await opened(socket)
      socket.send(Buffer.from('\x04nonsense'))
      socket.send(Buffer.from('\x04{"Width":80,"Height":24}'))
      expect((await all).channels[1]).to.equal('80x24')
    })

    it('survives a command that writes after its end, and a client that writes without being asked', async () => {
      const socket = open('container=one&stdout=1&command=babble')
      const all = conversation(socket)
      await opened(socket)
      socket.send(Buffer.from('\x00unasked'))
      expect(JSON.parse((await all).channels[3] ?? '')).to.have.property('status', 'Success')
    })

    it('tells the command when the client is gone', async () => {
      const socket = open('container=one&stdout=1&command=wait')
      await opened(socket)
      socket.terminate()
      await gone
    })

    const refused: [string, string, string | undefined, number, string][] = [
      ['a pod that does not exist', 'container=one&command=say', 'none', 404, 'pods "none" not found'],
      [
        'a container that does not exist',
        'container=three&command=say',
        undefined,
        400,
        'container three is not valid for pod shell',
      ],
      [
        'to guess the container',
        'command=say',
        undefined,
        400,
        'a container name must be specified for pod shell, choose one of: [one two]',
      ],
      ['no command', 'container=one', undefined, 400, 'you must specify at least 1 command for the container'],
    ]
    for (const [name, query, pod = 'shell', code, message] of refused)
      it(`refuses ${name} before it upgrades`, async () => {
        const socket = new WebSocket(
          `${test.cluster.url.replace('https', 'wss')}/api/v1/namespaces/default/pods/${pod}/exec?${query}`,
          'v5.channel.k8s.io',
          {
            ca: test.cluster.ca,
            headers: { authorization: `Bearer ${test.cluster.adminToken}` },
          },
        )
        expect(await refusal(socket)).to.deep.include({ code, message })
      })

    it('refuses a wrong token', async () => {
      expect(await refusal(open('container=one&command=say', undefined, 'wrong'))).to.deep.include({
        code: 401,
        reason: 'Unauthorized',
      })
    })

    const refusal = (socket: WebSocket) =>
      new Promise<Record<string, unknown>>((resolve, reject) => {
        socket.on('open', () => reject(new Error('it was let in')))
        socket.on('error', reject)
        socket.on(
          'unexpected-response',
          (_request, response) => void text(response).then(body => resolve(JSON.parse(body)), reject),
        )
      })
  })
})
