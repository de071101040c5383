import type { Region } from '../../region.ts'
import { limitOf, QUOTA } from '../quotas.ts'
import type { Definition } from './state.ts'

/** CPU units of one vCPU. */
const VCPU = 1024

const cpuOf = ({ shown }: Definition): number => Number(shown.cpu ?? 0) / VCPU

/** Whether the account's Fargate quota leaves room for one more task of this kind. */
export function hasFargateCapacity(region: Region, definition: Definition): boolean {
  const tasks = [...region.ecs.clusters.values()].flatMap(({ tasks }) => [...tasks.values()])
  const used = tasks
    .filter(({ lastStatus }) => lastStatus !== 'STOPPED')
    .reduce((sum, task) => sum + cpuOf(task.definition), 0)
  return used + cpuOf(definition) <= limitOf(region, QUOTA.fargateCpus)
}
