import type { Fields, ObjectInput } from './objects.ts'
import type { ObjectStore } from './store/store.ts'

/** A worker node as its EC2 instance makes it. */
export interface NodeDescription {
  /** Its private address. */
  readonly ip: string
  readonly instanceId: string
  readonly zone: string
  readonly instanceType: string
}

/** The nodes of a cluster that was given none. */
export const defaultNodes: readonly NodeDescription[] = [
  { ip: '192.168.96.10', instanceId: 'i-0a1b2c3d4e5f60001', zone: 'us-east-1a', instanceType: 't3.medium' },
  { ip: '192.168.128.10', instanceId: 'i-0a1b2c3d4e5f60002', zone: 'us-east-1b', instanceType: 't3.medium' },
]

const region = (zone: string) => zone.replace(/[a-z]$/, '')

export function nodeObject(
  { ip, instanceId, zone, instanceType }: NodeDescription,
  version: string,
  now: string,
): ObjectInput & { status: Fields } {
  const domain = region(zone) === 'us-east-1' ? 'ec2.internal' : `${region(zone)}.compute.internal`
  const name = `ip-${ip.replaceAll('.', '-')}.${domain}`
  const condition = (type: string, status: string, reason: string) => ({
    type,
    status,
    reason,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  })
  const capacity = { cpu: '2', memory: '3943300Ki', pods: '17' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'node.kubernetes.io/instance-type': instanceType,
        'topology.kubernetes.io/region': region(zone),
        'topology.kubernetes.io/zone': zone,
      },
    },
    spec: { providerID: `aws:///${zone}/${instanceId}` },
    status: {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: 'InternalIP', address: ip },
        { type: 'Hostname', address: name },
      ],
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
        condition('Ready', 'True', 'KubeletReady'),
      ],
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        osImage: 'Amazon Linux 2023',
        kernelVersion: '6.12.40-64.114.amzn2023.x86_64',
        containerRuntimeVersion: 'containerd://1.7.27',
        kubeletVersion: `v${version}`,
        kubeProxyVersion: `v${version}`,
        bootID: instanceId,
        machineID: instanceId,
        systemUUID: instanceId,
      },
    },
  }
}

/** Adds a node that is ready. */
export function addNode(store: ObjectStore, description: NodeDescription, version: string): void {
  const { status, ...node } = nodeObject(description, version, store.now())
  store.create(node, { manager: 'kubelet' })
  store.patchStatus('Node', node.metadata.name ?? '', undefined, status, 'kubelet')
}

/** What every new EKS cluster holds. */
export function furnish(store: ObjectStore): void {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease'])
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { manager: 'kube-apiserver' })
  for (const object of [apiService, clusterAdmin, clusterAdminBinding, dnsService, dnsDeployment, ...nodeAgents])
    store.create(object, { manager: 'eks' })
}

const apiService: ObjectInput = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
  spec: { clusterIP: '10.100.0.1', ports: [{ name: 'https', port: 443, targetPort: 443 }] },
}

const clusterAdmin: ObjectInput = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'cluster-admin' },
  rules: [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ],
}

const clusterAdminBinding: ObjectInput = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'cluster-admin' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'Group', name: 'system:masters' }],
}

const dnsLabels = { 'k8s-app': 'kube-dns' }

const dnsService: ObjectInput = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kube-dns', namespace: 'kube-system', labels: dnsLabels },
  spec: {
    clusterIP: '10.100.0.10',
    selector: dnsLabels,
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ],
  },
}

const image = (name: string) => `602401143452.dkr.ecr.us-east-1.amazonaws.com/eks/${name}`

const dnsDeployment: ObjectInput = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'coredns', namespace: 'kube-system', labels: dnsLabels },
  spec: {
    replicas: 2,
    selector: { matchLabels: dnsLabels },
    template: {
      metadata: { labels: dnsLabels },
      spec: {
        containers: [
          { name: 'coredns', image: image('coredns:v1.12.1'), ports: [{ name: 'dns-tcp', containerPort: 53 }] },
        ],
      },
    },
  },
}

const nodeAgents = ['aws-node', 'kube-proxy'].map((name): ObjectInput => {
  const labels = { 'k8s-app': name }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system', labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { hostNetwork: true, containers: [{ name, image: image(`${name}:v1.33`) }] },
      },
    },
  }
})
