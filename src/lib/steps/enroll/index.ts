import type { Settings } from '../../config/settings.ts'
import type { Step } from '../../engine/step.ts'
import { together } from '../../engine/together.ts'
import type { ReadClients, WriteClients } from '../clients.ts'
import { steady } from '../ecs/steady.ts'
import { enrol, unenrol } from './apply.ts'
import { decideEnrolment, decideUnenrolment } from './decide.ts'
import { addressesOf, waitForHbone } from './hbone.ts'
import { type EnrollSeen, observeEnrolment, targetsOf } from './observe.ts'

export interface EnrollOptions {
  /** Names of services of the configured ECS clusters; undefined: those of the configuration. */
  readonly services?: readonly string[]
  /** Removal takes services of ours back too, although they would go with their ECS cluster. */
  readonly unenrollAll?: boolean
  /** Removal takes back every service of the region that was enrolled for this mesh, in whichever ECS cluster. */
  readonly everywhere?: boolean
}

/** ECS services in the mesh: each with a ztunnel of its own, made for this gateway and this certificate. */
export const newEnrollStep = ({
  services,
  unenrollAll = false,
  everywhere = false,
}: EnrollOptions = {}): Step<Settings, ReadClients, WriteClients, EnrollSeen> => ({
  id: 'enroll',
  title: 'Enrolment of the ECS services',
  dependsOn: ['istio', 'namespace', 'east-west', 'ecs'],

  observe: context => observeEnrolment(context, targetsOf(context.desired, services), everywhere),

  decide: (seen, desired) => decideEnrolment(seen, desired, services !== undefined),

  decideRemoval: seen => decideUnenrolment(seen, unenrollAll, services !== undefined),

  apply: (change, context) => (change.action === 'delete' ? unenrol(change, context) : enrol(change, context)),

  async verify(context) {
    const targets = targetsOf(context.desired, services)
    const found = await together(
      targets.map(({ cluster, name }) => steady(context, { cluster: cluster.name, service: name })),
    )
    await waitForHbone(addressesOf(found.flatMap(({ tasks }) => tasks)), context)
    return {
      enrolled: found.map(({ service, taskDefinition }) => ({
        name: service.serviceName,
        taskDefinition: taskDefinition.taskDefinitionArn,
      })),
    }
  },
})

export const enrollStep = newEnrollStep()
