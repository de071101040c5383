import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { CreateServiceRequest, RunTaskRequest } from '@aws-sdk/client-ecs'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import type { Change } from '../../../src/lib/engine/plan.ts'
import { newEnrollStep } from '../../../src/lib/steps/index.ts'
import { leftoverLines } from '../../../src/lib/steps/sweep.ts'
import type { Region } from '../../../src/sandbox/aws/region.ts'
import { addInterface } from '../../../src/sandbox/aws/services/ec2/state.ts'
import { casesSuite } from '../support/cases.ts'
import { runAndCut } from '../support/cut.ts'
import { eksCluster, loseCluster } from '../support/eks.ts'
import { expectConverged } from '../support/expect.ts'
import { difference, inventory } from '../support/inventory.ts'
import type { Counts, Undisturbed } from '../support/job.ts'
import { startVictim } from '../support/victim.ts'
import { inWorld, type RunOptions, told, type World } from '../support/world.ts'

/** What has gone wrong in a world in which everything stands; answers what `cleanup` is told beyond that. */
type Mishap = (world: World) => Promise<Record<string, unknown> | undefined> | Record<string, unknown> | undefined

/** Everything stands, something goes wrong, and cleanup must come to nothing. */
const fromMishap = (mishap: Mishap) => (undisturbed: Undisturbed) =>
  inWorld(async world => {
    await world.must('up')
    const flags = (await mishap(world)) ?? {}
    await cleanedUp(world, undisturbed, { flags })
    return { 'mishaps cleaned up': 1 } satisfies Counts
  })

async function cleanedUp(world: World, undisturbed: Undisturbed, options: RunOptions = {}): Promise<void> {
  await world.must('cleanup', options)
  await expectConverged(world, 'cleanup', undisturbed)
}

const region = ({ sandbox: { aws } }: World): Region => aws.region()

/** The endpoint leads to somebody who does not speak TLS, which is known at once; answers what has to be told then. */
function loseApi(world: World): Record<string, unknown> {
  const { port } = new URL(world.environment.AWS_ENDPOINT_URL ?? '')
  eksCluster(world).endpoint = `https://127.0.0.1:${port}`
  return { kubeconfig: undefined }
}

/** What a service of somebody else in an ECS cluster of theirs is made of. */
function webService(world: World): CreateServiceRequest {
  const { ec2 } = region(world)
  const vpc = [...ec2.vpcs.values()].find(({ isDefault }) => isDefault)
  const inVpc = <T extends { id: string; vpcId: string }>(all: ReadonlyMap<string, T>) =>
    [...all.values()].filter(({ vpcId }) => vpcId === vpc?.id).map(({ id }) => id)
  const awsvpcConfiguration = {
    subnets: inVpc(ec2.subnets),
    securityGroups: inVpc(ec2.groups),
    assignPublicIp: 'ENABLED' as const,
  }
  return {
    cluster: 'theirs',
    serviceName: 'web',
    taskDefinition: 'web',
    desiredCount: 1,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration },
  }
}

async function theirService(world: World): Promise<void> {
  const { aws } = world.sandbox
  await aws.call('ecs', 'CreateCluster', { clusterName: 'theirs' })
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  }
  const role = { RoleName: 'web', AssumeRolePolicyDocument: JSON.stringify(trust) }
  const { Role } = await aws.call('iam', 'CreateRole', role)
  await aws.call('ecs', 'RegisterTaskDefinition', {
    family: 'web',
    taskRoleArn: Role?.Arn,
    executionRoleArn: Role?.Arn,
    containerDefinitions: [{ name: 'app', image: 'public.ecr.aws/docker/library/nginx:1.27' }],
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
  })
  await aws.call('ecs', 'CreateService', webService(world))
  const { services } = region(world).ecs.clusters.get('theirs') ?? {}
  while (services?.get('web')?.deployments[0]?.rollout !== 'COMPLETED') await setTimeout(5)
}

