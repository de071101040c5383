import type { Settings } from '../config/settings.ts'
import type { AnyStep } from '../engine/step.ts'
import { appsStep } from './apps.ts'
import type { ReadClients, WriteClients } from './clients.ts'
import { clusterStep } from './cluster/index.ts'
import { eastWestStep } from './east-west.ts'
import { ecsStep } from './ecs/index.ts'
import { enrollStep } from './enroll/index.ts'
import { gatewayApiStep } from './gateway-api.ts'
import { iamStep } from './iam/index.ts'
import { istioStep } from './istio/index.ts'
import { namespaceStep } from './namespace.ts'

export { newEnrollStep } from './enroll/index.ts'
export { policiesStep, policyStep } from './policies.ts'
export { waypointStep } from './waypoint.ts'
export { appsStep, clusterStep, eastWestStep, ecsStep, enrollStep, gatewayApiStep, iamStep, istioStep, namespaceStep }

/** The walkthrough, in the order in which it is told. What may run side by side is in each step's `dependsOn`. */
export const allSteps: readonly AnyStep<Settings, ReadClients, WriteClients>[] = [
  clusterStep,
  gatewayApiStep,
  istioStep,
  iamStep,
  namespaceStep,
  eastWestStep,
  ecsStep,
  enrollStep,
  appsStep,
]
