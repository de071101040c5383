import { nameInArn } from '../../aws/arn.ts'
import type { AwsReaders, AwsWriters } from '../../aws/clients.ts'
import type { Settings } from '../../config/settings.ts'
import type { Change, Facts } from '../../engine/plan.ts'
import type { Step, StepContext } from '../../engine/step.ts'
import { together } from '../../engine/together.ts'
import type { MeshReaders } from '../mesh-version.ts'
import { BUILD, type Context } from './apply.ts'
import { REMOVE } from './apply-removal.ts'
import { decideEcs } from './decide.ts'
import { decideEcsRemoval } from './decide-removal.ts'
import { type EcsSeen, observeEcs } from './observe.ts'
import { steady } from './steady.ts'

interface Read extends MeshReaders {
  readonly aws: AwsReaders
}
interface Write extends Read {
  readonly aws: AwsWriters
}

const APPLY = { ...BUILD, ...REMOVE }

export interface EcsOptions {
  /** Removal takes along the ECS clusters of this mesh that the configuration does not name. */
  readonly everywhere?: boolean
}

export const newEcsStep = ({ everywhere = false }: EcsOptions = {}): Step<Settings, Read, Write, EcsSeen> => ({
  id: 'ecs',
  title: 'ECS cluster and services',
  dependsOn: ['cluster', 'iam'],
  observe: ({ clients, desired }) => observeEcs(clients, desired, everywhere),
  decide: decideEcs,
  decideRemoval: decideEcsRemoval,
  apply,
  verify,
})

export const ecsStep = newEcsStep()

function apply(change: Change, context: Context): Promise<string | undefined> {
  const how = APPLY[`${change.action} ${change.kind}`]
  if (how === undefined) throw new Error(`nothing is known of how to ${change.action} ${change.kind}`)
  return how(change, context)
}

async function verify(context: StepContext<Settings, Read>): Promise<Facts> {
  const services = context.desired.ecsClusters.flatMap(({ name: cluster, services }) =>
    services.map(({ name: service }) => ({ cluster, service })),
  )
  const found = await together(services.map(which => steady(context, which)))
  return {
    services: found.map(({ service, taskDefinition, tasks }) => ({
      name: service.serviceName,
      arn: service.serviceArn,
      taskDefinition: taskDefinition.taskDefinitionArn,
      tasks: tasks.map(({ taskArn }) => nameInArn(taskArn)),
    })),
  }
}
