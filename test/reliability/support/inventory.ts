import type { Region } from '../../../src/sandbox/aws/region.ts'
import type { KubeObject } from '../../../src/sandbox/kubernetes/objects.ts'
import { masked } from './keys.ts'
import type { World } from './world.ts'

/**
 * What stands in a world: a sorted list of lines, the same for worlds that differ in ids and times only. With `ids` what
 * has them in its names and references shows them.
 */
export type Inventory = readonly string[]

const REGIONS = ['us-east-1', 'eu-west-1']

export function inventory({ sandbox: { aws, kubernetes } }: World, { ids = false } = {}): Inventory {
  const lines = [
    ...iamLines(aws.iam),
    ...REGIONS.flatMap(name => {
      const region = aws.region(name)
      const clusters = [...region.eks.clusters.keys()]
      return [
        ...regionLines(region),
        ...clusters.flatMap(cluster => kubernetesLines(kubernetes.get(cluster, name)?.store, `${name} ${cluster}`)),
      ]
    }),
  ]
  return (ids ? lines : lines.map(masked)).sort()
}

/** What one has and the other has not; a line that occurs more often is there for each time too many. */
export function difference(expected: Inventory, actual: Inventory): readonly string[] {
  const counts = new Map<string, number>()
  for (const line of expected) counts.set(line, (counts.get(line) ?? 0) - 1)
  for (const line of actual) counts.set(line, (counts.get(line) ?? 0) + 1)
  return [...counts].flatMap(([line, count]) => {
    if (count === 0) return []
    return [`${count > 0 ? '+' : '-'}${Math.abs(count) > 1 ? Math.abs(count) : ''} ${line.slice(0, 600)}`]
  })
}

type Iam = World['sandbox']['aws']['iam']

function iamLines({ roles, policies, oidcProviders }: Iam): string[] {
  return [
    ...[...roles.values()].map(({ arn, tags, attached, inline, trust, instanceProfiles }) =>
      line('role', arn.replace(/AWSServiceRole.*/, 'service-linked'), {
        tags,
        attached,
        inline,
        trust,
        instanceProfiles,
      }),
    ),
    ...[...policies.values()]
      .filter(({ arn }) => !arn.includes(':aws:policy/'))
      .map(({ arn, tags, versions, defaultVersion }) =>
        line('policy', arn, { tags, document: versions.find(({ id }) => id === defaultVersion)?.document }),
      ),
    ...[...oidcProviders.values()].map(({ tags }) => line('oidc-provider', '', { tags })),
  ].filter(text => !text.includes('service-linked'))
}

function regionLines({ name, ec2, ecs, eks, elb, logs, cloudformation }: Region): string[] {
  const nameOf = (group: string | undefined) => group && (ec2.groups.get(group)?.name ?? group)
  const of = <T>(all: ReadonlyMap<string, T>): T[] => [...all.values()]
  const lines = [
    ...of(ec2.vpcs).map(({ cidr, tags }) => line('vpc', cidr, { tags })),
    ...of(ec2.subnets).map(({ cidr, tags, mapPublicIp }) => line('subnet', cidr, { tags, mapPublicIp })),
    ...of(ec2.groups).map(group =>
      line('security-group', `${group.name} ${group.id}`, { tags: group.tags, text: group.description }),
    ),
    ...of(ec2.rules).map(({ id, groupId, egress, protocol, from, to, cidr, group, tags, note }) =>
      line('rule', `${nameOf(groupId)} ${id}`, { egress, protocol, from, to, cidr, group: nameOf(group), tags, note }),
    ),
    ...of(ec2.interfaces)
      .filter(({ status }) => status !== 'detaching')
      .map(({ description, groups, requester }) =>
        line('interface', description.replace(/ .*/, ''), { groups: groups.map(nameOf), requester }),
      ),
    ...of(ec2.natGateways).flatMap(({ state }) => (state === 'deleted' ? [] : line('nat-gateway', '', { state }))),
    ...of(ec2.internetGateways).map(({ tags }) => line('internet-gateway', '', { tags })),
    ...of(ec2.instances).flatMap(({ type, state }) =>
      state === 'terminated' ? [] : line('instance', type, { state }),
    ),
    ...of(logs.groups).map(group => line('log-group', group.name, { tags: group.tags })),
    ...of(elb.loadBalancers).map(({ scheme, ports, tags }) => line('load-balancer', '', { scheme, ports, tags })),
    ...of(cloudformation.stacks)
      .filter(({ deleted }) => deleted === undefined)
      .map(({ name, status, tags }) => line('stack', name, { status, tags })),
    ...of(eks.clusters).flatMap(cluster => [
      line('eks-cluster', cluster.name, { status: cluster.status, version: cluster.version, tags: cluster.tags }),
      ...of(cluster.addons).map(({ name, status, tags }) => line('addon', name, { status, tags })),
      ...of(cluster.podIdentities).map(({ namespace, serviceAccount, roleArn, tags }) =>
        line('pod-identity', `${namespace}/${serviceAccount}`, { roleArn, tags }),
      ),
      ...of(cluster.nodeGroups).map(({ name, status, desired, tags }) =>
        line('nodegroup', name, { status, desired, tags }),
      ),
    ]),
    ...of(ecs.clusters)
      .filter(({ status }) => status === 'ACTIVE')
      .flatMap(({ name, tags, services, tasks }) => [
        line('ecs-cluster', name, { tags }),
        ...of(services)
          .filter(({ status }) => status !== 'INACTIVE')
          .map(({ name, status, desired, deployments, executeCommand, tags }) =>
            line('ecs-service', name, {
              status,
              desired,
              executeCommand,
              tags,
              deployments: deployments.map(({ rollout, definition }) => [rollout, containersOf(ecs, definition)]),
            }),
          ),
        ...of(tasks)
          .filter(({ lastStatus, desiredStatus }) => lastStatus !== 'STOPPED' && desiredStatus !== 'STOPPED')
          .map(({ group, lastStatus }) => line('task', group, { lastStatus })),
      ]),
    ...familyLines(ecs),
  ]
  return lines.map(text => `${name} ${text}`)
}

