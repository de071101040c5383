import type { Settings } from '../config/settings.ts'
import type { StepContext } from '../engine/step.ts'
import type { Look } from '../engine/wait.ts'
import type { KubernetesReader } from '../kubernetes/client.ts'
import { type DaemonSet, type Deployment, describe, ref } from '../kubernetes/objects.ts'
import { newestWarning } from './warnings.ts'

/** Milliseconds. */
const LIMIT = 10 * 60_000
const USUAL = 60_000

/** Undefined where all its pods are of the newest template and available; otherwise what is missing. */
export function deploymentLags({ metadata, spec, status = {} }: Deployment): string | undefined {
  const wanted = spec?.replicas ?? 1
  const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status
  if (observedGeneration < (metadata.generation ?? 0)) return 'the change has not been seen yet'
  if (updatedReplicas < wanted) return `${updatedReplicas} of ${wanted} pods updated`
  if (replicas > updatedReplicas) return `${replicas - updatedReplicas} old pods still there`
  return availableReplicas < wanted ? `${availableReplicas} of ${wanted} pods available` : undefined
}

export function daemonSetLags({ metadata, status = {} }: DaemonSet): string | undefined {
  const { observedGeneration = 0, desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status
  if (observedGeneration < (metadata.generation ?? 0)) return 'the change has not been seen yet'
  if (desiredNumberScheduled === 0) return 'no node runs it yet'
  if (updatedNumberScheduled < desiredNumberScheduled) {
    return `${updatedNumberScheduled} of ${desiredNumberScheduled} nodes updated`
  }
  return numberAvailable < desiredNumberScheduled
    ? `${numberAvailable} of ${desiredNumberScheduled} nodes available`
    : undefined
}

export interface Workload {
  readonly kind: 'Deployment' | 'DaemonSet'
  readonly name: string
  readonly namespace: string
}

/** What a workload lacks, or undefined where it is ready. */
export async function workloadLags(
  kubernetes: KubernetesReader,
  { kind, name, namespace }: Workload,
): Promise<string | undefined> {
  const object = await kubernetes.get(ref(kind, name, namespace))
  if (object === undefined) return 'does not exist'
  return kind === 'Deployment' ? deploymentLags(object as Deployment) : daemonSetLags(object as DaemonSet)
}

/** Waits until all pods of the workload are of its newest template, and available. */
export async function waitForWorkload(
  kubernetes: KubernetesReader,
  workload: Workload,
  { waitFor, desired }: StepContext<Settings, unknown>,
): Promise<void> {
  const object = ref(workload.kind, workload.name, workload.namespace)
  await waitFor<void>({
    what: `${describe(object)} to be available`,
    limit: desired.timeout ?? LIMIT,
    usual: USUAL,
    suggestions: [`kubectl -n ${workload.namespace} describe ${workload.kind.toLowerCase()} ${workload.name}`],
    look: async (): Promise<Look<void>> => {
      const lags = await workloadLags(kubernetes, workload)
      if (lags === undefined) return { done: undefined }
      return { last: (await podTrouble(kubernetes, workload)) ?? (await podRefusal(kubernetes, workload)) ?? lags }
    },
  })
}

/** Why there is no pod at all: a quota or an admission webhook refuses it, as the workload's own events say. */
async function podRefusal(
  kubernetes: KubernetesReader,
  { name, namespace, kind }: Workload,
): Promise<string | undefined> {
  // A Deployment's pods are made by its ReplicaSets, whose names begin with its own.
  return newestWarning(kubernetes, { namespace, kind: kind === 'Deployment' ? 'ReplicaSet' : kind, name })
}

interface WaitingPod {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[]
    readonly containerStatuses?: readonly {
      readonly name: string
      readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
    }[]
  }
}

const TROUBLE = /BackOff|ErrImage|InvalidImage|CreateContainer|RunContainer/

/** Why a pod of the workload does not start: an image that can't be pulled, a container that crashes. */
async function podTrouble(
  kubernetes: KubernetesReader,
  { name, namespace, kind }: Workload,
): Promise<string | undefined> {
  const workload = await kubernetes.get(ref(kind, name, namespace))
  const { selector } = (workload?.spec ?? {}) as { selector?: { matchLabels?: Record<string, string> } }
  const labelSelector = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`)
  if (labelSelector.length === 0) return undefined
  const pods = await kubernetes.list(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace, labelSelector: labelSelector.join() },
  )
  for (const pod of pods) {
    const { conditions = [], containerStatuses = [] } = (pod as WaitingPod).status ?? {}
    const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
    if (unscheduled) return `${pod.metadata.name}: ${unscheduled.message ?? 'no node takes it'}`
    for (const { name: container, state } of containerStatuses) {
      const { reason, message } = state?.waiting ?? {}
      if (reason !== undefined && TROUBLE.test(reason)) {
        return `${pod.metadata.name}, container ${container}: ${[reason, message].filter(Boolean).join(': ')}`
      }
    }
  }
  return undefined
}