/**
 * What stands of theirs, as the inventory says it. istioctl's tag stays: whether it was there before is not known, and
 * without a ztunnel it says nothing.
 */
const theirs = (world: World) =>
  inventory(world)
    .filter(line => /ecs-cluster theirs|ecs-service web|definition web|service:web|role \S*web/.test(line))
    .map(line => line.replace('"ecs.solo.io/service-account":"default"', ''))

/** eksctl is broken off once this stack is begun. */
const halfMade = (stack: string) => (undisturbed: Undisturbed) =>
  inWorld(async world => {
    const victim = startVictim(world, 'up')
    const { stacks } = region(world).cloudformation
    while (![...stacks.values()].some(({ name }) => name.includes(stack))) {
      await new Promise(resolve => setImmediate(resolve))
    }
    await victim.kill('group')
    await cleanedUp(world, undisturbed)
    return { 'mishaps cleaned up': 1 }
  })

/** What a dry run lists is what goes, kind by kind and name by name. */
async function asListed(world: World): Promise<Counts> {
  const states = await world.plan('down')
  const listed = states.flatMap(({ plan }) => plan?.changes ?? [])
  const { results } = await world.must('cleanup')
  const done = results.flatMap(({ changes }) => changes)
  const lines = (changes: readonly Pick<Change, 'action' | 'kind' | 'name'>[]) =>
    changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`).sort()
  const differs = difference(lines(listed), lines(done))
  if (differs.length > 0) throw new Error(`listed (-) and done (+) differ: ${differs.join('; ')}`)
  return { 'removals as listed': listed.length }
}

/** The run of `up` is broken off when it has made so much of all that it writes. */
const asListedFrom = (part: number) => (undisturbed: Undisturbed) =>
  inWorld(async world => {
    const writes = undisturbed.up.filter(({ writes }) => writes)
    const { key } = writes[Math.floor(writes.length * part)] ?? {}
    await runAndCut(world, 'up', name => name === key, 'after')
    return asListed(world)
  })

/** How much longer everything takes where it is to be seen who waits for whom. */
const SLOWER = 10

export const leftovers = casesSuite('leftovers', 8, {
  'a dry run lists what goes of everything': () =>
    inWorld(async world => {
      await world.must('up')
      return asListed(world)
    }),
  'a dry run lists what goes of a beginning': asListedFrom(0.2),
  'a dry run lists what goes of a half': asListedFrom(0.5),
  'a dry run lists what goes of almost all': asListedFrom(0.85),
  'cleanup of nothing': undisturbed =>
    inWorld(async world => {
      await cleanedUp(world, undisturbed)
      return { 'mishaps cleaned up': 1 }
    }),
  'cleanup again after cleanup': fromMishap(async world => {
    await world.must('cleanup')
    return undefined
  }),
  'the EKS cluster is gone already': fromMishap(async world => {
    await loseCluster(world)
    return { kubeconfig: undefined }
  }),
  'the kubeconfig is lost': fromMishap(async ({ sandbox: { dir } }) => {
    await rm(join(dir, 'data'), { recursive: true, force: true })
    return { kubeconfig: undefined }
  }),
  'istioctl is missing': fromMishap(() => ({ istioctl: '/nonexistent/istioctl' })),
  "eksctl's stack of the cluster is half made": halfMade('-cluster'),
  "eksctl's stack of the nodes is half made": halfMade('-nodegroup-'),
  "eksctl's stack of istiod's role is half made": halfMade('-podidentityrole-'),
  'services are draining': fromMishap(async ({ sandbox: { aws } }) => {
    for (const service of ['shell-task', 'echo-service']) {
      await aws.call('ecs', 'DeleteService', { cluster: 'ecs-ambient-ecs', service, force: true })
    }
    return undefined
  }),
  'what the tasks need goes after the last of them': undisturbed =>
    inWorld(async world => {
      await world.must('up')
      const { clock } = world.sandbox
      const after = clock.after.bind(clock)
      clock.after = (ms, then) => after(ms * SLOWER, then)
      let early = 0
      world.decide(key => {
        const needed = /^logs DeleteLogGroup|^iam DeleteRole|^ec2 DeleteSecurityGroup/.test(key)
        const tasks = [...(region(world).ecs.clusters.get('ecs-ambient-ecs')?.tasks.values() ?? [])]
        if (needed && tasks.some(({ lastStatus }) => lastStatus !== 'STOPPED')) early += 1
        return undefined
      })
      await cleanedUp(world, undisturbed)
      if (early > 0) throw new Error(`${early} things went while tasks were still running`)
      return { 'mishaps cleaned up': 1 }
    }),
  'a network interface of the tasks is late': fromMishap(world => {
    const { ec2, clock } = region(world)
    const group = [...ec2.groups.values()].find(({ name }) => name === 'ecs-ambient-ecs-tasks')
    const subnet = [...ec2.subnets.values()].find(({ vpcId }) => vpcId === group?.vpcId)
    const late = addInterface(ec2, {
      subnetId: subnet?.id ?? '',
      groups: [group?.id ?? ''],
      description: 'arn:aws:ecs:us-east-1:111122223333:attachment/late',
      requester: 'ecs',
      attachment: 'late',
    })
    clock.after(5 * 60_000, () => ec2.interfaces.delete(late.id))
    return undefined
  }),
  'the load balancer is an orphan': fromMishap(async world => {
    const { elb } = region(world)
    const [balancer] = [...elb.loadBalancers.values()]
    await loseCluster(world)
    if (balancer) elb.loadBalancers.set(balancer.name, balancer)
    return { kubeconfig: undefined }
  }),
  'the VPC CNI has left a network interface': fromMishap(async world => {
    const { ec2 } = region(world)
    const vpc = [...ec2.vpcs.values()].find(({ isDefault }) => !isDefault)
    const subnet = [...ec2.subnets.values()].find(({ vpcId }) => vpcId === vpc?.id)
    const groups = [...ec2.groups.values()].filter(({ name }) => name.startsWith('eks-cluster-sg')).map(({ id }) => id)
    await loseCluster(world)
    addInterface(ec2, {
      subnetId: subnet?.id ?? '',
      groups: groups.filter(id => ec2.groups.has(id)),
      description: 'aws-K8S-i-0123456789abcdef0',
      requester: 'amazon-vpc-cni',
      attachment: undefined,
      tags: new Map([['cluster.k8s.amazonaws.com/name', 'ambient-ecs']]),
    })
    return { kubeconfig: undefined }
  }),
  'the Kubernetes API is out of reach, and the cluster goes': undisturbed =>
    inWorld(async world => {
      await world.must('up')
      const flags = loseApi(world)
      const { events } = await world.must('cleanup', { flags })
      const warnings = events.flatMap(event => (event.code === 'warning' ? [event.message] : []))
      if (warnings.filter(message => message.includes('does not answer')).length !== 1)
        throw new Error(`what is not seen is told of so: ${warnings.join('; ')}`)
      await expectConverged(world, 'cleanup', undisturbed)
      return { 'mishaps cleaned up': 1 }
    }),
  'the Kubernetes API is out of reach, and the cluster stays': undisturbed =>
    inWorld(async world => {
      await world.must('up')
      const endpoint = eksCluster(world).endpoint
      const flags = loseApi(world)
      const mesh = await world.run('cleanup', { parts: { mesh: true }, flags })
      const [failure] = mesh.errors
      if (!isFailure(failure) || failure.exit !== 3 || !failure.suggestions.join().includes('VPN'))
        throw new Error(`cleanup --mesh ends with: ${mesh.errors.map(told).join('; ')}`)
      await world.must('cleanup', { parts: { ecs: true, iam: true }, flags })
      const { ecs, ec2 } = region(world)
      const left = [...ecs.clusters.values()].filter(({ status }) => status === 'ACTIVE').map(({ name }) => name)
      const groups = [...ec2.groups.values()].map(({ name }) => name).filter(name => name.startsWith('ecs-ambient'))
      if (left.length + groups.length > 0) throw new Error(`left on ECS: ${[...left, ...groups].join(', ')}`)
      eksCluster(world).endpoint = endpoint
      await cleanedUp(world, undisturbed)
      return { 'mishaps cleaned up': 1 }
    }),
  'the gateway is gone, its load balancer is not': fromMishap(async world => {
    const { store } = world.sandbox.kubernetes.get('ambient-ecs') ?? {}
    store?.delete('Gateway', 'eastwest', 'istio-system')
    return undefined
  }),
  'a service of an ECS cluster that the configuration does not name is enrolled': undisturbed =>
    inWorld(async world => {
      await world.must('up')
      const { aws } = world.sandbox
      await theirService(world)
      const before = theirs(world)
      const enrolment = { steps: [newEnrollStep({ services: ['web'] })], flags: { ecsCluster: 'theirs' } }
      await world.must('up', enrolment)
      if (!theirs(world).some(line => line.includes('ecs-service web') && line.includes('ztunnel')))
        throw new Error('it was not enrolled')
      const tags = [{ key: 'ecs-ambient/enrolled', value: 'another-cluster/0123456789abcdef' }]
      await aws.call('ecs', 'CreateService', {
        ...webService(world),
        serviceName: 'of-another-mesh',
        desiredCount: 0,
        tags,
      })
      const shown = (await world.plan('down')).flatMap(({ plan }) => plan?.changes ?? [])
      const enrolments = shown.filter(({ kind }) => kind === 'enrolment').map(({ name }) => name)
      if (String(enrolments) !== 'theirs/web') throw new Error(`the plan takes back: ${enrolments.join(', ')}`)
      await world.must('cleanup')
      const other = aws.region().ecs.clusters.get('theirs')?.services.get('of-another-mesh')
      if (other?.tags.size !== 1) throw new Error('the service of another mesh was changed')
      const differs = difference(before, theirs(world))
      if (differs.length > 0) throw new Error(`it is not as it was: ${differs.join('\n')}`)
      const left = difference(undisturbed.empty, inventory(world)).filter(
        line => !/theirs|of-another-mesh|web|"default"/.test(line),
      )
      if (left.length > 0) throw new Error(`after cleanup: ${left.join('\n')}`)
      return { 'mishaps cleaned up': 1 }
    }),
  'a volume and logs outlive the cluster, and are named, not deleted': undisturbed =>
    inWorld(async world => {
      await world.must('up')
      const { aws } = world.sandbox
      const tag = (Key: string, Value: string) => ({ Key, Value })
      const Tags = [
        tag('kubernetes.io/cluster/ambient-ecs', 'owned'),
        tag('KubernetesCluster', 'ambient-ecs'),
        tag('kubernetes.io/created-for/pvc/name', 'orders'),
        tag('kubernetes.io/created-for/pvc/namespace', 'shop'),
      ]
      const volume = { AvailabilityZone: 'us-east-1a', Size: 100 }
      const { VolumeId: id } = await aws.call('ec2', 'CreateVolume', {
        ...volume,
        TagSpecifications: [{ ResourceType: 'volume', Tags }],
      })
      await aws.call('ec2', 'CreateVolume', {
        ...volume,
        TagSpecifications: [{ ResourceType: 'volume', Tags: [tag('kubernetes.io/cluster/other', 'owned')] }],
      })
      for (const logGroupName of ['/aws/eks/ambient-ecs/cluster', '/aws/eks/ambient-ecs-2/cluster'])
        await aws.call('logs', 'CreateLogGroup', { logGroupName })
      const { errors, left, kept } = await world.run('cleanup')
      if (errors.length > 0) throw new Error(errors.map(told).join('; '))
      const said = leftoverLines({ left })
      const wanted = `ebs-volume shop/orders (${id}): about $0.01 an hour; its 100 GiB hold the data`
      if (said.length !== 1 || !said[0]?.startsWith(wanted)) throw new Error(`left: ${said.join('; ')}`)
      if (left[0]?.finish !== `aws ec2 delete-volume --volume-id ${id} --region us-east-1`)
        throw new Error(`it is not said how to delete it: ${left[0]?.finish}`)
      const logs = kept.map(({ name }) => name)
      if (String(logs) !== '/aws/eks/ambient-ecs/cluster') throw new Error(`kept: ${logs.join(', ')}`)
      await aws.call('ec2', 'DeleteVolume', { VolumeId: id })
      await world.must('cleanup')
      const differs = difference(undisturbed.empty, inventory(world)).filter(line => !line.includes('/aws/eks/'))
      if (differs.length > 0) throw new Error(`after cleanup: ${differs.join('; ')}`)
      return { 'mishaps told of': 1 }
    }),
  'what a stack of eksctl held outlives it, and is named': () =>
    inWorld(async world => {
      const { aws } = world.sandbox
      const [subnet] = [...region(world).ec2.subnets.keys()]
      const Tags = [{ Key: 'ecs-ambient/cluster', Value: 'ambient-ecs' }]
      const TagSpecifications = [{ ResourceType: 'natgateway' as const, Tags }]
      const { NatGateway } = await aws.call('ec2', 'CreateNatGateway', { SubnetId: subnet, TagSpecifications })
      const url = 'oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF'
      const arn = `arn:aws:iam::111122223333:oidc-provider/${url}`
      const tags = new Map([['alpha.eksctl.io/cluster-name', 'ambient-ecs']])
      const created = new Date(world.sandbox.clock.now())
      aws.iam.oidcProviders.set(arn, { arn, url, clientIds: ['sts.amazonaws.com'], thumbprints: [], created, tags })
      const { left } = await world.run('cleanup')
      const said = left.map(({ kind, cost }) => `${kind}: ${cost}`).sort()
      if (String(said) !== 'nat-gateway: about $0.04 an hour,oidc-provider: free while unused')
        throw new Error(`left: ${said.join('; ')}`)
      await aws.call('ec2', 'DeleteNatGateway', { NatGatewayId: NatGateway?.NatGatewayId })
      const again = (await world.run('cleanup')).left.map(({ kind }) => kind)
      if (String(again) !== 'oidc-provider') throw new Error(`left of what is being deleted: ${again.join(', ')}`)
      return { 'mishaps told of': 1 }
    }),
  'what someone else runs with our security group stays, and is named at once': undisturbed =>
    inWorld(async world => {
      await world.must('up')
      const { aws } = world.sandbox
      const { ecs, ec2 } = region(world)
      const [network] = [...(ecs.clusters.get('ecs-ambient-ecs')?.services.values() ?? [])].map(
        ({ network }) => network,
      )
      const { subnets = [], securityGroups = [] } = network?.awsvpcConfiguration ?? {}
      await aws.call('ecs', 'CreateCluster', { clusterName: 'theirs' })
      const containerDefinitions = [{ name: 'app', image: 'public.ecr.aws/docker/library/nginx:1.27' }]
      const fargate = { requiresCompatibilities: ['FARGATE' as const], networkMode: 'awsvpc' as const }
      await aws.call('ecs', 'RegisterTaskDefinition', {
        family: 'theirs',
        containerDefinitions,
        ...fargate,
        cpu: '256',
        memory: '512',
      })
      const task = { cluster: 'theirs', taskDefinition: 'theirs', networkConfiguration: network, launchType: 'FARGATE' }
      const { tasks = [] } = await aws.call('ecs', 'RunTask', task as RunTaskRequest)
      const taskArn = tasks[0]?.taskArn
      const card = { SubnetId: subnets[0], Groups: securityGroups, Description: 'a bastion to come' }
      const { NetworkInterface } = await aws.call('ec2', 'CreateNetworkInterface', card)
      while (![...ec2.interfaces.values()].some(({ attachment }) => attachment === taskArn)) await setTimeout(5)

      const ended = await world.run('cleanup')
      const [failure] = ended.errors
      if (!isFailure(failure) || failure.code !== 'STILL_IN_USE' || ended.errors.length > 1)
        throw new Error(`it ends with: ${ended.errors.map(told).join('; ')}`)
      const id = taskArn?.split('/').at(-1)
      const interfaceId = NetworkInterface?.NetworkInterfaceId
      for (const [what, where] of [
        [`task ${id} of ECS cluster theirs`, failure.why],
        [`aws ecs stop-task --cluster theirs --task ${id} --region us-east-1`, failure.suggestions],
        [
          `aws ec2 delete-network-interface --network-interface-id ${interfaceId} --region us-east-1`,
          failure.suggestions,
        ],
      ] as const) {
        if (!where.join('\n').includes(what)) throw new Error(`it is not said: ${what}`)
      }
      // All but the group went, and what the others' task needs: the network that it is in.
      const standing = inventory(world).filter(line =>
        /ecs-service |log-group |Gateway |DaemonSet istio-system/.test(line),
      )
      if (standing.length > 0) throw new Error(`left: ${standing.join('; ')}`)
      if (ecs.clusters.get('theirs')?.tasks.get(id ?? '')?.desiredStatus !== 'RUNNING')
        throw new Error('their task was stopped')

      await aws.call('ecs', 'StopTask', { cluster: 'theirs', task: id })
      await aws.call('ec2', 'DeleteNetworkInterface', { NetworkInterfaceId: interfaceId })
      await world.must('cleanup')
      const theirs = /ecs-cluster theirs|task-definition theirs/
      const left = difference(undisturbed.empty, inventory(world)).filter(line => !theirs.test(line))
      if (left.length > 0) throw new Error(`after cleanup: ${left.join('; ')}`)
      return { 'mishaps told of': 1 }
    }),
  'an ECS cluster was taken out of the configuration': undisturbed =>
    inWorld(async world => {
      const [shop, pay] = ['shop', 'pay'].map(name => ({ name, namespace: name }))
      await world.must('up', { flags: { ecsClusters: [shop, pay] } })
      const flags = { ecsClusters: [shop] }
      const early = await world.run('cleanup', { flags: { ecsClusters: [pay] }, parts: { cluster: true } })
      const text = early.errors.map(told).join('; ')
      if (!text.includes('shop/shell-task') || !text.includes('pay/shell-task'))
        throw new Error(`nobody said what is in the way: ${text}`)
      await cleanedUp(world, undisturbed, { flags })
      return { 'mishaps cleaned up': 1 }
    }),
  'what someone else has put into our ECS cluster stays, and is named': () =>
    inWorld(async world => {
      await world.must('up')
      const { aws } = world.sandbox
      const taskDefinition = [...(aws.region().ecs.families.get('ecs-ambient-ecs-shell-task') ?? [])].at(0)
      const network = [...(aws.region().ecs.clusters.get('ecs-ambient-ecs')?.services.values() ?? [])].at(0)?.network
      await aws.call('ecs', 'CreateService', {
        cluster: 'ecs-ambient-ecs',
        serviceName: 'theirs',
        taskDefinition: taskDefinition?.shown.taskDefinitionArn,
        desiredCount: 1,
        launchType: 'FARGATE',
        networkConfiguration: network,
      })
      const ended = await world.run('cleanup', { flags: { timeout: '100s' } })
      const text = ended.errors.map(told).join('; ')
      if (!text.includes('theirs')) throw new Error(`nobody said what is in the way: ${text}`)
      const { status } = aws.region().ecs.clusters.get('ecs-ambient-ecs')?.services.get('theirs') ?? {}
      if (status !== 'ACTIVE') throw new Error(`the service is ${status}`)
      return { 'mishaps told of': 1 }
    }),
})
