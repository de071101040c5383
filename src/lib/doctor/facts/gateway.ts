import { GATEWAY_NAME, ISTIO_NAMESPACE } from '../../config/names.ts'
import { type Gateway, ref } from '../../kubernetes/objects.ts'
import { Needs } from '../check.ts'
import { once } from '../once.ts'
import type { KubernetesFacts } from './kubernetes.ts'
import type { Sources } from './sources.ts'

/** Where the ztunnels of ECS find istiod. */
export const ISTIOD_PORT = 15012

export function gatewayFacts({ clients: { aws }, machine }: Sources, kubernetes: KubernetesFacts) {
  const gateway = once(async () => (await kubernetes.api()).get<Gateway>(ref('Gateway', GATEWAY_NAME, ISTIO_NAMESPACE)))
  const address = once(async () => {
    const found = (await gateway())?.status?.addresses?.[0]?.value
    if (found === undefined) throw new Needs('an address of the east-west gateway', 'EA1351')
    return found
  })
  const resolved = once(async () => {
    const host = await address()
    return machine.resolve(host).catch((): readonly string[] => [])
  })
  return {
    gateway,
    /** @throws Needs */
    address,
    /** The addresses that the name resolves to; none where it doesn't. */
    resolved,
    /** Why istiod's port does not open from here, or undefined where it does. */
    shut: once(async () => {
      const [first] = await resolved()
      if (first === undefined) throw new Needs('its address to resolve', 'EA1352')
      return machine.connect(first, ISTIOD_PORT)
    }),
    /** The load balancer behind the address; undefined where it is none of the classic ones. */
    balancer: once(async () => {
      const host = (await address()).toLowerCase()
      const found = (await aws.elb.loadBalancers()).find(({ DNSName }) => DNSName?.toLowerCase() === host)
      if (found?.LoadBalancerName === undefined) return undefined
      const ports = (found.ListenerDescriptions ?? []).flatMap(({ Listener }) => Listener?.LoadBalancerPort ?? [])
      return { internal: found.Scheme === 'internal', ports, ...(await aws.elb.instances(found.LoadBalancerName)) }
    }),
  }
}
