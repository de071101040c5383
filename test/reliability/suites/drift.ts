import { setTimeout } from 'node:timers/promises'
import type { Change } from '../../../src/lib/engine/plan.ts'
import type { Region } from '../../../src/sandbox/aws/region.ts'
import { stopTask } from '../../../src/sandbox/aws/services/ecs/lifecycle.ts'
import { casesSuite } from '../support/cases.ts'
import { expectConverged, expectNothingToDo } from '../support/expect.ts'
import type { Undisturbed } from '../support/job.ts'
import { inWorld, told, type World } from '../support/world.ts'

interface Drift {
  /** Somebody deletes or edits one of our resources by hand. */
  readonly by: (world: World, region: Region) => unknown
  /** The step that has to say so. */
  readonly step: string
  /** `action kind` of every change that repairs it, and no other. */
  readonly repairs: readonly string[]
  /** What must be said of how it differs. */
  readonly says: RegExp
  readonly state?: 'drifted' | 'partial' | 'absent'
  /** The repair leaves another thing than there was, just as good. */
  readonly leaves?: true
}

const ECS = 'ecs-ambient-ecs'
const store = ({ sandbox: { kubernetes } }: World) => {
  const found = kubernetes.get('ambient-ecs')?.store
  if (found === undefined) throw new Error('there is no cluster')
  return found
}
const tasksGroup = ({ ec2 }: Region) => [...ec2.groups.values()].find(({ name }) => name === `${ECS}-tasks`)?.id ?? ''
const eksGroup = ({ eks }: Region) => eks.clusters.get('ambient-ecs')?.securityGroupId ?? ''
const ruleOf = ({ ec2 }: Region, group: string) =>
  [...ec2.rules.values()].find(({ groupId, tags }) => groupId === group && tags.has('ecs-ambient/cluster'))?.id ?? ''

const untag = (tagged: { readonly tags: ReadonlyMap<string, string> } | undefined, key: string) =>
  (tagged?.tags as Map<string, string> | undefined)?.delete(key)

