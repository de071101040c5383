import type { EventEmitter } from 'node:events'
import type { Task } from './services/ecs/state.ts'
import type { EksCluster } from './services/eks/state.ts'

/** What happens in the cloud that other parts of the sandbox follow; `region` is the region's name. */
interface CloudEvents {
  'eks-cluster-active': [cluster: EksCluster, region: string]
  'eks-cluster-deleted': [name: string, region: string]
  'task-running': [task: Task, region: string]
  'task-stopped': [task: Task, region: string]
}

export type CloudEmitter = EventEmitter<CloudEvents>
