import { ENROLLED_TAG } from '../../../src/lib/config/names.ts'
import { ref } from '../../../src/lib/kubernetes/objects.ts'
import {
  clusterStep,
  eastWestStep,
  ecsStep,
  enrollStep,
  gatewayApiStep,
  iamStep,
} from '../../../src/lib/steps/index.ts'
import type { Region } from '../../../src/sandbox/aws/region.ts'
import { type MeshStep, type MeshWorld, succeeded } from '../steps/mesh-world.ts'
import type { Asked } from './world.ts'

/** Something that goes wrong in a mesh, the check that finds it, and how it is mended. */
export interface Breakage {
  readonly code: string
  readonly state: 'failed' | 'warning'
  readonly why: RegExp
  /** What is examined, where that is another than the whole mesh. */
  readonly asked?: Asked
  /** The same once it is mended, where what was asked for was the fault. */
  readonly mended?: Asked
  breaks(world: MeshWorld): unknown
  /** Does what the fix says. */
  mends(world: MeshWorld, fix: string): unknown
}

const region = ({ sandbox }: MeshWorld): Region => sandbox.aws.region()

const up = (step: MeshStep) => async (world: MeshWorld) => succeeded(await world.up([step]))

function eksOf(world: MeshWorld) {
  const cluster = region(world).eks.clusters.get('ambient-ecs')
  if (cluster === undefined) throw new Error('no EKS cluster')
  return cluster
}

const deny = (code: string, action: string, asked: Asked = {}): Breakage => ({
  code,
  state: 'failed',
  why: new RegExp(`not allowed: ${action}`),
  asked,
  breaks: world => region(world).iam.deniedActions.add(action),
  mends: (world, fix) => {
    for (const denied of fix.split(': ')[1]?.split(', ') ?? []) region(world).iam.deniedActions.delete(denied)
  },
})

/** A cluster that is still to be made, for what is judged before. */
const NOTHING_YET: Asked = { settings: { clusterName: 'to-come', ecsClusters: [] } }

const quota = (code: string, quotaCode: string, limit: number, asked: Asked = NOTHING_YET): Breakage => ({
  code,
  state: 'failed',
  why: /are in use, .* more are needed/,
  asked,
  breaks: world => setQuota(world, quotaCode, limit),
  mends: async (world, fix) => {
    const [, ServiceCode = '', QuotaCode = '', value] =
      /--service-code (\S+) --quota-code (\S+) --desired-value (\d+)/.exec(fix) ?? []
    const increase = { ServiceCode, QuotaCode, DesiredValue: Number(value) }
    await world.sandbox.aws.call('quotas', 'RequestServiceQuotaIncrease', increase)
  },
})

function setQuota(world: MeshWorld, code: string, limit: number): void {
  const found = region(world).quotas.quotas.get(code)
  if (found) found.value = limit
}

const aws = (world: MeshWorld) => world.sandbox.aws

const patched =
  (kind: 'Deployment' | 'DaemonSet', name: string, namespace: string, patch: unknown) => async (world: MeshWorld) =>
    (await world.kubernetes()).patch(ref(kind, name, namespace), patch)

const cniMode = (mode: string) =>
  patched('DaemonSet', 'aws-node', 'kube-system', {
    spec: {
      template: {
        spec: {
          containers: [
            {
              name: 'aws-node',
              image: 'amazon-k8s-cni:v1.33',
              env: [
                { name: 'ENABLE_POD_ENI', value: 'true' },
                { name: 'POD_SECURITY_GROUP_ENFORCING_MODE', value: mode },
              ],
            },
          ],
        },
      },
    },
  })

function nodeReady(world: MeshWorld, status: 'True' | 'False'): void {
  const store = world.sandbox.kubernetes.get('ambient-ecs')?.store
  const [node] = store?.list('Node') ?? []
  if (store && node) {
    store.patchStatus('Node', node.metadata.name, undefined, { conditions: [{ type: 'Ready', status }] }, 'kubelet')
  }
}

const DEMO = 'ecs-ambient-ecs'

const only = (...names: readonly string[]): Asked => ({
  settings: {
    ecsClusters: [
      {
        name: DEMO,
        namespace: 'ecs',
        serviceAccount: 'demo',
        services: names.map(name => ({ name, taskDefinition: 'echo-service' })),
      },
    ],
  },
})