const DRIFTS: Readonly<Record<string, Drift>> = {
  'the policy is detached from the task role': {
    by: ({ sandbox: { aws } }) => aws.iam.roles.get('eks-ecs-task-role')?.attached.clear(),
    step: 'iam',
    state: 'partial',
    repairs: ['create iam-attachment'],
    says: /not attached/,
  },
  'the trust policy of the execution role is edited': {
    by: ({ sandbox: { aws } }) =>
      aws.call('iam', 'UpdateAssumeRolePolicy', {
        RoleName: 'ecs-task-execution-role',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
        }),
      }),
    step: 'iam',
    repairs: ['update iam-role'],
    says: /trust policy differs/,
  },
  'the task policy is edited': {
    by: ({ sandbox: { aws } }) =>
      aws.call('iam', 'CreatePolicyVersion', {
        PolicyArn: 'arn:aws:iam::111122223333:policy/ecs/ambient/eks-ecs-task-policy',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: 'logs:*', Resource: '*' }],
        }),
        SetAsDefault: true,
      }),
    step: 'iam',
    repairs: ['update iam-policy'],
    says: /document differs/,
  },
  'our mark is taken off a role': {
    by: ({ sandbox: { aws } }) =>
      untag(aws.iam.roles.get('eks-ecs-task-role'), 'ecs-ambient/user:us-east-1.ambient-ecs'),
    step: 'iam',
    repairs: ['update iam-role'],
    says: /not marked as used/,
  },
  'the log group is deleted': {
    by: (_, { logs }) => logs.groups.delete(`/ecs/${ECS}`),
    step: 'ecs',
    state: 'partial',
    repairs: ['create log-group'],
    says: /does not exist/,
  },
  'an ECS service is scaled down': {
    by: ({ sandbox: { aws } }) =>
      aws.call('ecs', 'UpdateService', { cluster: ECS, service: 'echo-service', desiredCount: 0 }),
    step: 'ecs',
    repairs: ['update ecs-service'],
    says: /desired count/,
  },
  'the tasks of a service stop one after another': {
    by: async (world, region) => {
      const tasks = () => [...(region.ecs.clusters.get(ECS)?.tasks.values() ?? [])]
      const [task] = tasks().filter(
        ({ service, lastStatus }) => service?.name === 'shell-task' && lastStatus === 'RUNNING',
      )
      if (task === undefined) throw new Error('there is no task')
      const image = task.definition.shown.containerDefinitions?.[0]?.image ?? ''
      region.ecs.badImages.add(image)
      stopTask(region, task, 'EssentialContainerExited', 'Essential container in task exited')
      while (tasks().filter(({ stopCode }) => stopCode === 'TaskFailedToStart').length < 3) await setTimeout(5)
      // The cause is gone once they are tried again, and no sooner.
      world.decide(key => {
        if (key.startsWith('ecs UpdateService')) region.ecs.badImages.delete(image)
        return undefined
      })
    },
    step: 'ecs',
    repairs: ['update ecs-service'],
    says: /of its tasks stopped one after another.*0 of 1 tasks run.*CannotPullContainerError/,
  },
  'ECS Exec is switched off': {
    by: ({ sandbox: { aws } }) =>
      aws.call('ecs', 'UpdateService', { cluster: ECS, service: 'shell-task', enableExecuteCommand: false }),
    step: 'ecs',
    repairs: ['update ecs-service'],
    says: /ECS Exec/,
  },
  "a rule of the tasks' group is revoked": {
    by: (_, region) => region.ec2.rules.delete(ruleOf(region, tasksGroup(region))),
    step: 'ecs',
    state: 'partial',
    repairs: ['create security-group-rules'],
    says: /15008/,
  },
  "the rule on the EKS cluster's group is revoked": {
    by: (_, region) => region.ec2.rules.delete(ruleOf(region, eksGroup(region))),
    step: 'ecs',
    state: 'partial',
    repairs: ['create security-group-rules'],
    says: /15008/,
  },
  "a rule of the tasks' group is edited": {
    by: (_, { ec2 }) => {
      const rule = [...ec2.rules.values()].find(
        ({ id }) => id === ruleOf({ ec2 } as Region, tasksGroup({ ec2 } as Region)),
      )
      if (rule) ec2.rules.set(rule.id, { ...rule, from: 8080, to: 8080 })
    },
    step: 'ecs',
    repairs: ['create security-group-rules', 'delete security-group-rules'],
    says: /15008.*8080.*not wanted any more/,
  },
  'an ECS service is moved into other subnets': {
    by: ({ sandbox: { aws } }, { ecs, ec2 }) => {
      const group = tasksGroup({ ec2 } as Region)
      const { vpcId } = ec2.groups.get(group) ?? {}
      const [subnet = ''] = [...ec2.subnets.values()]
        .filter(one => one.vpcId === vpcId && !one.mapPublicIp)
        .map(({ id }) => id)
      const { network } = ecs.clusters.get(ECS)?.services.get('shell-task') ?? {}
      const awsvpcConfiguration = { ...network?.awsvpcConfiguration, subnets: [subnet] }
      return aws.call('ecs', 'UpdateService', {
        cluster: ECS,
        service: 'shell-task',
        networkConfiguration: { awsvpcConfiguration },
      })
    },
    step: 'ecs',
    repairs: ['update ecs-service'],
    says: /subnets is/,
  },
  'the revision that a service runs is deregistered': {
    by: ({ sandbox: { aws } }, { ecs }) =>
      aws.call('ecs', 'DeregisterTaskDefinition', {
        taskDefinition: ecs.clusters.get(ECS)?.services.get('shell-task')?.deployments[0]?.definition,
      }),
    step: 'enroll',
    repairs: ['update enrolment'],
    says: /deregistered/,
  },
  'the ECS cluster is deleted with all that is in it, and the group': {
    by: async ({ sandbox: { aws, clock } }, { ecs, ec2 }) => {
      for (const service of ['shell-task', 'echo-service'])
        await aws.call('ecs', 'DeleteService', { cluster: ECS, service, force: true })
      const cluster = ecs.clusters.get(ECS)
      while ([...(cluster?.tasks.values() ?? [])].some(({ lastStatus }) => lastStatus !== 'STOPPED'))
        await clock.sleep(5000)
      await aws.call('ecs', 'DeleteCluster', { cluster: ECS })
      const GroupId = tasksGroup({ ec2 } as Region)
      while ([...ec2.interfaces.values()].some(({ groups }) => groups.includes(GroupId))) await clock.sleep(5000)
      for (const rule of ec2.rules.values()) if (rule.group === GroupId) ec2.rules.delete(rule.id)
      await aws.call('ec2', 'DeleteSecurityGroup', { GroupId })
    },
    leaves: true,
    step: 'ecs',
    state: 'partial',
    repairs: [
      'create ecs-cluster',
      'create ecs-service',
      'create ecs-service',
      'create enrolment',
      'create enrolment',
      'create security-group',
      'create security-group-rules',
      'create security-group-rules',
      'create task-definition',
      'create task-definition',
    ],
    says: /does not exist/,
  },
  'a role of the tasks is deleted': {
    by: ({ sandbox: { aws } }) => aws.iam.roles.delete('eks-ecs-task-role'),
    step: 'iam',
    state: 'partial',
    repairs: ['create iam-attachment', 'create iam-role'],
    says: /does not exist/,
  },
  "istiod's role has lost its permissions": {
    by: ({ sandbox: { aws } }) => {
      const role = aws.iam.roles.get('istiod-eks-ecs-ambient-ecs')
      role?.attached.clear()
      role?.inline.clear()
    },
    leaves: true,
    step: 'cluster',
    repairs: ['update iam-role'],
    says: /no permissions/,
  },
  'the pod identity association is given another role': {
    by: (_, { eks }) => {
      for (const one of eks.clusters.get('ambient-ecs')?.podIdentities.values() ?? [])
        Object.assign(one, { roleArn: 'arn:aws:iam::111122223333:role/other' })
    },
    leaves: true,
    step: 'cluster',
    repairs: ['run Deployment', 'update pod-identity-association'],
    says: /role is .*other/,
  },
  'a node group is scaled down': {
    by: async ({ sandbox: { aws, clock } }, { eks }) => {
      const { name, nodeGroups } = eks.clusters.get('ambient-ecs') ?? {}
      const scalingConfig = { minSize: 1, maxSize: 2, desiredSize: 1 }
      const group = { clusterName: name, nodegroupName: 'managed-nodes', scalingConfig }
      await aws.call('eks', 'UpdateNodegroupConfig', group)
      while (nodeGroups?.get('managed-nodes')?.status !== 'ACTIVE') await clock.sleep(5000)
    },
    step: 'cluster',
    repairs: ['update eks-nodegroup'],
    says: /1 of 2 nodes/,
  },
  'istiod is scaled to nothing': {
    by: world => store(world).patch('Deployment', 'istiod', 'istio-system', { spec: { replicas: 0 } }),
    step: 'istio',
    repairs: ['update Deployment'],
    says: /scaled to 0/,
  },
  'the note of what was installed is edited': {
    by: world =>
      store(world).patch('ConfigMap', 'ecs-ambient-istio', 'istio-system', { data: { fingerprint: 'something' } }),
    step: 'istio',
    repairs: ['update istio'],
    says: /values differ/,
  },
  'the label of the namespace default is taken away': {
    by: world =>
      store(world).patch('Namespace', 'default', undefined, {
        metadata: { labels: { 'istio.io/dataplane-mode': null } },
      }),
    step: 'apps',
    state: 'partial',
    repairs: ['create namespace-label'],
    says: /not in the mesh/,
  },
  'the role of the service account is edited': {
    by: world =>
      store(world).patch('ServiceAccount', 'demo', 'ecs', {
        metadata: { annotations: { 'ecs.solo.io/role-arn': 'arn:aws:iam::111122223333:role/other' } },
      }),
    step: 'namespace',
    repairs: ['update ServiceAccount'],
    says: /role-arn/,
  },
  'the east-west gateway is deleted': {
    by: world => store(world).delete('Gateway', 'eastwest', 'istio-system'),
    step: 'east-west',
    state: 'absent',
    // Its address is another one: the ztunnels on ECS have to learn it.
    repairs: ['create Gateway', 'update enrolment', 'update enrolment'],
    says: /does not exist/,
  },
  'the tag of the enrolment is taken off a service': {
    by: (_, { ecs }) => untag(ecs.clusters.get(ECS)?.services.get('shell-task'), 'ecs-ambient/enrolled'),
    step: 'enroll',
    repairs: ['update enrolment'],
    says: /not known for which mesh/,
  },
  'a service is put back to the revision without a ztunnel': {
    by: ({ sandbox: { aws } }) =>
      aws.call('ecs', 'UpdateService', {
        cluster: ECS,
        service: 'echo-service',
        taskDefinition: `${ECS}-echo-service:1`,
      }),
    step: 'enroll',
    state: 'partial',
    repairs: ['create enrolment'],
    says: /no ztunnel/,
  },
  'the service account is deleted': {
    by: world => store(world).delete('ServiceAccount', 'demo', 'ecs'),
    step: 'namespace',
    state: 'partial',
    repairs: ['create ServiceAccount'],
    says: /does not exist/,
  },
  'the label of the namespace is taken away': {
    by: world =>
      store(world).patch('Namespace', 'ecs', undefined, { metadata: { labels: { 'istio.io/dataplane-mode': null } } }),
    step: 'namespace',
    repairs: ['update Namespace'],
    says: /dataplane-mode/,
  },
  'the east-west gateway is edited': {
    by: world =>
      store(world).patch('Gateway', 'eastwest', 'istio-system', {
        metadata: { labels: { 'istio.io/expose-istiod': '15010' } },
      }),
    step: 'east-west',
    repairs: ['update Gateway'],
    says: /expose-istiod/,
  },
  'a test pod is scaled down': {
    by: world => store(world).patch('Deployment', 'eks-echo', 'default', { spec: { replicas: 0 } }),
    step: 'apps',
    repairs: ['update Deployment'],
    says: /replicas/,
  },
  'a test Service is deleted': {
    by: world => store(world).delete('Service', 'eks-echo', 'default'),
    step: 'apps',
    state: 'partial',
    repairs: ['create Service'],
    says: /does not exist/,
  },
  'the ztunnels are deleted': {
    by: world => store(world).delete('DaemonSet', 'ztunnel', 'istio-system'),
    step: 'istio',
    repairs: ['update istio'],
    says: /ztunnel missing/,
  },
  'a CRD of the Gateway API is deleted': {
    by: world => store(world).delete('CustomResourceDefinition', 'grpcroutes.gateway.networking.k8s.io'),
    step: 'gateway-api',
    state: 'partial',
    repairs: ['create CustomResourceDefinition'],
    says: /does not exist/,
  },
  'an addon is deleted': {
    by: (_, { eks }) => eks.clusters.get('ambient-ecs')?.addons.delete('eks-pod-identity-agent'),
    leaves: true,
    step: 'cluster',
    state: 'partial',
    repairs: ['create eks-addon'],
    says: /not installed/,
  },
  'the pod identity association is deleted': {
    by: (_, { eks }) => eks.clusters.get('ambient-ecs')?.podIdentities.clear(),
    leaves: true,
    step: 'cluster',
    state: 'partial',
    repairs: ['create pod-identity-association', 'run Deployment'],
    says: /does not exist/,
  },
}

