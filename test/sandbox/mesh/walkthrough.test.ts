import { expect } from 'chai'
import { addRule } from '../../../src/sandbox/aws/services/ec2/state.ts'
import type { KubernetesCluster } from '../../../src/sandbox/kubernetes/server.ts'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { type Ran, startWalkthrough, withStreams } from '../support.ts'

const POLICY = 'AuthorizationPolicy.security.istio.io'
const EKS_ECHO = 'eks-echo.default:8080'
const ECS_ECHO = 'echo-service.ecs.local:8080'

describe('the mesh of a whole walkthrough', function () {
  this.timeout(60_000)
  let sandbox: Sandbox
  let cluster: KubernetesCluster

  before(async () => {
    sandbox = await startWalkthrough()
    const found = sandbox.kubernetes.get('ambient-ecs')
    if (!found) throw new Error('there is no cluster')
    cluster = found
  })
  after(() => sandbox?.close())

  const fromEks = (...argv: string[]): Promise<Ran> => {
    const [pod] = cluster.store.list('Pod', { namespace: 'default', labels: 'app=eks-shell' })
    const of = { mesh: 'us-east-1/ambient-ecs', namespace: 'default', name: pod?.metadata.name ?? '' }
    return withStreams(streams => sandbox.mesh.runInPod(of, undefined, argv, streams))
  }

  const tasksOf = (service: string) =>
    [...(sandbox.aws.region().ecs.clusters.get('ecs-ambient-ecs')?.tasks.values() ?? [])].filter(
      task => task.service?.name === service && task.lastStatus === 'RUNNING',
    )

  const fromEcs = (...argv: string[]): Promise<Ran> => {
    const [task] = tasksOf('shell-task')
    const of = { region: 'us-east-1', taskArn: task?.arn ?? '' }
    return withStreams(streams => sandbox.mesh.runInTask(of, 'shell-task', argv, streams))
  }

  /** Asks until the mesh has heard of the last change. */
  async function settled(ask: () => Promise<Ran>, wanted: (ran: Ran) => boolean): Promise<Ran> {
    for (let tries = 0; tries < 500; tries++) {
      const ran = await ask()
      if (wanted(ran)) return ran
      await sandbox.clock.sleep(200)
    }
    throw new Error('the mesh does not change')
  }

  const deny = (name: string, namespace: string, selector?: object) =>
    cluster.store.apply({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name, namespace },
      spec: { action: 'DENY', rules: [{}], ...(selector && { selector }) },
    })

  afterEach(() => {
    for (const { metadata } of cluster.store.list(POLICY))
      cluster.store.delete(POLICY, metadata.name, metadata.namespace)
    for (const set of [sandbox.mesh.faults.dead, sandbox.mesh.faults.shut, sandbox.mesh.faults.unresolvable])
      set.clear()
    sandbox.mesh.faults.stuck = false
  })

  it('answers each way as the guide shows it', async () => {
    const [task] = tasksOf('echo-service')
    const [pod] = cluster.store.list('Pod', { namespace: 'default', labels: 'app=eks-echo' })
    const address = task?.networkInterface?.privateIp ?? ''
    const eks = await fromEks('curl', '-s', EKS_ECHO)
    expect(eks.stdout).to.match(
      /^ServiceVersion=\nServicePort=8080\nHost=eks-echo\.default:8080\nURL=\/\nMethod=GET\nProto=HTTP\/1\.1\nIP=192\.168\.\d+\.\d+\nRequestHeader=Accept:\*\/\*\nRequestHeader=User-Agent:curl\/[\d.]+\n/,
    )
    expect(eks.stdout).to.contain(`Hostname=${pod?.metadata.name}\n`)
    const ecs = await fromEcs('curl', '-s', ECS_ECHO)
    expect(ecs.stdout)
      .to.contain(`IP=${address}\n`)
      .and.contain(`Hostname=ip-${address.replaceAll('.', '-')}.ec2.internal\n`)
    expect((await fromEcs('curl', '-sI', 'httpbin.org')).stdout).to.match(/^HTTP\/1\.1 200 OK\r\n/)
  })

  it('refuses by a policy, and lets through again without it', async () => {
    deny('eks-echo-deny', 'default', { matchLabels: { app: 'eks-echo' } })
    const refused = await settled(
      () => fromEcs('curl', '-sS', EKS_ECHO),
      ({ exitCode }) => exitCode === 56,
    )
    expect(refused).to.deep.equal({
      exitCode: 56,
      stdout: '',
      stderr: 'curl: (56) Recv failure: Connection reset by peer\n',
    })
    expect((await fromEks('curl', '-s', ECS_ECHO)).exitCode).to.equal(0)
    cluster.store.delete(POLICY, 'eks-echo-deny', 'default')
    await settled(
      () => fromEcs('curl', '-s', EKS_ECHO),
      ({ exitCode }) => exitCode === 0,
    )
  })

  it('does not hear of a policy while propagation is stuck', async () => {
    sandbox.mesh.faults.stuck = true
    deny('ecs-deny-all', 'ecs')
    await sandbox.clock.sleep(5000)
    expect((await fromEks('curl', '-s', ECS_ECHO)).exitCode).to.equal(0)
    sandbox.mesh.faults.stuck = false
    deny('unrelated', 'kube-system')
    await settled(
      () => fromEks('curl', '-s', ECS_ECHO),
      ({ exitCode }) => exitCode === 56,
    )
  })

  it("writes what happened into the ztunnels' logs, on EKS and in CloudWatch", async () => {
    deny('ecs-deny-all', 'ecs')
    await settled(
      () => fromEks('curl', '-s', ECS_ECHO),
      ({ exitCode }) => exitCode === 56,
    )
    const ztunnels = cluster.store.list('Pod', { namespace: 'istio-system', labels: 'app=ztunnel' })
    const eksLines = ztunnels.flatMap(pod => cluster.logs.lines('istio-system', pod.metadata.name, 'istio-proxy'))
    expect(
      eksLines.some(({ text }) => /src\.workload="eks-shell-.*direction="outbound".*401 Unauthorized/.test(text)),
    ).to.equal(true)
    const [task] = tasksOf('echo-service')
    const { events = [] } = await sandbox.aws.call('logs', 'GetLogEvents', {
      logGroupName: '/ecs/ecs-ambient-ecs',
      logStreamName: `ztunnel/ztunnel/${task?.id}`,
    })
    expect(events.at(-1)?.message).to.match(/direction="inbound".*explicitly denied by: ecs\/ecs-deny-all"$/)
    expect(events.at(-1)?.message).to.contain('src.identity="spiffe://cluster.local/ns/default/sa/default"')
  })

  const failures: readonly (readonly [
    what: string,
    set: () => void,
    from: 'eks' | 'ecs',
    argv: string[],
    exitCode: number,
  ])[] = [
    ['a dead target', () => sandbox.mesh.faults.dead.add('echo-service'), 'eks', [ECS_ECHO], 56],
    ['port 15008 shut', () => sandbox.mesh.faults.shut.add('echo-service:15008'), 'eks', [ECS_ECHO], 56],
    [
      'no patience with a shut port',
      () => sandbox.mesh.faults.shut.add('echo-service:15008'),
      'eks',
      ['-m', '2', ECS_ECHO],
      28,
    ],
    [
      'a name that DNS lost',
      () => sandbox.mesh.faults.unresolvable.add('echo-service.ecs.local'),
      'eks',
      [ECS_ECHO],
      6,
    ],
    [
      'the same through socks5h',
      () => sandbox.mesh.faults.unresolvable.add('echo-service.ecs.local'),
      'ecs',
      [ECS_ECHO],
      97,
    ],
    ['an unknown name', () => undefined, 'ecs', ['nosuch.ecs.local:8080'], 97],
    ['past the ztunnel', () => undefined, 'ecs', ['--noproxy', '*', ECS_ECHO], 6],
    ['plain text past the mesh', () => undefined, 'ecs', ['--noproxy', '*', '-m', '2', 'ADDRESS:8080'], 28],
  ]
  for (const [what, set, from, argv, exitCode] of failures) {
    it(`${what}: curl ${exitCode}`, async () => {
      set()
      const address = tasksOf('echo-service')[0]?.networkInterface?.privateIp ?? ''
      const args = argv.map(word => word.replace('ADDRESS', address))
      const ran = await (from === 'eks' ? fromEks : fromEcs)('curl', '-sS', ...args)
      // A captured pod is connected to its ztunnel before that finds the way shut.
      expect(ran.exitCode, ran.stderr).to.equal(exitCode)
    })
  }

  it('a task whose enrolment no longer fits is outside the mesh', async () => {
    const name = (role: string | null) =>
      cluster.store.patch('ServiceAccount', 'default', 'ecs', {
        metadata: { annotations: { 'ecs.solo.io/role-arn': role } },
      })
    name('arn:aws:iam::111122223333:role/other')
    const ran = await fromEcs('curl', '-sS', ECS_ECHO)
    expect(ran.exitCode).to.equal(7)
    expect(ran.stderr).to.match(
      /^curl: \(7\) Failed to connect to 127\.0\.0\.1 port 15080 after \d+ ms: Could not connect to server\n$/,
    )
    name('arn:aws:iam::111122223333:role/eks-ecs-task-role')
    expect((await fromEcs('curl', '-sS', ECS_ECHO)).exitCode).to.equal(0)
    name(null)
    expect((await fromEcs('curl', '-sS', ECS_ECHO)).exitCode).to.equal(0)
  })

  it('an enrolled task that cannot get to istiod never becomes healthy', async () => {
    const { ec2 } = sandbox.aws.region()
    const [running] = tasksOf('echo-service')
    const [group = ''] = running?.networkInterface?.groups ?? []
    const out = [...ec2.rules.values()].filter(({ groupId, egress }) => groupId === group && egress)
    const shut = out.filter(({ from, to }) => from === -1 || (from <= 15012 && to >= 15012))
    const https = { from: 443, to: 443, protocol: 'tcp', cidr: '0.0.0.0/0' }
    const kept = addRule(ec2, { groupId: group, egress: true, ...https })
    for (const { id } of shut) ec2.rules.delete(id)
    expect((await fromEks('curl', '-s', '-m', '1', ECS_ECHO)).exitCode).to.not.equal(0)
    const { tasks } = sandbox.aws.region().ecs.clusters.get('ecs-ambient-ecs') ?? { tasks: new Map() }
    await sandbox.aws.call('ecs', 'StopTask', { cluster: 'ecs-ambient-ecs', task: running?.id ?? '' })
    const failed = () =>
      [...tasks.values()].find(({ stoppedReason }) => stoppedReason === 'Task failed container health checks')
    for (let tries = 0; !failed() && tries < 200; tries++) await sandbox.clock.sleep(1000)
    expect(failed()?.stopCode).to.equal('TaskFailedToStart')
    const { events = [] } = await sandbox.aws.call('logs', 'GetLogEvents', {
      logGroupName: '/ecs/ecs-ambient-ecs',
      logStreamName: `ztunnel/ztunnel/${failed()?.id}`,
    })
    expect(events.at(-1)?.message).to.match(
      /XDS client connection error.*connecting to https:\/\/0x7f[0-9a-f]{6}:15012/,
    )
    ec2.rules.delete(kept.id)
    for (const rule of shut) ec2.rules.set(rule.id, rule)
    await settled(
      () => fromEks('curl', '-s', ECS_ECHO),
      ({ exitCode }) => exitCode === 0,
    )
  })

  it('a pod without the ambient label is outside the mesh', async () => {
    const label = (value: string | null) =>
      cluster.store.patch('Namespace', 'default', undefined, {
        metadata: { labels: { 'istio.io/dataplane-mode': value } },
      })
    label(null)
    expect((await fromEks('curl', '-s', ECS_ECHO)).exitCode).to.equal(6)
    expect((await fromEks('curl', '-s', EKS_ECHO)).exitCode).to.equal(0)
    label('ambient')
    expect((await fromEks('curl', '-s', ECS_ECHO)).exitCode).to.equal(0)
  })

  it('knows the enrolled tasks as ServiceEntries and WorkloadEntries', () => {
    const [entry] = cluster.store.list('ServiceEntry', { namespace: 'ecs', fields: 'metadata.name=echo-service' })
    expect(entry?.spec).to.deep.include({
      hosts: ['echo-service.ecs.local'],
      location: 'MESH_INTERNAL',
      resolution: 'STATIC',
      ports: [{ name: 'http-8080', number: 8080, protocol: 'HTTP' }],
    })
    expect(entry?.metadata.managedFields?.map(({ manager }) => manager)).to.deep.equal(['pilot-discovery'])
    const [task] = tasksOf('echo-service')
    const addresses = cluster.store.list('WorkloadEntry').map(({ spec }) => (spec as { address: string }).address)
    expect(addresses).to.include(task?.networkInterface?.privateIp)
  })

  it('forgets a task that has stopped', async () => {
    const [task] = tasksOf('echo-service')
    if (!task) throw new Error('no task runs')
    await sandbox.aws.call('ecs', 'StopTask', { cluster: 'ecs-ambient-ecs', task: task.id })
    const without = await settled(
      () => fromEks('curl', '-s', '-m', '1', ECS_ECHO),
      ({ exitCode }) => exitCode !== 0,
    )
    expect(without.exitCode).to.equal(56)
    await settled(
      () => fromEks('curl', '-s', ECS_ECHO),
      ({ exitCode }) => exitCode === 0,
    )
    expect(tasksOf('echo-service')[0]?.id).to.not.equal(task.id)
  })
})
