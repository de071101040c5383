import { expect } from 'chai'
import type { AnyCheck, Judgement, State } from '../../../src/lib/doctor/check.ts'
import { judgeAll, ok } from '../../../src/lib/doctor/check.ts'
import { callerCheck, lifetimeCheck } from '../../../src/lib/doctor/checks/credentials.ts'
import { tasksRunning } from '../../../src/lib/doctor/checks/ecs-exec/services.ts'
import {
  callerRights,
  clusterConfiguration,
  sessionWay,
  taskRole,
} from '../../../src/lib/doctor/checks/ecs-exec/sessions.ts'
import { agents, initProcess, noKeys, platform } from '../../../src/lib/doctor/checks/ecs-exec/tasks.ts'
import {
  addonCheck,
  associationAge,
  clusterCheck,
  entryCheck,
  versionCheck,
} from '../../../src/lib/doctor/checks/eks.ts'
import { answersCheck, programmedCheck } from '../../../src/lib/doctor/checks/gateway.ts'
import { istioCniCheck, istiodCheck, ztunnelCheck } from '../../../src/lib/doctor/checks/istio.ts'
import { cniCheck, gatewayApiCheck, nodesCheck } from '../../../src/lib/doctor/checks/kubernetes.ts'
import { eksctlCheck, nodeCheck, pluginCheck } from '../../../src/lib/doctor/checks/machine.ts'
import { addressesCheck, subnetsCheck, wayOutCheck } from '../../../src/lib/doctor/checks/network.ts'
import { judgeRoom } from '../../../src/lib/doctor/checks/quotas.ts'
import { ecrCheck, privateRegistryCheck, pullCheck, registryOf } from '../../../src/lib/doctor/checks/registry.ts'
import { Failure } from '../../../src/lib/engine/failure.ts'

/** What a check says of something: first of something that is ill, then of the same thing mended. */
type Row = readonly [seen: unknown, state: State, why: RegExp, fix?: RegExp]

const notFound = new Failure({ code: 'TOOL_NOT_FOUND', message: 'it was not found.', suggestions: ['Install it'] })
const forbidden = new Failure({ code: 'KUBERNETES_FORBIDDEN', message: 'refused', why: ['403 Forbidden'] })
const unauthorized = new Failure({ code: 'KUBERNETES_UNAUTHORIZED', message: 'refused' })
const unreachable = new Failure({ code: 'KUBERNETES_UNREACHABLE', message: 'did not answer' })
const noCredentials = new Failure({
  code: 'CREDENTIALS_MISSING',
  message: 'No AWS credentials were found.',
  suggestions: ['aws sso login'],
})

const ROLE = 'arn:aws:iam::111122223333:role/path/someone'
const named = { clusterName: 'ambient-ecs', region: 'us-east-1' }
const offered = [
  { clusterVersion: '1.35', versionStatus: 'STANDARD_SUPPORT', endOfStandardSupportDate: new Date('2027-03-27') },
  { clusterVersion: '1.33', versionStatus: 'EXTENDED_SUPPORT', endOfExtendedSupportDate: new Date('2027-07-29') },
  { clusterVersion: '1.30', versionStatus: 'UNSUPPORTED' },
]
const version = (seen: string | undefined, wanted?: string) => ({ ...named, version: seen, wanted, offered })
const entry = (refused: Failure | undefined, has = true) => ({
  ...named,
  principal: ROLE,
  entry: has ? { principalArn: ROLE } : undefined,
  refused,
})
const addon = (status: string | undefined) => ({
  ...named,
  addons: [
    { name: 'vpc-cni', addon: status && { status, addonVersion: 'v1', health: { issues: [{ message: 'no role' }] } } },
  ],
})
const condition = (type: string, status: string) => ({ status: { conditions: [{ type, status }] } })
const node = (name: string, ready = 'True') => ({ metadata: { name }, ...condition('Ready', ready) })
const agentPod = (nodeName: string, ready = 'True', owner = 'ztunnel') => ({
  metadata: { name: `${owner}-x`, ownerReferences: [{ kind: 'DaemonSet', name: owner }] },
  spec: { nodeName },
  ...condition('Ready', ready),
})
const daemonSet = { metadata: {}, status: { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 } }
const agentSeen = (
  pods: readonly unknown[],
  nodes = [node('a'), node('b')],
  set: unknown = daemonSet,
  name = 'ztunnel',
) => ({
  name,
  daemonSet: set,
  pods,
  nodes,
})
const cni = (...env: readonly (readonly [string, string])[]) => ({
  spec: { template: { spec: { containers: [{ env: env.map(([name, value]) => ({ name, value })) }] } } },
})
const door = (shut: string | undefined, balancer?: object, addresses = ['10.0.0.7']) => ({
  host: 'gateway.example',
  addresses,
  shut,
  balancer: balancer && { internal: true, ports: [15008, 15012], inService: 2, all: 2, ...balancer },
})
const ECR_IMAGE = '111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app:1'
const use = (image: string, more: object = {}) => ({
  service: 'app',
  container: { name: 'app', image, ...more },
  definition: {},
})
const simulated = (decision: string, ...actions: readonly string[]) =>
  actions.map(EvalActionName => ({ EvalActionName, EvalDecision: decision }))
