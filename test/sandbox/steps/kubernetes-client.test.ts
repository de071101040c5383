import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect } from 'chai'
import { callingFor } from '../../../src/lib/engine/calls.ts'
import { type Clock, systemClock } from '../../../src/lib/engine/clock.ts'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import { KubernetesWriter } from '../../../src/lib/kubernetes/client.ts'
import { podExec } from '../../../src/lib/kubernetes/exec.ts'
import { connectionTo } from '../../../src/lib/kubernetes/kubeconfig.ts'
import { type KubernetesObject, kindRef, type Pod, ref } from '../../../src/lib/kubernetes/objects.ts'
import { type Call, Calls, type Fault } from '../../../src/sandbox/calls.ts'
import { SandboxClock } from '../../../src/sandbox/clock.ts'
import { KubernetesCluster } from '../../../src/sandbox/kubernetes/server.ts'
import { JumpingClock } from '../../support/clock.ts'

const map = (data: Record<string, string>, more: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'thing', namespace: 'default', ...more },
  data,
})
const THING = ref('ConfigMap', 'thing', 'default')

/** Waits pass twenty times as fast. */
const hurried: Clock = {
  now: () => systemClock.now() * 20,
  sleep: (ms, signal) => systemClock.sleep(ms / 20, signal),
}

async function until(so: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5000
  while (!(await so())) if (Date.now() > deadline) throw new Error('it did not come to be')
}

const failureOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isFailure(error)) throw new Error(`expected a Failure, got ${error}`)
  return error
}

