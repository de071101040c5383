import { expect } from 'chai'
import type { EcsClusterSettings } from '../../../src/lib/config/settings.ts'
import { NEEDS } from '../../../src/lib/doctor/actions.ts'
import { allSteps } from '../../../src/lib/steps/index.ts'
import type { Call, Fault } from '../../../src/sandbox/calls.ts'
import { demoCluster } from '../../support/settings.ts'
import { everything, type MeshWorld, startMesh, succeeded } from '../steps/mesh-world.ts'
import { BREAKAGES } from './breakages.ts'
import { LameService } from './lame-service.ts'
import { doctor, ill, told } from './world.ts'

const SERVICES = 20

/** The demo's two, and as many more as make twenty. */
const MANY: EcsClusterSettings = {
  ...demoCluster,
  services: [
    ...demoCluster.services,
    ...Array.from({ length: SERVICES - 2 }, (_, index) => ({ name: `echo-${index}`, taskDefinition: 'echo-service' })),
  ],
}

describe('doctor', function () {
  this.timeout(60_000)
  let world: MeshWorld
  /** What the walkthrough asks, there and back. */
  const asked: Call[] = []

  before(async () => {
    world = await startMesh({ speed: 500 })
    asked.push(...succeeded(await world.up(allSteps)).calls)
  })
  afterEach(() => {
    world.sandbox.calls.fault = () => undefined
  })
  after(() => world?.close())

  it(`finds nothing wrong, and takes less than five seconds for ${SERVICES} services`, async () => {
    await copyEcho(
      world,
      MANY.services.slice(2).map(({ name }) => name),
    )
    const settings = { ecsClusters: [MANY] }
    await told(world, 'EA1502', { settings, wait: true })
    const began = performance.now()
    const examination = await doctor(world, { settings })
    const took = performance.now() - began
    expect(ill(examination)).to.deep.equal([])
    expect(examination.checks.find(({ code }) => code === 'EA1456')?.why).to.equal(`running: ${SERVICES} tasks`)
    expect(took).to.be.below(5_000)
  })

  it('reads each thing once, however many checks want it', async () => {
    const first = world.sandbox.calls.log.length
    await doctor(world, { only: ['ecs-exec', 'security-groups', 'network', 'registry'] })
    const calls = world.sandbox.calls.log.slice(first)
    expect(calls.filter(({ writes }) => writes)).to.deep.equal([])
    for (const once of ['DescribeRouteTables', 'DescribeNatGateways', 'DescribeVpcEndpoints', 'ListTasks']) {
      const asked = calls.filter(({ operation }) => operation === once)
      // Running tasks and stopped ones are two questions.
      expect(asked.length, once).to.be.at.most(once === 'ListTasks' ? 4 : 1)
    }
  })

  it('says which right is missing, and goes on with the rest', async () => {
    world.sandbox.calls.fault = ({ operation }) => (operation === 'DescribeRouteTables' ? DENIED : undefined)
    const examination = await doctor(world, { only: ['ecs-exec', 'network'] })
    expect(ill(examination)).to.have.length(2)
    const [result] = examination.checks.filter(({ code }) => code === 'EA1602')
    expect(result?.state).to.equal('warning')
    expect(result?.why).to.match(/not allowed to do ec2:DescribeRouteTables/)
    expect(result?.fix).to.match(/Have ec2:DescribeRouteTables allowed/)
  })

  it('says which check hangs, and goes on with the rest', async () => {
    const { promise: until, resolve: release } = Promise.withResolvers<void>()
    const held: Fault = { kind: 'hold', when: 'before', until }
    world.sandbox.calls.fault = ({ operation }) => (operation === 'DescribeNatGateways' ? held : undefined)
    const examination = await doctor(world, { limit: 1_500, only: ['network', 'EA14[56]*'] })
    release()
    expect(ill(examination)).to.deep.equal([
      'EA1460 warning: no answer within 2 s',
      'EA1602 warning: no answer within 2 s',
    ])
  })

  it('says once what is at the bottom, where there are no credentials', async () => {
    world.sandbox.aws.credentialFault = () => 'expired'
    const examination = await doctor(world, { only: ['credentials', 'ecs-exec', 'istio'] })
    world.sandbox.aws.credentialFault = () => undefined
    expect(ill(examination)).to.have.length(1)
    expect(ill(examination)[0]).to.match(/^EA1051 failed: .*expired/)
    expect(examination.checks.find(({ code }) => code === 'EA1452')?.why).to.match(/See EA1051/)
  })

  it('waits until nothing fails', async () => {
    const region = world.sandbox.aws.region()
    const group = [...region.ec2.natGateways.values()][0]
    if (group === undefined) throw new Error('no NAT gateway')
    group.state = 'pending'
    setTimeout(() => {
      group.state = 'available'
    }, 300)
    const examination = await doctor(world, { only: ['EA1602'], wait: true })
    expect(ill(examination)).to.deep.equal([])
  })

  it('answers what still fails once it has waited long enough', async () => {
    const asked = { only: ['EA1004'], wait: true, machine: MISSING_PLUGIN, settings: { timeout: 300 } }
    expect(ill(await doctor(world, asked))).to.have.length(1)
  })

  it('looks only at what it is asked for', async () => {
    const codes = async (only: readonly string[], pre = false) =>
      (await doctor(world, { only, pre })).checks.map(({ code }) => code)
    expect(await codes(['machine'])).to.deep.equal(['EA1001', 'EA1002', 'EA1003', 'EA1004'])
    expect(await codes(['ea100[12]', 'EA1601'])).to.deep.equal(['EA1001', 'EA1002', 'EA1601'])
    expect(await codes(['EA120*'], true)).to.deep.equal(['EA1202'])
  })

  it('knows that a ConfigMap may let the caller in, too', async () => {
    const { accessEntries } = world.sandbox.aws.region().eks.clusters.get('ambient-ecs') ?? {}
    const entries = [...(accessEntries ?? [])]
    accessEntries?.clear()
    const result = await told(world, 'EA1204')
    for (const [arn, entry] of entries) accessEntries?.set(arn, entry)
    expect(result).to.include({ state: 'ok', why: 'by the aws-auth ConfigMap' })
  })

  it('sees what is wrong with a service of any making, until its task definition is mended', async () => {
    const lame = await LameService.make(world)
    const settings = { ecsClusters: [{ ...MANY, services: [{ name: 'lame', taskDefinition: 'echo-service' }] }] }
    const only = ['EA145[5-8]', 'EA1461', 'EA1462', 'EA15*', 'EA1403']
    const illCodes = async (wait: boolean) =>
      ill(await doctor(world, { only, settings, wait })).map(line => line.slice(0, 6))
    expect(await illCodes(false)).to.include.members([
      ...['EA1455', 'EA1456', 'EA1457', 'EA1458', 'EA1461', 'EA1462', 'EA1501', 'EA1502'],
    ])
    await lame.runUnpullable()
    const [pull] = (await doctor(world, { only: ['EA1403'], settings })).checks
    expect(pull?.why).to.match(/^lame: CannotPullContainerError: .*unpullable/)
    await lame.runAsEcho()
    expect(await illCodes(true)).to.deep.equal([])
  })

  for (const { code, state, why, asked = {}, mended = asked, breaks, mends } of BREAKAGES) {
    it(`${code} finds what is wrong, and its fix mends it`, async () => {
      await breaks(world)
      const broken = await told(world, code, asked)
      expect(broken.state, broken.why).to.equal(state)
      expect(broken.why).to.match(why)
      await mends(world, broken.fix ?? '')
      const after = await told(world, code, { ...mended, wait: true })
      expect(after.state, after.why).to.equal('ok')
    })
  }

  it('knows every call of the walkthrough, there and back, by the right that it takes', async () => {
    // Somebody else's by now: it would keep the VPC.
    world.sandbox.aws.region().ec2.endpoints.clear()
    asked.push(...succeeded(await world.down(everything)).calls)
    const known = new Set(NEEDS.flatMap(({ actions }) => actions))
    const calls = asked
      .filter(({ plane }) => plane === 'aws')
      .map(({ service, operation }) => `${service}:${operation}`)
    // Everyone may ask who they are.
    const unknown = [...new Set(calls)].filter(call => call !== 'sts:GetCallerIdentity' && !known.has(call))
    expect(unknown).to.deep.equal([])
  })
})

