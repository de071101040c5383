import { stat } from 'node:fs/promises'
import { expect } from 'chai'
import { execa } from 'execa'
import { ref } from '../../../src/lib/kubernetes/objects.ts'
import { writeClients } from '../../../src/lib/steps/clients.ts'
import { clusterStep } from '../../../src/lib/steps/index.ts'
import { createStack } from '../../../src/sandbox/aws/services/cloudformation/lifecycle.ts'
import { AwsError } from '../../../src/sandbox/aws/wire/error.ts'
import { type MeshWorld, startMesh, succeeded } from './mesh-world.ts'

const NAME = 'ambient-ecs'
const OURS = { 'ecs-ambient/cluster': NAME }

describe('the step cluster on AWS', () => {
  let world: MeshWorld
  beforeEach(async () => {
    world = await startMesh()
  })
  afterEach(() => world.close())

  const up = (more = {}) => world.up([clusterStep], more)
  const down = () => world.down([clusterStep])
  const clients = () => writeClients(world.settings())
  const eks = () => world.sandbox.aws.region().eks
  const stacks = async () =>
    (await clients().aws.cloudFormation.stacks()).map(({ StackName, StackStatus }) => `${StackName} ${StackStatus}`)
  /** Makes a cluster that nobody marked as ours, as the guide's reader does. */
  const makeForeign = async () => {
    const config = {
      apiVersion: 'eksctl.io/v1alpha5',
      kind: 'ClusterConfig',
      metadata: { name: NAME, region: 'us-east-1' },
      managedNodeGroups: [{ name: 'nodes', instanceType: 't2.medium', desiredCapacity: 2 }],
    }
    await execa(process.env.EKSCTL ?? '', ['create', 'cluster', '--config-file', '-'], {
      input: JSON.stringify(config),
    })
  }

  it('makes a cluster whose API answers, and writes its kubeconfig for us alone', async () => {
    const { results, host } = succeeded(await up())
    const kubeconfig = String(results[0]?.facts.kubeconfig)
    expect((await stat(kubeconfig)).mode & 0o777).to.equal(0o600)
    expect(kubeconfig.startsWith(world.sandbox.dir)).to.equal(true)
    const kubernetes = await clients().kubernetes()
    expect(await kubernetes?.get(ref('Namespace', 'kube-system'))).to.not.equal(undefined)
    expect(host.of('output').some(({ source, line }) => source === 'eksctl' && line.includes('is ready'))).to.equal(
      true,
    )
    expect(succeeded(await up()).changes).to.deep.equal([])
    expect(succeeded(await down()).changes).to.deep.equal([`cluster: delete eks-cluster ${NAME}`])
    expect(await stacks()).to.deep.equal([])
    expect(succeeded(await down()).changes).to.deep.equal([])
  }).timeout(60_000)

  it('refuses a version out of support before it makes anything', async () => {
    const { results, calls } = await up({ eksVersion: '1.27' })
    expect(results[0]?.error).to.include({ code: 'EKS_VERSION_UNSUPPORTED', exit: 2 })
    expect(calls.filter(({ writes }) => writes)).to.deep.equal([])
  })

  it("uses somebody else's cluster with what the mesh needs, and takes just that away again", async () => {
    await makeForeign()
    const before = { addons: [...(eks().clusters.get(NAME)?.addons.keys() ?? [])], stacks: await stacks() }
    const { changes, host } = succeeded(await up())
    expect(changes).to.include.members([
      'cluster: create iam-role istiod-eks-ecs-ambient-ecs',
      'cluster: create pod-identity-association istio-system/istiod',
    ])
    expect(
      host
        .of('warning')
        .map(({ message }) => message)
        .join(),
    ).to.contain('was not made by ecs-ambient')
    expect(succeeded(await up()).changes).to.deep.equal([])
    succeeded(await down())
    expect([...(eks().clusters.get(NAME)?.addons.keys() ?? [])]).to.deep.equal(before.addons)
    expect(await clients().aws.eks.podIdentityAssociations(NAME, 'istio-system', 'istiod')).to.deep.equal([])
    expect(await clients().aws.iam.role('istiod-eks-ecs-ambient-ecs')).to.equal(undefined)
    expect(await stacks()).to.deep.equal(before.stacks)
  }).timeout(60_000)

  it('finishes a cluster whose eksctl was stopped between its stacks', async () => {
    const stop = new AbortController()
    const killed = world.up([clusterStep], {}, stop.signal)
    await untilStack('eksctl-ambient-ecs-cluster')
    stop.abort()
    const [first] = (await killed).results
    expect(first?.status).to.equal('failed')
    const { changes } = succeeded(await up())
    expect(changes.length).to.be.above(0)
    expect(succeeded(await up()).changes).to.deep.equal([])
    const cluster = await clients().aws.eks.cluster(NAME)
    expect(cluster).to.deep.include({ status: 'ACTIVE' })
    expect(cluster?.tags).to.include(OURS)
    expect(await clients().aws.eks.nodegroupNames(NAME)).to.deep.equal(['managed-nodes'])
    succeeded(await down())
    expect(await stacks()).to.deep.equal([])
  }).timeout(90_000)

  it('takes away a cluster that comes of a stack while it waits for that, and not the ground from under it', async () => {
    const stop = new AbortController()
    const killed = world.up([clusterStep], {}, stop.signal)
    await untilStack('eksctl-ambient-ecs-cluster')
    stop.abort()
    await killed
    expect(await clients().aws.eks.cluster(NAME)).to.equal(undefined)
    const early: string[] = []
    world.sandbox.calls.fault = ({ operation }) => {
      if (/^(Revoke|DeleteSecurityGroup)/.test(operation) && eks().clusters.has(NAME)) early.push(operation)
      return undefined
    }
    const { calls } = succeeded(await down())
    expect(early).to.deep.equal([])
    expect(calls.filter(({ plane }) => plane === 'tool').map(({ operation }) => operation)).to.include('delete cluster')
    expect(await stacks()).to.deep.equal([])
    expect(eks().clusters.size).to.equal(0)
  }).timeout(90_000)

  const untilStack = async (name: string) => {
    const deadline = Date.now() + 20_000
    while (!(await stacks()).some(stack => stack.startsWith(name))) {
      if (Date.now() > deadline) throw new Error(`no stack ${name}`)
    }
  }
  it('clears away what eksctl left half made, then makes the cluster', async () => {
    await makeLeftovers(OURS)
    const { changes } = succeeded(await up())
    expect(changes).to.deep.equal([
      'cluster: delete cloudformation-stack eksctl-ambient-ecs-cluster',
      `cluster: create eks-cluster ${NAME}`,
    ])
  }).timeout(60_000)

  it("leaves somebody else's leftovers, and says what to do", async () => {
    await makeLeftovers({})
    const { results } = await up()
    expect(results[0]?.error).to.include({ code: 'NOT_OURS', exit: 2 })
    expect(succeeded(await down()).changes).to.deep.equal([])
    expect(await stacks()).to.have.length(1)
  }).timeout(20_000)

  it('takes away what eksctl left half made where nothing else is there', async () => {
    await makeLeftovers(OURS)
    const { changes } = succeeded(await down())
    expect(changes).to.have.length(1)
    expect(await stacks()).to.deep.equal([])
    expect(succeeded(await down()).changes).to.deep.equal([])
  }).timeout(60_000)

  /** A cluster stack that failed, as eksctl has CloudFormation leave it. */
  const makeLeftovers = async (tags: Readonly<Record<string, string>>) => {
    const stack = createStack(world.sandbox.aws.region(), {
      name: `eksctl-${NAME}-cluster`,
      tags: new Map(Object.entries({ 'alpha.eksctl.io/cluster-name': NAME, ...tags })),
      resources: [
        {
          logicalId: 'ControlPlane',
          type: 'AWS::EKS::Cluster',
          create: async () => {
            throw new AwsError('ServiceLimitExceeded', 'no more clusters')
          },
          remove: async () => undefined,
        },
      ],
    })
    await stack.creation
    expect(await stacks()).to.deep.equal([`eksctl-${NAME}-cluster CREATE_FAILED`])
  }

  it('lets two runs make one cluster together', async () => {
    const [one, other] = await Promise.all([up(), up()])
    succeeded(one)
    succeeded(other)
    expect([...eks().clusters.keys()]).to.deep.equal([NAME])
    expect(succeeded(await up()).changes).to.deep.equal([])
  }).timeout(90_000)
})