export const BREAKAGES: readonly Breakage[] = [
  {
    code: 'EA1002',
    state: 'failed',
    why: /nowhere is not an executable/,
    asked: { settings: { eksctl: '/nowhere' } },
    mended: {},
    breaks: () => undefined,
    mends: () => undefined,
  },
  {
    code: 'EA1003',
    state: 'failed',
    why: /ISTIO_VERSION is 1.99.0/,
    asked: { settings: { istioVersion: '1.99.0' } },
    mended: {},
    breaks: () => undefined,
    mends: () => undefined,
  },
  deny('EA1101', 'ecs:DescribeServices'),
  deny('EA1102', 'iam:PassRole'),
  deny('EA1103', 'ec2:CreateVpc', NOTHING_YET),
  quota('EA1151', 'L-F678F1CE', 2),
  quota('EA1152', 'L-0263D0A3', 1),
  quota('EA1153', 'L-E9E9831D', 1),
  quota('EA1154', 'L-3032A538', 0.75, {}),
  {
    code: 'EA1201',
    state: 'failed',
    why: /there is no EKS cluster to-come/,
    asked: NOTHING_YET,
    mended: {},
    breaks: () => undefined,
    mends: () => undefined,
  },
  {
    code: 'EA1202',
    state: 'failed',
    why: /in support: 1.36, 1.35/,
    asked: { settings: { ...NOTHING_YET.settings, eksVersion: '1.30' } },
    mended: NOTHING_YET,
    breaks: () => undefined,
    mends: () => undefined,
  },
  {
    code: 'EA1203',
    state: 'failed',
    why: /no answer/,
    asked: { machine: { connect: async () => 'no answer' } },
    mended: {},
    breaks: () => undefined,
    mends: () => undefined,
  },
  {
    code: 'EA1205',
    state: 'failed',
    why: /eks-pod-identity-agent is not installed/,
    breaks: world => eksOf(world).addons.delete('eks-pod-identity-agent'),
    mends: async world => {
      await up(clusterStep)(world)
      for (const addon of eksOf(world).addons.values()) addon.status = 'ACTIVE'
    },
  },
  {
    code: 'EA1207',
    state: 'failed',
    why: /istiod-\S+ is older than the association/,
    breaks: world => {
      for (const association of eksOf(world).podIdentities.values()) association.modified = new Date(now(world))
    },
    mends: up(clusterStep),
  },
  {
    code: 'EA1206',
    state: 'failed',
    why: /istiod has none/,
    breaks: world => eksOf(world).podIdentities.clear(),
    mends: up(clusterStep),
  },
  {
    code: 'EA1251',
    state: 'failed',
    why: /not ready: ip-/,
    breaks: world => nodeReady(world, 'False'),
    mends: world => nodeReady(world, 'True'),
  },
  {
    code: 'EA1252',
    state: 'failed',
    why: /ENFORCING_MODE is strict/,
    breaks: cniMode('strict'),
    mends: (world, fix) => cniMode(fix.split('=')[1] ?? '')(world),
  },
  {
    code: 'EA1253',
    state: 'warning',
    why: /v1.1.0 is older than v1.2.1/,
    breaks: async world =>
      (await world.kubernetes()).patch(ref('CustomResourceDefinition', 'gateways.gateway.networking.k8s.io'), {
        metadata: { annotations: { 'gateway.networking.k8s.io/bundle-version': 'v1.1.0' } },
      }),
    mends: async world => succeeded(await world.up([gatewayApiStep], { adopt: true })),
  },
  {
    code: 'EA1301',
    state: 'failed',
    why: /scaled to none/,
    breaks: patched('Deployment', 'istiod', 'istio-system', { spec: { replicas: 0 } }),
    mends: (world, fix) =>
      patched('Deployment', 'istiod', 'istio-system', { spec: { replicas: Number(fix.split(' ').at(-1)) } })(world),
  },
  {
    code: 'EA1352',
    state: 'failed',
    why: /does not resolve/,
    asked: { machine: { resolve: () => Promise.reject(new Error('ENOTFOUND')) } },
    mended: {},
    breaks: () => undefined,
    mends: () => undefined,
  },
  {
    code: 'EA1451',
    state: 'failed',
    why: /names no place/,
    breaks: world => setExec(world, { logging: 'OVERRIDE' }),
    mends: world => setExec(world, { logging: 'DEFAULT' }),
  },
  deny('EA1452', 'ecs:ExecuteCommand'),
  {
    code: 'EA1453',
    state: 'failed',
    why: /there is no ECS service to-come/,
    asked: only('to-come'),
    mended: {},
    breaks: () => undefined,
    mends: () => undefined,
  },
  {
    code: 'EA1459',
    state: 'failed',
    why: /eks-ecs-task-role is not allowed: ssmmessages:CreateControlChannel/,
    breaks: world => region(world).iam.roles.get('eks-ecs-task-role')?.attached.clear(),
    mends: up(iamStep),
  },
  {
    code: 'EA1460',
    state: 'failed',
    why: /no way from subnet-/,
    breaks: world => setNat(world, 'deleting'),
    mends: async (world, fix) => {
      const [, VpcId = '', ServiceName = ''] = /--vpc-id (\S+) --service-name (\S+)/.exec(fix) ?? []
      await aws(world).call('ec2', 'CreateVpcEndpoint', { VpcEndpointType: 'Interface', VpcId, ServiceName })
    },
  },
  {
    code: 'EA1602',
    state: 'failed',
    why: /neither a NAT gateway nor endpoints for ecr.api, ecr.dkr, s3, logs, sts/,
    breaks: world => setNat(world, 'deleting'),
    mends: world => setNat(world, 'available'),
  },
  {
    code: 'EA1551',
    state: 'failed',
    why: /does not let in port 15008 from/,
    breaks: world => {
      const { rules } = region(world).ec2
      for (const rule of rules.values()) if (!rule.egress && rule.from === 15008) rules.delete(rule.id)
    },
    mends: up(ecsStep),
  },
  {
    code: 'EA1552',
    state: 'warning',
    why: /open to everyone: sg-/,
    breaks: async world => succeeded(await world.up([ecsStep], { open: true })),
    mends: up(ecsStep),
  },
  {
    code: 'EA1553',
    state: 'failed',
    why: /lets nothing out on 443, 15008, 15012/,
    breaks: world => {
      const { rules } = region(world).ec2
      for (const rule of rules.values()) if (rule.egress) rules.delete(rule.id)
    },
    mends: async (world, fix) => {
      const GroupId = /--group-id (\S+)/.exec(fix)?.[1] ?? ''
      const IpPermissions = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }]
      await aws(world).call('ec2', 'AuthorizeSecurityGroupEgress', { GroupId, IpPermissions })
    },
  },
  {
    code: 'EA1601',
    state: 'failed',
    why: /every subnet of vpc-/,
    breaks: world => setPublic(world, true),
    mends: world => setPublic(world, false),
  },
  {
    code: 'EA1603',
    state: 'failed',
    why: /subnet-\w+ has -?\d/,
    breaks: world => takeAddresses(world, 8_190),
    mends: world => takeAddresses(world, -8_190),
  },
  {
    code: 'EA1501',
    state: 'failed',
    why: /echo-service: it is not known for which mesh/,
    breaks: world => region(world).ecs.clusters.get(DEMO)?.services.get('echo-service')?.tags.delete(ENROLLED_TAG),
    mends: up(enrollStep),
  },
  {
    code: 'EA1353',
    state: 'failed',
    why: /no listener on 15012/,
    breaks: world => {
      for (const balancer of region(world).elb.loadBalancers.values()) {
        balancer.shut()
        Object.assign(balancer, { ports: [15021] })
      }
    },
    mends: async world => {
      succeeded(await world.down([eastWestStep]))
      await up(eastWestStep)(world)
    },
  },
  {
    code: 'EA1351',
    state: 'failed',
    why: /there is no Gateway/,
    breaks: async world => succeeded(await world.down([eastWestStep])),
    mends: up(eastWestStep),
  },
]

const now = ({ sandbox }: MeshWorld): number => sandbox.clock.now()

function setExec(world: MeshWorld, configuration: { readonly logging: 'OVERRIDE' | 'DEFAULT' }): void {
  const cluster = region(world).ecs.clusters.get(DEMO)
  if (cluster) cluster.executeCommand = configuration
}

function setNat(world: MeshWorld, state: 'available' | 'deleting'): void {
  for (const gateway of region(world).ec2.natGateways.values()) gateway.state = state
}

const made = new Set<string>()

/** The subnets that were made private. */
function setPublic(world: MeshWorld, mapPublicIp: boolean): void {
  const own = [...region(world).ec2.subnets.values()].filter(({ id, vpcId }) => {
    return vpcId === eksOf(world).vpcId && (mapPublicIp || made.has(id))
  })
  for (const subnet of own) {
    if (!subnet.mapPublicIp) made.add(subnet.id)
    subnet.mapPublicIp = mapPublicIp
  }
}

function takeAddresses(world: MeshWorld, count: number): void {
  for (const subnet of region(world).ec2.subnets.values()) subnet.nextHost += count
}