/** Services as echo-service is, made by ECS itself at once. */
async function copyEcho({ sandbox: { aws, clock } }: MeshWorld, names: readonly string[]): Promise<void> {
  const cluster = 'ecs-ambient-ecs'
  const described = await aws.call('ecs', 'DescribeServices', {
    cluster,
    services: ['echo-service'],
    include: ['TAGS'],
  })
  const { taskDefinition, networkConfiguration, tags } = described.services?.[0] ?? {}
  for (const serviceName of names) {
    await aws.call('ecs', 'CreateService', {
      cluster,
      serviceName,
      taskDefinition,
      networkConfiguration,
      tags,
      desiredCount: 1,
      enableExecuteCommand: true,
      launchType: 'FARGATE',
    })
  }
  const isReady = ({ services = [] }: { services?: { runningCount?: number | undefined }[] | undefined }) =>
    services.every(({ runningCount }) => runningCount === 1)
  do await clock.sleep(10_000)
  while (!isReady(await aws.call('ecs', 'DescribeServices', { cluster, services: names.slice(0, 10) })))
}

const DENIED: Fault = {
  kind: 'error',
  when: 'before',
  code: 'UnauthorizedOperation',
  status: 403,
  message: 'You are not authorized to perform this operation.',
}

const MISSING_PLUGIN = {
  execDriver: 'plugin' as const,
  plugin: async () => {
    const { Failure } = await import('../../../src/lib/engine/failure.ts')
    throw new Failure({ code: 'TOOL_NOT_FOUND', message: 'session-manager-plugin was not found.' })
  },
}