const running = (task: object, container: object = {}, definition: object = {}) => ({
  label: 'app 12345678',
  service: 'app',
  task,
  definition: { containerDefinitions: [{ name: 'app', ...container }], ...definition },
})
const managed = (lastStatus: string, reason?: string) => ({
  containers: [{ name: 'app', managedAgents: [{ name: 'ExecuteCommandAgent', lastStatus, reason }] }],
})
const NAT = { DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: 'nat-1', State: 'active' }
const way = ({
  route = NAT as object,
  nat = 'available',
  services = [] as string[],
  publicAddresses = false,
} = {}) => ({
  region: 'us-east-1',
  vpcId: 'vpc-1',
  subnets: [{ SubnetId: 'subnet-1', VpcId: 'vpc-1' }],
  routeTables: [
    { RouteTableId: 'rtb-0', Associations: [{ Main: true }], Routes: [] },
    { RouteTableId: 'rtb-1', Associations: [{ SubnetId: 'subnet-1' }], Routes: [route] },
  ],
  natGateways: [{ NatGatewayId: 'nat-1', State: nat }],
  endpoints: services.map(service => ({
    ServiceName: `com.amazonaws.us-east-1.${service}`,
    State: 'available',
    ...(service === 's3' ? { VpcEndpointType: 'Gateway', RouteTableIds: ['rtb-1'] } : { VpcEndpointType: 'Interface' }),
  })),
  publicAddresses,
})
const ALL_ENDPOINTS = ['ecr.api', 'ecr.dkr', 's3', 'logs', 'ssmmessages', 'sts']
const exec = (executeCommandConfiguration: object) => [
  { clusterName: 'c', configuration: { executeCommandConfiguration } },
]
const service = (runningCount: number, desired = 1) => ({
  name: 'app',
  desired,
  running: runningCount,
  event: 'unable to place a task',
})
const bad = new Date('2026-01-01')
const pod = (startTime: string) => ({
  metadata: { name: 'istiod-1', labels: { app: 'istiod' } },
  status: { startTime },
})

