import type { ReadClients } from '../../steps/clients.ts'
import { notByHbone } from '../../steps/enroll/hbone.ts'
import type { Membership } from '../context.ts'

/** Asks the ztunnels, by istioctl, which workloads they know by HBONE. Without an istioctl the logs are the only witness. */
export const membershipBy = (tools: Pick<ReadClients['tools'], 'istioctl'>): Membership => ({
  async outside(addresses, signal) {
    const istioctl = await tools.istioctl().catch(() => undefined)
    const workloads = await istioctl?.workloads({ signal }).catch(() => undefined)
    if (!workloads) return undefined
    return new Map(addresses.flatMap(address => notByHbone([address], workloads).map(why => [address, why] as const)))
  },
})