const containersOf = ({ families }: Region['ecs'], arn: string): readonly string[] => {
  const found = [...families.values()].flat().find(({ shown }) => shown.taskDefinitionArn === arn)
  return (found?.shown.containerDefinitions ?? []).flatMap(({ name }) => name ?? [])
}

/** Each revision of ours once; of those that istioctl registers, one stands for all: a broken-off one leaves its own. */
function familyLines({ families }: Region['ecs']): string[] {
  const active = [...families.values()].flat().filter(({ shown }) => shown.status === 'ACTIVE')
  const lines = active.map(({ shown, tags }) => {
    const containers = (shown.containerDefinitions ?? []).map(({ name, image }) => ({ name, image }))
    return line('task-definition', shown.family, { tags, containers })
  })
  const enrolled = lines.filter(text => text.includes('"ztunnel"'))
  return [...lines.filter(text => !text.includes('"ztunnel"')), ...new Set(enrolled)]
}

type Store = NonNullable<ReturnType<World['sandbox']['kubernetes']['get']>>['store']

/** What controllers make from other objects, in numbers and under names that differ from run to run. */
const DERIVED = [
  'Event',
  'Pod',
  'ReplicaSet',
  'ControllerRevision',
  'Lease',
  'Endpoints',
  'EndpointSlice',
  'Node',
  'CSINode',
]

function kubernetesLines(store: Store | undefined, where: string): string[] {
  if (store === undefined) return []
  return objectsOf(store)
    .filter(({ kind }) => !DERIVED.includes(kind))
    .map(object => `${where} ${line(object.kind, qualified(object), content(object))}`)
}

/** Everything that the store holds. */
export function objectsOf(store: Store): KubeObject[] {
  return [...store.kinds.all()].flatMap(kind => store.list(kind))
}

const qualified = ({ metadata: { namespace, name } }: KubeObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`

function content({ apiVersion: _, kind, metadata, status: __, ...rest }: KubeObject & { status?: unknown }): unknown {
  const { labels, annotations = {}, deletionTimestamp } = metadata
  const kept = Object.entries(annotations).filter(([key]) => !/revision|restartedAt/.test(key))
  if (kind === 'Secret' || metadata.name === 'istio-ca-root-cert') return { labels, deletionTimestamp }
  return { labels, annotations: Object.fromEntries(kept), deleting: deletionTimestamp !== undefined, ...rest }
}

const line = (kind: string, name: string, more: unknown): string => `${kind} ${name} ${stable(more)}`

/** JSON with keys in order and without what differs from run to run. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) => {
    if (VOLATILE.has(key)) return undefined
    if (item instanceof Map) return Object.fromEntries([...item].sort())
    if (item instanceof Set) return [...item].sort()
    if (typeof item === 'string' && item.length > 300) return 'long text'
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

const VOLATILE = new Set([
  'caBundle',
  'clusterIP',
  'clusterIPs',
  'nodePort',
  'healthCheckNodePort',
  'restartedAt',
  'kubectl.kubernetes.io/restartedAt',
])
