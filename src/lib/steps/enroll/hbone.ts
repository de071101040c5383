import type { Task } from '@aws-sdk/client-ecs'
import type { Settings } from '../../config/settings.ts'
import { isFailure } from '../../engine/failure.ts'
import type { StepContext } from '../../engine/step.ts'
import type { Look } from '../../engine/wait.ts'
import type { MeshWorkload } from '../../tools/istioctl.ts'
import type { ReadClients } from '../clients.ts'

/** Milliseconds. */
const LIMIT = 5 * 60_000

/** Private addresses of tasks, one for each network interface. */
export const addressesOf = (tasks: readonly Task[]): readonly string[] =>
  tasks.flatMap(({ attachments = [] }) =>
    attachments
      .flatMap(({ details = [] }) => details)
      .flatMap(({ name, value }) => (name === 'privateIPv4Address' && value !== undefined ? [value] : [])),
  )

/** Those addresses that the mesh does not know by HBONE, and how it knows them. Only HBONE proves enrolment. */
export function notByHbone(addresses: readonly string[], workloads: readonly MeshWorkload[]): readonly string[] {
  return addresses.flatMap(address => {
    const protocol = workloads.find(workload => workload.addresses.includes(address))?.protocol
    return protocol === 'HBONE' ? [] : [`${address} is ${protocol ?? 'unknown'} to the mesh`]
  })
}

/**
 * Waits until the mesh knows every address by HBONE. Where istioctl can't read what the ztunnels know, that is said
 * and not waited for.
 */
export async function waitForHbone(
  addresses: readonly string[],
  { clients, desired, signal, waitFor, warn }: StepContext<Settings, ReadClients>,
): Promise<void> {
  if (addresses.length === 0) return
  await waitFor<void>({
    what: 'the mesh to know the tasks by HBONE',
    limit: desired.timeout ?? LIMIT,
    usual: 30_000,
    suggestions: ['istioctl ztunnel-config workloads', 'ecs-ambient ecs enroll'],
    look: async (): Promise<Look<void>> => {
      const workloads = await readWorkloads(clients, signal)
      if (typeof workloads === 'string') {
        warn(`Whether the mesh knows the tasks by HBONE could not be read: ${workloads}`)
        return { done: undefined }
      }
      const lagging = notByHbone(addresses, workloads)
      return lagging.length === 0 ? { done: undefined } : { last: lagging.join(', ') }
    },
  })
}

const UNREADABLE = new Set(['TOOL_NOT_FOUND', 'TOOL_VERSION', 'TOOL_FAILED', 'TOOL_OUTPUT'])

async function readWorkloads({ tools }: ReadClients, signal: AbortSignal): Promise<readonly MeshWorkload[] | string> {
  try {
    return await (await tools.istioctl()).workloads({ signal })
  } catch (error) {
    if (isFailure(error) && UNREADABLE.has(error.code)) return [error.message, ...error.why].join(' ')
    throw error
  }
}
