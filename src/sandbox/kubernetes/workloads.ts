import type { Fields, KubeObject } from './objects.ts'

/** The parts of workload objects that controllers, mesh and tools read. */
export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
  lastTransitionTime?: string
}

export interface Container extends Fields {
  name: string
  image: string
  ports?: { name?: string; containerPort: number; protocol?: string }[]
  env?: { name: string; value?: string }[]
}

export interface PodSpec extends Fields {
  nodeName?: string
  serviceAccountName?: string
  containers: Container[]
  initContainers?: Container[]
  restartPolicy?: string
  hostNetwork?: boolean
  nodeSelector?: Record<string, string>
}

export interface ContainerStatus extends Fields {
  name: string
  ready: boolean
  state: Fields
}

export interface Pod extends KubeObject {
  spec: PodSpec
  status?: {
    phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed'
    podIP?: string
    conditions?: Condition[]
    containerStatuses?: ContainerStatus[]
    startTime?: string
  }
}

export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
  spec: PodSpec
}

interface WorkloadSpec {
  replicas: number
  selector: { matchLabels?: Record<string, string>; matchExpressions?: unknown[] }
  template: PodTemplate
}

export interface Deployment extends KubeObject {
  spec: WorkloadSpec & {
    strategy: {
      type: 'RollingUpdate' | 'Recreate'
      rollingUpdate?: { maxSurge: number | string; maxUnavailable: number | string }
    }
    progressDeadlineSeconds: number
    revisionHistoryLimit: number
    paused?: boolean
  }
  status?: {
    replicas?: number
    updatedReplicas?: number
    readyReplicas?: number
    availableReplicas?: number
    conditions?: Condition[]
  }
}

export interface ReplicaSet extends KubeObject {
  spec: WorkloadSpec
  status?: { replicas: number; readyReplicas?: number; availableReplicas?: number }
}

export interface DaemonSet extends KubeObject {
  spec: Omit<WorkloadSpec, 'replicas'>
}

export interface ServicePort {
  name?: string
  port: number
  targetPort?: number | string
  protocol?: string
  nodePort?: number
}

export interface Service extends KubeObject {
  spec: {
    type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
    clusterIP?: string
    selector?: Record<string, string>
    ports?: ServicePort[]
    externalName?: string
  }
  status?: { loadBalancer?: { ingress?: { hostname?: string; ip?: string }[] } }
}

export interface Node extends KubeObject {
  status?: { conditions?: Condition[]; addresses?: { type: string; address: string }[] }
}

export const isReady = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  pod.status?.conditions?.some(one => one.type === 'Ready' && one.status === 'True') === true

/** The conditions with one of them set; its transition time moves only when its status does. */
export function withCondition(conditions: readonly Condition[], condition: Condition, now: string): Condition[] {
  const before = conditions.find(one => one.type === condition.type)
  const lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? now) : now
  return [...conditions.filter(one => one.type !== condition.type), { ...condition, lastTransitionTime }]
}
