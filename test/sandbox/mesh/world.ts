import { MeshFaults } from '../../../src/sandbox/mesh/faults.ts'
import type { AuthorizationPolicy } from '../../../src/sandbox/mesh/policy.ts'
import type { GroupRules } from '../../../src/sandbox/mesh/security-groups.ts'
import type { MeshService, Workload, World } from '../../../src/sandbox/mesh/workload.ts'

/** The guide's mesh as plain values: two pods, two enrolled tasks, group-to-group rules. */

const EKS = 'sg-eks'
const ECS = 'sg-ecs'

const everything = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]
const port = (number: number, ...groups: string[]) => ({
  IpProtocol: 'tcp',
  FromPort: number,
  ToPort: number,
  UserIdGroupPairs: groups.map(GroupId => ({ GroupId })),
})

export const GROUPS: Readonly<Record<string, GroupRules>> = {
  [EKS]: {
    GroupId: EKS,
    IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: EKS }] }, port(15008, ECS)],
    IpPermissionsEgress: everything,
  },
  [ECS]: {
    GroupId: ECS,
    IpPermissions: [port(15008, EKS, ECS)],
    IpPermissionsEgress: [port(15008, EKS, ECS), { ...port(80), IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
  },
}

const workload = (
  of: Partial<Workload> & Pick<Workload, 'name' | 'platform' | 'address'>,
  image: string,
): Workload => ({
  app: of.name,
  groupIds: [of.platform === 'eks' ? EKS : ECS],
  identity: { namespace: of.platform === 'eks' ? 'default' : 'ecs', serviceAccount: 'default' },
  labels: { app: of.name },
  hostname: of.platform === 'eks' ? of.name : `ip-${of.address.replaceAll('.', '-')}.us-east-1.compute.internal`,
  mesh: 'demo',
  captured: true,
  ready: true,
  containers: [{ name: of.name, image, environment: {}, ports: image.includes('app') ? [8080] : [], running: true }],
  ...of,
})

const CURL = 'curlimages/curl:8.11.1'
const ECHO = 'gcr.io/istio-testing/app:1.24.1'

export const eksShell = workload({ name: 'eks-shell', platform: 'eks', address: '192.168.1.10' }, CURL)
export const eksEcho = workload({ name: 'eks-echo', platform: 'eks', address: '192.168.1.11' }, ECHO)
export const ecsShell = workload({ name: 'shell-task', platform: 'ecs', address: '192.168.2.10' }, CURL)
export const ecsEcho = workload({ name: 'echo-service', platform: 'ecs', address: '192.168.2.11' }, ECHO)
export const waypointPod = workload(
  {
    name: 'waypoint-abc',
    platform: 'eks',
    address: '192.168.1.12',
    identity: { namespace: 'ecs', serviceAccount: 'waypoint' },
  },
  'registry.example/proxyv2',
)

export const eksEchoService: MeshService = {
  kind: 'Service',
  namespace: 'default',
  name: 'eks-echo',
  hosts: ['eks-echo.default.svc.cluster.local'],
  ports: [{ port: 8080, targetPort: 8080 }],
  endpoints: ['eks-echo'],
}
export const ecsEchoService: MeshService = {
  kind: 'ServiceEntry',
  namespace: 'ecs',
  name: 'echo-service',
  hosts: ['echo-service.ecs.local'],
  ports: [{ port: 8080, targetPort: 8080 }],
  endpoints: ['echo-service'],
}
export const WAYPOINT = { namespace: 'ecs', name: 'waypoint', endpoints: ['waypoint-abc'] } as const

export interface WorldOptions {
  readonly workloads?: readonly Workload[]
  readonly services?: readonly MeshService[]
  readonly policies?: readonly AuthorizationPolicy[]
  readonly groups?: Readonly<Record<string, GroupRules>>
}

export function worldOf(options: WorldOptions = {}): World {
  const { policies = [], groups = GROUPS } = options
  const plane = {
    name: 'demo',
    services: options.services ?? [eksEchoService, ecsEchoService],
    policiesAt: () => policies,
  }
  return {
    workloads: options.workloads ?? [eksShell, eksEcho, ecsShell, ecsEcho, waypointPod],
    plane: name => (name === 'demo' ? plane : undefined),
    rulesOf: id => groups[id],
  }
}

export const faults = (set: (faults: MeshFaults) => void = () => undefined): MeshFaults => {
  const made = new MeshFaults()
  set(made)
  return made
}

const denyAll = (name: string, namespace: string, selector?: Record<string, string>): AuthorizationPolicy => ({
  metadata: { name, namespace },
  spec: { action: 'DENY', ...(selector && { selector: { matchLabels: selector } }), rules: [{}] },
})

export const EKS_DENY = denyAll('eks-echo-deny', 'default', { app: 'eks-echo' })
export const ECS_DENY = denyAll('ecs-deny-all', 'ecs')
export const POST_ONLY: AuthorizationPolicy = {
  metadata: { name: 'post-only', namespace: 'ecs' },
  spec: {
    action: 'ALLOW',
    targetRefs: [{ kind: 'Gateway', group: 'gateway.networking.k8s.io', name: 'waypoint' }],
    rules: [{ from: [{ source: { namespaces: ['default', 'ecs'] } }], to: [{ operation: { methods: ['POST'] } }] }],
  },
}
