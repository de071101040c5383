import type { AnyCheck } from '../../check.ts'
import { tasksRunning } from './services.ts'
import { callerRights, clusterConfiguration, sessionWay, taskRole } from './sessions.ts'
import { agents, enabled, initProcess, noKeys, pidMode, platform, writableRoot } from './tasks.ts'

/** Everything that a session into a container hangs on. */
export const ecsExecChecks: readonly AnyCheck[] = [
  clusterConfiguration,
  callerRights,
  tasksRunning,
  platform,
  enabled,
  agents,
  initProcess,
  writableRoot,
  taskRole,
  sessionWay,
  noKeys,
  pidMode,
]
