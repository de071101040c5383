import type { Settings } from '../../config/settings.ts'
import type { Change } from '../../engine/plan.ts'
import type { ApplyContext } from '../../engine/step.ts'
import type { WriteClients } from '../clients.ts'
import type { ClusterSeen } from './observe.ts'

export type Applying = ApplyContext<Settings, WriteClients, ClusterSeen>
export type Apply = (change: Change, context: Applying) => Promise<string | undefined>