const TABLE: readonly (readonly [AnyCheck, readonly Row[]])[] = [
  [
    nodeCheck,
    [
      ['20.20.2', 'failed', /older than 22.15/, /nodejs.org/],
      ['22.14.0', 'failed', /older/],
      ['22.15.0', 'ok', /22.15/],
      ['24.21.0', 'ok', /24/],
    ],
  ],
  [
    eksctlCheck,
    [
      [notFound, 'failed', /not found/, /Install/],
      ['0.150.0', 'failed', /pod identity/],
      ['0.215.0-dev+abc', 'ok', /0.215/],
    ],
  ],
  [
    pluginCheck,
    [
      [notFound, 'failed', /not found/],
      ['/usr/bin/session-manager-plugin', 'ok', /usr/],
      [undefined, 'not-applicable', /needs no plugin/],
    ],
  ],
  [
    callerCheck,
    [
      [noCredentials, 'failed', /No AWS credentials/, /aws sso login/],
      [{ account: '1', arn: 'arn:aws:iam::1:root', partition: 'aws' }, 'warning', /root user/],
      [{ account: '1', arn: ROLE, partition: 'aws' }, 'ok', /someone in account 1/],
    ],
  ],
  [
    lifetimeCheck,
    [
      [{ expiration: new Date(600_000), now: 0 }, 'warning', /expire in 10 min/, /sso login/],
      [{ expiration: new Date(-600_000), now: 0 }, 'warning', /expire in 0 min/],
      [{ expiration: new Date(3_600_000), now: 0 }, 'ok', /60 min/],
      [{ expiration: undefined, now: 0 }, 'ok', /do not expire/],
    ],
  ],
  [
    callerRights,
    [
      [
        rights(simulated('explicitDeny', 'ecs:ExecuteCommand')),
        'failed',
        /ecs:ExecuteCommand/,
        /Have this allowed for/,
      ],
      [
        rights([{ ...simulated('implicitDeny', 'ecs:ExecuteCommand')[0], MissingContextValues: ['aws:RequestTag/a'] }]),
        'warning',
        /on conditions/,
      ],
      [rights(simulated('allowed', 'ecs:ExecuteCommand')), 'ok', /all 1 actions/],
      [rights([], 'root'), 'ok', /root/],
      [rights([], 'other'), 'not-applicable', /can't be simulated/],
    ],
  ],
  [
    clusterCheck,
    [
      [{ ...named, cluster: undefined }, 'failed', /no EKS cluster/, /cluster create/],
      [{ ...named, cluster: { status: 'FAILED' } }, 'failed', /FAILED/, /cluster delete/],
      [{ ...named, cluster: { status: 'CREATING' } }, 'failed', /CREATING/, /--wait/],
      [
        {
          ...named,
          cluster: { status: 'ACTIVE', health: { issues: [{ code: 'Ec2SubnetNotFound', message: 'gone' }] } },
        },
        'warning',
        /Ec2SubnetNotFound: gone/,
      ],
      [{ ...named, cluster: { status: 'ACTIVE' } }, 'ok', /ACTIVE/],
    ],
  ],
  [
    versionCheck,
    [
      [version('1.30'), 'failed', /out of support/, /update-cluster-version .* 1.31$/],
      [version('1.29'), 'failed', /out of support/],
      [version('1.33'), 'warning', /extended support, .* until 2027-07-29/],
      [version('1.35'), 'ok', /until 2027-03-27/],
      [version(undefined, '1.30'), 'failed', /in support: 1.35, 1.33/],
      [version(undefined), 'ok', /1.35 is what a new cluster gets/],
    ],
  ],
  [
    entryCheck,
    [
      [
        entry(unauthorized, false),
        'failed',
        /no access entry/,
        /create-access-entry .*&& aws eks associate-access-policy/,
      ],
      [entry(forbidden), 'failed', /grants too little: 403/, /^aws eks associate-access-policy/],
      [entry(unreachable), 'warning', /did not answer/],
      [entry(undefined), 'ok', /access entry/],
      [entry(undefined, false), 'ok', /aws-auth/],
    ],
  ],
  [
    addonCheck,
    [
      [addon(undefined), 'failed', /not installed/, /cluster create/],
      [addon('DEGRADED'), 'failed', /DEGRADED: no role/, /describe-addon/],
      [addon('CREATING'), 'warning', /CREATING/],
      [addon('ACTIVE'), 'ok', /vpc-cni v1/],
    ],
  ],
  [
    associationAge,
    [
      [
        { association: { modifiedAt: bad }, pods: [pod('2025-12-31T00:00:00Z')] },
        'failed',
        /istiod-1 is older/,
        /rollout restart/,
      ],
      [{ association: { modifiedAt: bad }, pods: [pod('2026-01-02T00:00:00Z')] }, 'ok', /1 pod, younger/],
      [{ association: undefined, pods: [] }, 'not-applicable', /EA1206/],
      [{ association: { createdAt: bad }, pods: [] }, 'not-applicable', /EA1301/],
    ],
  ],
  [
    nodesCheck,
    [
      [[], 'failed', /no node/, /cluster create/],
      [[node('a'), node('b', 'Unknown')], 'failed', /not ready: b/, /describe node b/],
      [[node('a')], 'ok', /1 node$/],
    ],
  ],
  [
    cniCheck,
    [
      [cni(['ENABLE_POD_ENI', 'true']), 'failed', /is strict/, /=standard$/],
      [cni(['ENABLE_POD_ENI', 'true'], ['POD_SECURITY_GROUP_ENFORCING_MODE', 'standard']), 'ok', /standard/],
      [cni(['ENABLE_POD_ENI', 'false']), 'ok', /no network interfaces/],
      [undefined, 'not-applicable', /VPC CNI/],
    ],
  ],
  [
    gatewayApiCheck,
    [
      [{ crd: undefined, wanted: 'v1.2.1' }, 'failed', /not installed/, /gateway-api install/],
      [{ crd: { metadata: {} }, wanted: 'v1.2.1' }, 'warning', /not known/],
      [bundle('v1.2.1', 'v1.4.0'), 'warning', /older than v1.4.0/, /GATEWAY_API_URL=.*v1.4.0/],
      [bundle('v1.5.0', 'v1.4.0'), 'ok', /v1.5.0/],
    ],
  ],
  [
    istiodCheck,
    [
      [undefined, 'failed', /not installed/, /istio install/],
      [
        {
          metadata: { generation: 1 },
          spec: { replicas: 2 },
          status: { observedGeneration: 1, updatedReplicas: 2, replicas: 2, availableReplicas: 1 },
        },
        'failed',
        /1 of 2 pods available/,
      ],
      [{ metadata: { generation: 1 }, spec: { replicas: 0 } }, 'failed', /scaled to none/],
      [
        {
          metadata: { generation: 1 },
          spec: { replicas: 1 },
          status: { observedGeneration: 1, updatedReplicas: 1, replicas: 1, availableReplicas: 1 },
        },
        'ok',
        /unknown/,
      ],
    ],
  ],
  [
    ztunnelCheck,
    [
      [agentSeen([agentPod('a')]), 'failed', /not ready on b/, /describe daemonset ztunnel/],
      [agentSeen([agentPod('a'), agentPod('b', 'False')]), 'failed', /not ready on b/],
      [agentSeen([agentPod('a'), agentPod('b')]), 'ok', /on 2 nodes/],
      [agentSeen([agentPod('a')], [node('a'), node('b', 'False')]), 'ok', /on 2 nodes/],
      [{ ...agentSeen([], []), daemonSet: undefined }, 'failed', /not installed/],
      [agentSeen([], []), 'not-applicable', /EA1251/],
    ],
  ],
  [
    istioCniCheck,
    [
      [
        agentSeen([agentPod('a', 'True', 'ztunnel')], [node('a')], daemonSet, 'istio-cni-node'),
        'failed',
        /not ready on a/,
      ],
      [agentSeen([agentPod('a', 'True', 'istio-cni-node')], [node('a')], daemonSet, 'istio-cni-node'), 'ok', /1 node$/],
    ],
  ],
  [
    programmedCheck,
    [
      [undefined, 'failed', /no Gateway/, /istio expose/],
      [
        { status: { conditions: [{ type: 'Programmed', status: 'False', message: 'address pending' }] } },
        'failed',
        /pending/,
      ],
      [{}, 'failed', /not taken it up/],
      [{ status: { addresses: [{ value: 'lb' }], conditions: [{ type: 'Programmed', status: 'True' }] } }, 'ok', /lb/],
    ],
  ],
  [
    answersCheck,
    [
      [door('ECONNREFUSED', {}), 'failed', /ECONNREFUSED/, /kubectl/],
      [door('no answer', { ports: [15008] }), 'failed', /no listener on 15012/, /istio expose/],
      [door('no answer', { inService: 0 }), 'failed', /none of the 2 instances/],
      [door('no answer', { internal: false }, ['198.51.100.7']), 'failed', /no answer/],
      [door('no answer'), 'warning', /private and not reached/],
      [door('no answer', {}), 'ok', /2 of 2 instances serve/],
      [door(undefined), 'ok', /takes connections/],
    ],
  ],
  [
    ecrCheck,
    [
      [
        ecr(ROLE, simulated('implicitDeny', 'ecr:BatchGetImage')),
        'failed',
        /not allowed: ecr:BatchGetImage/,
        /attach-role-policy --role-name someone/,
      ],
      [ecr('', []), 'failed', /without an execution role/],
      [
        ecr(ROLE.replace('111122223333', '444455556666'), simulated('allowed', 'a')),
        'warning',
        /another account's/,
        /--repository-name team\/app/,
      ],
      [ecr(ROLE, simulated('allowed', 'ecr:BatchGetImage')), 'ok', /team\/app/],
      [{ roles: [] }, 'not-applicable', /ECR/],
    ],
  ],
  [
    privateRegistryCheck,
    [
      [images(use('registry.example/team/app:1')), 'warning', /registry.example\/team\/app:1/, /Secrets Manager/],
      [
        images(use('registry.example/a:1', { repositoryCredentials: { credentialsParameter: 'arn' } })),
        'ok',
        /registry.example/,
      ],
      [{ uses: [use('registry.example/a:1')], pulled: new Set(['registry.example/a:1']) }, 'ok', /registry.example/],
      [
        images(use('curlimages/curl:8'), use('us-docker.pkg.dev/x/istio/ztunnel:1'), use('public.ecr.aws/a/b')),
        'ok',
        /docker.io/,
      ],
      [images(use(ECR_IMAGE)), 'ok', /come from ECR/],
    ],
  ],
  [
    pullCheck,
    [
      [pulls('td:2', 'CannotPullContainerError: not found'), 'failed', /app: CannotPull/, /EA1401/],
      [pulls('td:1', 'CannotPullContainerError: not found'), 'ok', /none/],
      [pulls('td:2', 'Essential container exited'), 'ok', /none/],
    ],
  ],
  [
    clusterConfiguration,
    [
      [[], 'failed', /no ECS cluster/, /ecs deploy/],
      [exec({ logging: 'OVERRIDE' }), 'failed', /names no place/, /update-cluster/],
      [exec({ logging: 'OVERRIDE', logConfiguration: { s3BucketName: 'b' } }), 'ok', /OVERRIDE/],
      [exec({ kmsKeyId: 'alias/k' }), 'ok', /encrypted with alias\/k/],
    ],
  ],
  [
    tasksRunning,
    [
      [{ wanted: ['app', 'other'], services: [service(1)] }, 'failed', /no ECS service other/, /ecs deploy/],
      [{ wanted: ['app'], services: [service(0)] }, 'failed', /app: 0 of 1; unable to place/],
      [{ wanted: ['app'], services: [service(0, 0)] }, 'failed', /0 of 0/],
      [{ wanted: ['app'], services: [service(1)] }, 'ok', /1 task$/],
    ],
  ],
  [
    platform,
    [
      [[running({ launchType: 'FARGATE', platformVersion: '1.3.0' })], 'failed', /Fargate 1.3.0/, /LATEST/],
      [[running({ launchType: 'FARGATE' })], 'failed', /no known version/],
      [[running({ launchType: 'FARGATE', platformVersion: '1.4.0' }), running({ launchType: 'EC2' })], 'ok', /2 tasks/],
    ],
  ],
  [
    agents,
    [
      [[running({ containers: [{ name: 'app' }] })], 'failed', /app: none/],
      [[running(managed('STOPPED', 'no way out'))], 'failed', /STOPPED: no way out/],
      [[running(managed('PENDING'))], 'warning', /PENDING/, /--wait/],
      [[running(managed('RUNNING'))], 'ok', /1 task$/],
    ],
  ],
  [
    initProcess,
    [
      [[running({})], 'warning', /zombies/, /initProcessEnabled/],
      [[running({}, { linuxParameters: { initProcessEnabled: true } })], 'ok', /1 task$/],
      [[running({}, { name: 'ztunnel' })], 'ok', /1 task$/],
    ],
  ],
  [
    noKeys,
    [
      [
        [running({}, { environment: [{ name: 'AWS_SECRET_ACCESS_KEY', value: 'hidden' }] })],
        'failed',
        /^app 12345678\/app has AWS_SECRET_ACCESS_KEY: the agent/,
      ],
      [[running({}, { secrets: [{ name: 'AWS_ACCESS_KEY_ID', valueFrom: 'arn' }] })], 'failed', /AWS_ACCESS_KEY_ID/],
      [[running({}, { environment: [{ name: 'AWS_REGION', value: 'us-east-1' }] })], 'ok', /1 task$/],
    ],
  ],
  [
    taskRole,
    [
      [{ tasks: [running({})], results: {} }, 'failed', /without a task role: app/],
      [
        role(simulated('implicitDeny', 'ssmmessages:OpenDataChannel')),
        'failed',
        /ssmmessages:OpenDataChannel/,
        /iam ensure/,
      ],
      [role(simulated('allowed', 'ssmmessages:OpenDataChannel')), 'ok', /someone/],
    ],
  ],
  [
    sessionWay,
    [
      [way({ nat: 'failed' }), 'failed', /no way from subnet-1/, /us-east-1.ssmmessages/],
      [way({ nat: 'failed', services: ['ssmmessages'] }), 'ok', /ssmmessages/],
    ],
  ],
  [
    subnetsCheck,
    [
      [{ vpcId: 'vpc-1', groupId: 'sg-1', privateSubnets: [] }, 'failed', /public addresses/, /NAT gateway/],
      [{ vpcId: 'vpc-1', groupId: 'sg-1', privateSubnets: ['subnet-1'] }, 'ok', /1 in vpc-1/],
      [{ pending: 'EKS cluster x is CREATING' }, 'not-applicable', /CREATING/],
    ],
  ],
  [
    wayOutCheck,
    [
      [
        way({ route: { ...NAT, State: 'blackhole' } }),
        'failed',
        /neither a NAT gateway nor endpoints for ecr.api/,
        /create-nat-gateway/,
      ],
      [way({ route: { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' } }), 'failed', /neither/],
      [way({ route: {}, services: ALL_ENDPOINTS }), 'warning', /endpoints alone/],
      [way({ route: {}, services: ALL_ENDPOINTS.filter(name => name !== 's3') }), 'failed', /endpoints for s3$/],
      [
        way({ route: { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1' }, publicAddresses: true }),
        'ok',
        /1 subnet$/,
      ],
      [way({ route: { DestinationCidrBlock: '0.0.0.0/0', TransitGatewayId: 'tgw-1' } }), 'ok', /1 subnet$/],
      [way(), 'ok', /1 subnet$/],
    ],
  ],
  [
    addressesCheck,
    [
      [[{ SubnetId: 's1', AvailableIpAddressCount: 2 }], 'failed', /s1 has 2/, /associate-vpc-cidr-block/],
      [
        [
          { SubnetId: 's1', AvailableIpAddressCount: 2 },
          { SubnetId: 's2', AvailableIpAddressCount: 200 },
        ],
        'warning',
        /s1 has 2/,
      ],
      [[{ SubnetId: 's2', AvailableIpAddressCount: 200 }], 'ok', /1 subnet$/],
      [[], 'not-applicable', /EA1601/],
    ],
  ],
]

function rights(results: readonly unknown[], kind = 'role') {
  return { principal: { arn: ROLE, kind }, results }
}
function bundle(seen: string, wanted: string) {
  return { crd: { metadata: { annotations: { 'gateway.networking.k8s.io/bundle-version': seen } } }, wanted }
}
function ecr(role: string, results: readonly unknown[]) {
  return { roles: [{ role, images: [ECR_IMAGE], results }] }
}
function images(...uses: readonly unknown[]) {
  return { uses, pulled: new Set() }
}
function pulls(taskDefinitionArn: string, stoppedReason: string) {
  const uses = [{ ...use('a'), definition: { taskDefinitionArn: 'td:2' } }]
  return { stopped: [{ taskDefinitionArn, stoppedReason, group: 'service:app' }], uses }
}
function role(results: readonly unknown[]) {
  return { tasks: [running({}, {}, { taskRoleArn: ROLE })], results: { [ROLE]: results } }
}

describe('what doctor makes of what it sees', () => {
  for (const [check, rows] of TABLE) {
    for (const [seen, state, why, fix] of rows) {
      it(`${check.code} ${check.title}: ${state}, ${why.source}`, () => {
        const judgement: Judgement = check.judge(seen)
        expect(judgement.state, judgement.why).to.equal(state)
        expect(judgement.why).to.match(why)
        if (fix) expect(judgement.fix).to.match(fix)
        if (state === 'failed') expect(judgement.fix, 'a failure without a fix').to.be.a('string').that.is.not.empty
      })
    }
  }

  it('asks for the quota that is needed', () => {
    const about = { what: 'VPCs', service: 'vpc', code: 'L-1' }
    expect(judgeRoom({ used: 5, limit: 5, more: 1 }, about).fix).to.match(/--quota-code L-1 --desired-value 6$/)
    expect(judgeRoom({ used: 0.5, limit: 1.1, more: 0.75 }, about).fix).to.match(/--desired-value 2$/)
    expect(judgeRoom({ used: 4, limit: 5, more: 1 }, about).state).to.equal('ok')
    expect(judgeRoom({ used: 9, limit: undefined, more: 1 }, about).state).to.equal('warning')
    expect(judgeRoom({ used: 9, limit: 5, more: 0 }, about).state).to.equal('not-applicable')
  })

  it('knows the registry of an image', () => {
    expect(registryOf('curlimages/curl:8')).to.equal('docker.io')
    expect(registryOf('alpine')).to.equal('docker.io')
    expect(registryOf('localhost:5000/a')).to.equal('localhost:5000')
    expect(registryOf('registry.example/a/b@sha256:0')).to.equal('registry.example')
  })

  it('says the worst of many, and how many more there are', () => {
    const ills = Array.from({ length: 7 }, (_, index) => ({ state: 'failed' as const, why: `t${index}`, fix: 'f' }))
    const judged = judgeAll([ok('fine'), { state: 'warning', why: 'w' }, ...ills], 'all fine')
    expect(judged).to.deep.equal({ state: 'failed', why: 't0, t1, t2, t3, t4 and 2 more', fix: 'f' })
  })
})
