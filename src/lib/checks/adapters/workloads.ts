import type { Task } from '@aws-sdk/client-ecs'
import { nameInArn } from '../../aws/arn.ts'
import type { EcsReader } from '../../aws/ecs.ts'
import type { KubernetesReader } from '../../kubernetes/client.ts'
import { addressesOf } from '../../steps/enroll/hbone.ts'
import type { Standing, Workloads } from '../context.ts'
import type { Place, Workload } from '../places.ts'
import { type CheckedPod, type PodWorkload, runningPods } from './pods.ts'

/** Reads what stands behind a place from Kubernetes and ECS. */
export class LiveWorkloads implements Workloads {
  readonly #kubernetes: Pick<KubernetesReader, 'list'>
  readonly #ecs: Pick<EcsReader, 'tasks'>

  constructor(kubernetes: Pick<KubernetesReader, 'list'>, ecs: Pick<EcsReader, 'tasks'>) {
    this.#kubernetes = kubernetes
    this.#ecs = ecs
  }

  async standing({ workload }: Place): Promise<Standing | undefined> {
    if (!workload) return undefined
    const instances = workload.kind === 'pod' ? await this.#pods(workload) : await this.#tasks(workload)
    if (instances.length === 0) return undefined
    return {
      fingerprint: instances.map(({ id }) => id).join(', '),
      addresses: instances.flatMap(({ addresses }) => addresses),
    }
  }

  async #pods(workload: PodWorkload): Promise<readonly Instance[]> {
    return (await runningPods(this.#kubernetes, workload)).map(ofPod)
  }

  async #tasks({ cluster, service }: Extract<Workload, { kind: 'task' }>): Promise<readonly Instance[]> {
    const tasks = await this.#ecs.tasks(cluster, { service })
    return tasks.map(ofTask).toSorted((a, b) => a.id.localeCompare(b.id))
  }
}

/** One pod or task: whatever makes it another one is part of its id. */
interface Instance {
  readonly id: string
  readonly addresses: readonly string[]
}

function ofPod({ metadata, status }: CheckedPod): Instance {
  const restarts = (status?.containerStatuses ?? []).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0)
  const id = `pod ${metadata.name} (uid ${metadata.uid}, ${status?.podIP}, ${restarts} restarts)`
  return { id, addresses: status?.podIP === undefined ? [] : [status.podIP] }
}

function ofTask(task: Task): Instance {
  const { taskArn = '', containers = [] } = task
  const addresses = addressesOf([task])
  const runtimes = containers.map(({ runtimeId = '' }) => runtimeId).toSorted()
  return { id: `task ${nameInArn(taskArn)} (${[...addresses, ...runtimes].join(', ')})`, addresses }
}
