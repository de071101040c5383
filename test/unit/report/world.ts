import type { Service, Task } from '@aws-sdk/client-ecs'
import type { CheckResult } from '../../../src/lib/checks/result.ts'
import type { RunRecord } from '../../../src/lib/checks/run-record.ts'
import type { AccountedPod, Facts, KubernetesFacts } from '../../../src/lib/report/facts.ts'
import { topologyOf } from '../../../src/lib/report/topology.ts'
import { settings } from '../../support/settings.ts'
import { resultFor } from '../checks/results.ts'

const CLUSTER = 'ecs-ambient-ecs'

export const pod = (namespace: string, owner: string, ip: string, more: Partial<AccountedPod['metadata']> = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${owner}-abc12-xyz`,
      namespace,
      labels: { app: owner },
      ownerReferences: [{ kind: 'ReplicaSet', name: `${owner}-abc12` }],
      ...more,
    },
    spec: { serviceAccountName: 'default' },
    status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: 'True' }] },
  }) satisfies AccountedPod

export const namespace = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
})

const AMBIENT = { 'istio.io/dataplane-mode': 'ambient' }

export const gateway = (name: string, within: string, className: string, address?: string) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name, namespace: within },
  spec: { gatewayClassName: className },
  status: {
    conditions: [{ type: 'Programmed', status: 'True' as const }],
    ...(address ? { addresses: [{ value: address }] } : {}),
  },
})

export const service = (serviceName: string, runningCount = 1): Service => ({
  serviceName,
  desiredCount: 1,
  runningCount,
  status: 'ACTIVE',
})

export const task = (name: string, ip: string, containers = ['app', 'ztunnel']): Task => ({
  group: `service:${name}`,
  taskArn: `arn:aws:ecs:us-east-1:111122223333:task/${CLUSTER}/${name}`,
  containers: containers.map(name => ({ name })),
  attachments: [{ details: [{ name: 'privateIPv4Address', value: ip }] }],
})

export const kubernetes = (more: Partial<KubernetesFacts> = {}): KubernetesFacts => ({
  nodes: 2,
  istioVersion: '1.24.1',
  namespaces: [namespace('istio-system'), namespace('default', AMBIENT), namespace('ecs', AMBIENT)],
  pods: [
    pod('istio-system', 'istiod', '10.0.0.1'),
    pod('default', 'eks-shell', '10.0.0.2'),
    pod('default', 'eks-echo', '10.0.0.3'),
  ],
  gateways: [gateway('eastwest', 'istio-system', 'istio-eastwest', 'lb.example.com')],
  policies: [],
  ...more,
})

/** What is read of a healthy mesh. */
export const healthy = (more: Partial<Facts> = {}): Facts => ({
  account: { value: '111122223333' },
  eks: {
    value: { name: 'ambient-ecs', status: 'ACTIVE', version: '1.33', resourcesVpcConfig: { vpcId: 'vpc-1' } },
  },
  natGateways: { value: 1 },
  kubernetes: { value: kubernetes() },
  ecs: ecsFacts(
    [service('shell-task'), service('echo-service')],
    [task('shell-task', '10.0.1.1'), task('echo-service', '10.0.1.2')],
  ),
  workloads: { error: 'not asked' },
  names: {
    value: { ecsHost: (_, name) => `${name}.ecs.local`, ecsServiceAccount: ({ serviceAccount }) => serviceAccount },
  },
  ...more,
})

export const ecsFacts = (services: readonly Service[], tasks: readonly Task[]): Facts['ecs'] =>
  settings().ecsClusters.map(cluster => ({ settings: cluster, found: { value: { cluster: {}, services, tasks } } }))

/** What is read where nothing was ever built. */
export const nothing: Facts = healthy({
  eks: { value: undefined },
  natGateways: { value: 0 },
  kubernetes: { value: undefined },
  ecs: settings().ecsClusters.map(cluster => ({ settings: cluster, found: { value: undefined } })),
})

/** What is known where nothing can be reached. */
export const unreachable: Facts = healthy({
  account: { error: 'no credentials' },
  eks: { error: 'access denied to eks:DescribeCluster' },
  natGateways: { error: 'no' },
  kubernetes: { error: 'no' },
  ecs: settings().ecsClusters.map(cluster => ({ settings: cluster, found: { error: 'access denied to ecs' } })),
  names: { error: 'no' },
})

/** Two hundred services with names of all lengths, every seventh not enrolled. */
export const manyServices = (): Facts => {
  const names = Array.from({ length: 200 }, (_, index) => `orders-${'very-long-name-'.repeat(index % 9)}${index}`)
  return healthy({
    ecs: ecsFacts(
      names.map(name => service(name)),
      names.map((name, index) =>
        task(name, `10.1.${index >> 8}.${index & 255}`, index % 7 === 0 ? ['app'] : undefined),
      ),
    ),
  })
}

export const topology = (facts: Facts = healthy()) => topologyOf(facts, settings())

const place = (name: string, workload?: RunRecord['places'][number]['workload'], host?: string) => ({
  name,
  ...(workload ? { workload } : {}),
  ...(host ? { host } : {}),
})

const podPlace = (name: string, app: string) =>
  place(name, { kind: 'pod', namespace: 'default', selector: `app=${app}`, container: app })
const taskPlace = (name: string, of: string) =>
  place(name, { kind: 'task', cluster: CLUSTER, service: of, container: of })

export const PLACES = [
  podPlace('eks/shell', 'eks-shell'),
  podPlace('eks/echo', 'eks-echo'),
  taskPlace('ecs/shell', 'shell-task'),
  taskPlace('ecs/echo', 'echo-service'),
  place('internet', undefined, 'httpbin.org:80'),
]

export const runOf = (checks: readonly CheckResult[], more: Partial<RunRecord> = {}): RunRecord => ({
  at: '2026-01-02T03:04:05.000Z',
  ms: 65_000,
  suites: [...new Set(checks.map(({ suite }) => suite))].map(name => ({
    name,
    title: `About ${name}`,
    state: { policies: name === 'baseline' ? [] : [name], waypoint: name === 'post-only' },
  })),
  places: PLACES,
  checks: structuredClone(checks) as RunRecord['checks'],
  ...more,
})

const PATHS = ['eks-to-eks', 'eks-to-ecs', 'ecs-to-eks', 'ecs-to-ecs', 'ecs-to-internet']

/** A run in which every verdict comes up, also ones that were not expected. */
export const everyVerdict = (): RunRecord =>
  runOf([
    ...PATHS.map(path => resultFor(`baseline/${path}`)),
    ...PATHS.flatMap((path, index) => [
      resultFor(`mixed/${path}`, {
        verdict: (['denied-l4', 'denied-l7', 'unreachable', 'broken', 'allowed'] as const)[index] ?? 'allowed',
        expected: 'denied-l4',
        pass: index === 0,
        request: 'curl -X POST x',
      }),
    ]),
  ])
