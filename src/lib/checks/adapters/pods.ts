import type { KubernetesReader } from '../../kubernetes/client.ts'
import { conditionOf, kindRef, type Pod } from '../../kubernetes/objects.ts'
import type { Workload } from '../places.ts'

export type PodWorkload = Extract<Workload, { kind: 'pod' }>

export interface CheckedPod extends Pod {
  readonly status?: Pod['status'] & {
    readonly containerStatuses?: readonly { readonly name: string; readonly restartCount?: number }[]
  }
}

/** The pods of a workload that run and are not about to go, in the order of their names. */
export async function runningPods(
  kubernetes: Pick<KubernetesReader, 'list'>,
  { namespace, selector }: PodWorkload,
): Promise<readonly CheckedPod[]> {
  const pods = await kubernetes.list<CheckedPod>(kindRef('Pod'), { namespace, labelSelector: selector })
  return pods
    .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === 'Running')
    .toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name))
}

export const isReady = (pod: Pod): boolean => conditionOf(pod, 'Ready')?.status === 'True'
