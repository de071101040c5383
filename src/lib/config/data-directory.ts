import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where the program keeps what it may lose: kubeconfigs of its own and the unpacked istioctl.
 * ECS_AMBIENT_DATA_DIR, else the XDG data directory's `ecs-ambient`.
 */
export function dataDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.ECS_AMBIENT_DATA_DIR) return environment.ECS_AMBIENT_DATA_DIR
  const data = environment.XDG_DATA_HOME || join(environment.HOME || homedir(), '.local', 'share')
  return join(data, 'ecs-ambient')
}