/** Passes connections on to a server; they can be broken. */
async function startProxy(server: string) {
  const connections: Socket[] = []
  const proxy = createServer(socket => {
    connections.push(socket)
    const onward = connect(Number(new URL(server).port), '127.0.0.1')
    socket.pipe(onward).pipe(socket)
    for (const end of [socket, onward]) end.on('error', () => undefined)
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as AddressInfo
  return { url: `https://127.0.0.1:${port}`, connections, close: () => proxy.close() }
}

describe('the Kubernetes client', () => {
  let cluster: KubernetesCluster
  let calls: Calls
  let clock: SandboxClock
  let kubernetes: KubernetesWriter

  before(async () => {
    clock = new SandboxClock(100)
    calls = new Calls()
    cluster = await KubernetesCluster.start({
      clock,
      calls,
      name: 'demo',
      version: '1.34',
      nodes: [],
      identityOf: () => undefined,
    })
    kubernetes = new KubernetesWriter(connection())
  })
  const connection = (server = cluster.url, token = cluster.adminToken) =>
    connectionTo(
      {
        clusterName: 'demo',
        region: 'us-east-1',
        arn: 'arn:demo',
        server,
        certificateAuthority: Buffer.from(cluster.ca).toString('base64'),
      },
      async () => token,
    )
  after(async () => {
    clock.stop()
    await cluster.close()
  })
  afterEach(async () => {
    calls.fault = () => undefined
    const left = await kubernetes.get(THING)
    if (left) await kubernetes.delete(left)
  })

  it('has nothing for what does not exist, and for kinds that nobody knows', async () => {
    expect(await kubernetes.get(THING)).to.equal(undefined)
    expect(await kubernetes.get(ref('Gateway', 'x', 'default'))).to.equal(undefined)
    expect(await kubernetes.list(kindRef('Gateway'))).to.deep.equal([])
  })

  it('reads back what it applied, times as they are on the wire', async () => {
    await kubernetes.apply(map({ a: '1' }), { force: false })
    const live = await kubernetes.get(THING)
    expect(live?.data).to.deep.equal({ a: '1' })
    expect(live?.metadata.creationTimestamp).to.be.a('string')
    expect((await kubernetes.list(kindRef('ConfigMap'), { namespace: 'default' })).map(({ kind }) => kind)).to.include(
      'ConfigMap',
    )
  })

  it('takes back what it applied before and wants no more', async () => {
    await kubernetes.apply(map({ a: '1', b: '2' }), { force: false })
    await kubernetes.apply(map({ a: '1' }), { force: false })
    expect((await kubernetes.get(THING))?.data).to.deep.equal({ a: '1' })
  })

  it('names the manager in whose way it is, and takes over only by force', async () => {
    await kubernetes.apply(map({ a: '1' }), { force: false })
    cluster.store.patch('ConfigMap', 'thing', 'default', { data: { a: 'theirs' } }, { manager: 'kubectl-edit' })
    const failure = await failureOf(kubernetes.apply(map({ a: '2' }), { force: false }))
    expect(failure).to.include({ code: 'FIELD_CONFLICT', exit: 2 })
    expect(failure.message).to.contain('kubectl-edit')
    expect((await kubernetes.get(THING))?.data).to.deep.equal({ a: 'theirs' })
    await kubernetes.apply(map({ a: '2' }), { force: true })
    expect((await kubernetes.get(THING))?.data).to.deep.equal({ a: '2' })
  })

  it('refuses a field that Kubernetes does not know', async () => {
    const failure = await failureOf(kubernetes.apply({ ...map({}), dta: { a: '1' } }, { force: false }))
    expect(failure.why.join()).to.contain('dta')
  })

  it('deletes just the object that it means', async () => {
    const first = await kubernetes.apply(map({ a: '1' }), { force: false })
    await kubernetes.delete(first)
    await kubernetes.apply(map({ a: '2' }), { force: false })
    await kubernetes.delete(first)
    expect((await kubernetes.get(THING))?.data).to.deep.equal({ a: '2' })
  })

  it('patches, and says where there is nothing to patch', async () => {
    expect(await kubernetes.patch(THING, { data: { b: '1' } })).to.equal(undefined)
    await kubernetes.apply(map({ a: '1' }), { force: false })
    await kubernetes.patch(THING, { data: { b: '2' } })
    expect((await kubernetes.get(THING))?.data).to.deep.equal({ a: '1', b: '2' })
  })

  const faults: readonly [string, Fault][] = [
    ['throttling', { kind: 'error', when: 'before', code: 'TooManyRequests', status: 429, message: 'slow down' }],
    ['a server error', { kind: 'error', when: 'before', code: 'InternalError', status: 500, message: 'oops' }],
    [
      'an answer that got lost',
      { kind: 'error', when: 'after', code: 'ServiceUnavailable', status: 503, message: 'gone' },
    ],
    ['a reset connection', { kind: 'reset', when: 'before' }],
    ['a connection reset after it took effect', { kind: 'reset', when: 'after' }],
  ]
  for (const [what, fault] of faults) {
    it(`gets over ${what}`, async () => {
      const once = () => {
        const seen = new Set<string>()
        return (call: Call) => {
          if (seen.has(call.operation)) return undefined
          seen.add(call.operation)
          return fault
        }
      }
      const told: string[] = []
      const host = {
        clock: hurried,
        signal: new AbortController().signal,
        waiting: (what: string) => told.push(what),
        waited: (what: string) => told.push(`no longer ${what}`),
      }
      await callingFor(host, async () => {
        calls.fault = once()
        const made = await kubernetes.apply(map({ a: '1' }), { force: false })
        expect((await kubernetes.get(THING))?.data).to.deep.equal({ a: '1' })
        calls.fault = once()
        await kubernetes.delete(made)
        expect(await kubernetes.get(THING)).to.equal(undefined)
      })
      const apply = 'the Kubernetes API to apply ConfigMap default/thing'
      expect(told.slice(0, 2)).to.deep.equal([apply, `no longer ${apply}`])
      expect(told.join()).to.contain('the Kubernetes API to delete ConfigMap thing')
    })
  }

  it('gives up what is refused for longer than a minute', async () => {
    calls.fault = () => ({ kind: 'error', when: 'before', code: 'TooManyRequests', status: 429, message: 'slow down' })
    const told: string[] = []
    const host = {
      clock: new JumpingClock(),
      signal: new AbortController().signal,
      waiting: (_what: string, _ms: number, _usual: unknown, last?: string) => told.push(last ?? ''),
    }
    const failure = await failureOf(callingFor(host, () => kubernetes.apply(map({ a: '1' }), { force: false })))
    expect(failure).to.include({ code: 'KUBERNETES_THROTTLED', exit: 1 })
    expect(failure.why.join()).to.contain('slow down')
    expect(new Set(told)).to.deep.equal(new Set(['429 TooManyRequests: slow down']))
    expect(host.clock.now()).to.be.within(60_000, 61_000)
  })

  it('says that it is not let in', async () => {
    const stranger = new KubernetesWriter(connection(cluster.url, 'wrong'))
    expect(await failureOf(stranger.get(THING))).to.include({ code: 'KUBERNETES_UNAUTHORIZED', exit: 3 })
  })

  it('shares connections between calls', async () => {
    const proxy = await startProxy(cluster.url)
    const fresh = new KubernetesWriter(connection(proxy.url))
    for (let call = 0; call < 10; call += 1) await fresh.get(THING)
    // A second one may open while the first answer is still being read.
    expect(proxy.connections.length).to.be.at.most(2)
    proxy.close()
  })

  describe('runs commands in pods', () => {
    const target = { namespace: 'default', pod: 'shell', container: 'shell' }
    const run = (argv: readonly string[], more: { signal?: AbortSignal; timeoutMs?: number } = {}) =>
      podExec(connection(), target, argv, { timeoutMs: 10_000, ...more })

    before(() => {
      cluster.addNode({ ip: '10.0.0.1', instanceId: 'i-1', zone: 'us-east-1a', instanceType: 't2.medium' })
      const container = { name: 'shell', image: 'curl' }
      cluster.store.create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'shell', namespace: 'default' },
        spec: { containers: [container] },
      })
    })
    beforeEach(async () => {
      await until(async () => (await kubernetes.get<Pod>(ref('Pod', 'shell', 'default')))?.status?.phase === 'Running')
    })

    for (const code of [0, 1, 7, 56, 126, 127, 137, 255]) {
      it(`and answers exit code ${code}`, async () => {
        cluster.exec = async () => code
        expect((await run(['x'])).exitCode).to.equal(code)
      })
    }

    it('with stdout and stderr apart, byte for byte', async () => {
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 256))
      cluster.exec = async (_pod, _container, _argv, streams) => {
        for (let at = 0; at < bytes.length; at += 60_000) streams.stdout.write(bytes.subarray(at, at + 60_000))
        streams.stderr.write('wörds')
        return 3
      }
      const { exitCode, stdout, stderr } = await run(['x'])
      expect(exitCode).to.equal(3)
      expect(stdout.equals(bytes)).to.equal(true)
      expect(stderr.toString()).to.equal('wörds')
    })

    it('with arguments as they are', async () => {
      const seen: string[] = []
      cluster.exec = async (_pod, _container, argv) => {
        seen.push(...argv)
        return 0
      }
      const argv = ['curl', '-H', 'a: b&c=d', '$(x); `y` "z" ä %20+']
      await run(argv)
      expect(seen).to.deep.equal(argv)
    })

    it('and says why one did not run', async () => {
      cluster.exec = async () => {
        throw new Error('no such container')
      }
      expect(await failureOf(run(['x']))).to.include({ code: 'POD_EXEC_FAILED' })
      const gone = podExec(connection(), { ...target, pod: 'gone' }, ['x'], { timeoutMs: 10_000 })
      expect(await failureOf(gone)).to.include({ code: 'POD_EXEC_FAILED' })
    })

    for (const how of ['reset', 'closed'] as const) {
      it(`and says of one whose connection is ${how} in the middle that it did not end`, async () => {
        const proxy = await startProxy(cluster.url)
        cluster.exec = (_pod, _container, _argv, { stdout, signal }) => {
          stdout.write('half of it')
          for (const socket of proxy.connections) {
            if (how === 'reset') socket.resetAndDestroy()
            else socket.destroy()
          }
          return new Promise(resolve => signal.addEventListener('abort', () => resolve(0)))
        }
        const broken = podExec(connection(proxy.url), target, ['x'], { timeoutMs: 10_000 })
        const failure = await failureOf(broken)
        expect(failure).to.include({ code: 'POD_EXEC_FAILED' })
        expect(failure.why.join()).not.to.contain('10000 ms')
        proxy.close()
      })
    }

    it('and gives up one that never ends', async () => {
      cluster.exec = (_pod, _container, _argv, { signal }) =>
        new Promise(resolve => signal.addEventListener('abort', () => resolve(0)))
      const failure = await failureOf(run(['x'], { timeoutMs: 100 }))
      expect(failure.why.join()).to.contain('100 ms')
      expect(await failureOf(run(['x'], { signal: AbortSignal.timeout(50) }))).to.include({ code: 'INTERRUPTED' })
    })

    it('reads the log of a pod', async () => {
      cluster.logs.append('default', 'shell', 'shell', 'one')
      cluster.logs.append('default', 'shell', 'shell', 'two')
      const log = await kubernetes.logs({ namespace: 'default', pod: 'shell', container: 'shell', tailLines: 1 })
      expect(log.trim()).to.equal('two')
    })
  })
})
