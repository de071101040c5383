import { access, constants } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Exit, Failure } from '../engine/failure.ts'
import { makeDirectory } from '../make-directory.ts'

/**
 * Where the program keeps what it may lose: kubeconfigs of its own and the unpacked istioctl.
 * ECS_AMBIENT_DATA_DIR, else the XDG data directory's `ecs-ambient`.
 */
export function dataDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.ECS_AMBIENT_DATA_DIR) return environment.ECS_AMBIENT_DATA_DIR
  const data = environment.XDG_DATA_HOME || join(environment.HOME || homedir(), '.local', 'share')
  return join(data, 'ecs-ambient')
}

/**
 * Makes a folder in the data directory, and sees that something can be written there.
 *
 * @throws Failure `DATA_DIRECTORY_UNUSABLE` (exit 2)
 */
export async function makeDataFolder(folder: string, mode?: number): Promise<void> {
  try {
    await makeDirectory(folder, mode)
    await access(folder, constants.W_OK)
  } catch (cause) {
    throw new Failure({
      code: 'DATA_DIRECTORY_UNUSABLE',
      exit: Exit.usage,
      message: `The program can't keep its files in ${folder}.`,
      why: [cause instanceof Error ? cause.message : String(cause)],
      suggestions: ['Name a directory that you may write to: export ECS_AMBIENT_DATA_DIR=…'],
      cause,
    })
  }
}
