import { setTimeout } from 'node:timers/promises'
import type { Change } from '../../../src/lib/engine/plan.ts'
import type { Region } from '../../../src/sandbox/aws/region.ts'
import { stopTask } from '../../../src/sandbox/aws/services/ecs/lifecycle.ts'
import { casesSuite } from '../support/cases.ts'
import { expectConverged, expectNothingToDo } from '../support/expect.ts'
import { inWorld, type World } from '../support/world.ts'

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
    step: 'cluster',
    state: 'partial',
    repairs: ['create eks-addon'],
    says: /not installed/,
  },
  'the pod identity association is deleted': {
    by: (_, { eks }) => eks.clusters.get('ambient-ecs')?.podIdentities.clear(),
    step: 'cluster',
    state: 'partial',
    repairs: ['create pod-identity-association', 'run Deployment'],
    says: /does not exist/,
  },
}

const actionKind = ({ action, kind }: Pick<Change, 'action' | 'kind'>): string => `${action} ${kind}`

/** Something of ours is deleted or edited by hand: the plan says what and how, and `up` repairs just that. */
export const drift = casesSuite(
  'drift',
  4,
  Object.fromEntries(
    Object.entries(DRIFTS).map(([name, { by, step, repairs, says, state: expected = 'drifted' }]) => [
      name,
      undisturbed =>
        inWorld(async world => {
          await world.must('up')
          await by(world, world.sandbox.aws.region())
          const states = await world.plan('up')
          const { state, plan } = states.find(({ id }) => id === step) ?? {}
          if (state !== expected) throw new Error(`step ${step} is ${state}, not ${expected}`)
          const changes = (plan?.changes ?? []).map(({ name, reason }) => `${name}: ${reason}`)
          const reasons = [...changes, ...(plan?.unsettled ?? [])].join('; ')
          if (!says.test(reasons)) throw new Error(`it is said to differ so: ${reasons}`)
          const ended = await world.must('up')
          const done = ended.results.flatMap(({ changes }) => changes).map(actionKind)
          if (String([...done].sort()) !== String([...repairs].sort())) throw new Error(`up did: ${done.join(', ')}`)
          await expectNothingToDo(world)
          if (!UNMARKED.test(name)) await expectConverged(world, 'up', undisturbed)
          return { 'drifts repaired': 1 }
        }),
    ]),
  ),
)

/** Whose repair leaves another thing than there was, just as good. */
const UNMARKED = /addon|association/
