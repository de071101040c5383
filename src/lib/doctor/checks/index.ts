import type { AnyCheck } from '../check.ts'
import { credentialChecks } from './credentials.ts'
import { ecsExecChecks } from './ecs-exec/index.ts'
import { eksChecks } from './eks.ts'
import { enrolmentChecks } from './enrolment.ts'
import { gatewayChecks } from './gateway.ts'
import { istioChecks } from './istio.ts'
import { kubernetesChecks } from './kubernetes.ts'
import { machineChecks } from './machine.ts'
import { networkChecks } from './network.ts'
import { quotaChecks } from './quotas.ts'
import { registryChecks } from './registry.ts'
import { rightsChecks } from './rights.ts'
import { securityGroupChecks } from './security-groups.ts'

/** Everything that doctor looks at, from the laptop to the mesh. */
export const allChecks: readonly AnyCheck[] = [
  machineChecks,
  credentialChecks,
  rightsChecks,
  quotaChecks,
  eksChecks,
  kubernetesChecks,
  istioChecks,
  gatewayChecks,
  registryChecks,
  ecsExecChecks,
  enrolmentChecks,
  securityGroupChecks,
  networkChecks,
].flat()