const actionKind = ({ action, kind }: Pick<Change, 'action' | 'kind'>): string => `${action} ${kind}`

async function repaired(
  world: World,
  { by, step, repairs, says, state: expected = 'drifted', leaves }: Drift,
  undisturbed: Undisturbed,
): Promise<void> {
  await by(world, world.sandbox.aws.region())
  const states = await world.plan('up')
  const { state, plan, error } = states.find(({ id }) => id === step) ?? {}
  if (state !== expected) throw new Error(`step ${step} is ${state}, not ${expected} ${error ? told(error) : ''}`)
  const changes = (plan?.changes ?? []).map(({ name, reason }) => `${name}: ${reason}`)
  const reasons = [...changes, ...(plan?.unsettled ?? [])].join('; ')
  if (!says.test(reasons)) throw new Error(`it is said to differ so: ${reasons}`)
  const ended = await world.must('up')
  world.calm()
  const done = ended.results.flatMap(({ changes }) => changes).map(actionKind)
  if (String([...done].sort()) !== String([...repairs].sort())) throw new Error(`up did: ${done.join(', ')}`)
  await expectNothingToDo(world)
  if (!leaves) await expectConverged(world, 'up', undisturbed)
}

/** So many drifts, one after the other, in one world: what one leaves would disturb the next. */
const IN_ONE_WORLD = 4

/** The names of drifts that share a world; what leaves something behind has one of its own. */
const worlds: readonly (readonly string[])[] = [
  ...chunks(Object.keys(DRIFTS).filter(name => !DRIFTS[name]?.leaves)),
  ...Object.keys(DRIFTS)
    .filter(name => DRIFTS[name]?.leaves)
    .map(name => [name]),
]

function chunks(names: readonly string[]): string[][] {
  const count = Math.ceil(names.length / IN_ONE_WORLD)
  return Array.from({ length: count }, (_, i) => names.slice(i * IN_ONE_WORLD, (i + 1) * IN_ONE_WORLD))
}

/** Something of ours is deleted or edited by hand: the plan says what and how, and `up` repairs just that. */
export const drift = casesSuite(
  'drift',
  8,
  Object.fromEntries(
    worlds.map(names => [
      names.join('; '),
      undisturbed =>
        inWorld(async world => {
          await world.must('up')
          for (const name of names) {
            await repaired(world, DRIFTS[name] as Drift, undisturbed).catch(cause => {
              throw new Error(`${name}: ${told(cause)}`, { cause })
            })
          }
          return { 'drifts repaired': names.length }
        }),
    ]),
  ),
)
