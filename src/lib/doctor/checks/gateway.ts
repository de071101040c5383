import { conditionOf, type Gateway } from '../../kubernetes/objects.ts'
import { type AnyCheck, type Check, failed, ok, warning } from '../check.ts'
import { ISTIOD_PORT } from '../facts/gateway.ts'

export const programmedCheck: Check<Gateway | undefined> = {
  code: 'EA1351',
  area: 'gateway',
  title: 'The east-west gateway has an address',
  when: 'after',
  read: ({ gateway }) => gateway.gateway(),
  judge: gateway => {
    if (gateway === undefined) return failed('there is no Gateway istio-system/eastwest', 'ecs-ambient istio expose')
    const address = gateway.status?.addresses?.[0]?.value
    const programmed = conditionOf(gateway, 'Programmed')
    if (address !== undefined && programmed?.status === 'True') return ok(address)
    const why = programmed?.message ?? 'Istio has not taken it up'
    return failed(why, 'kubectl -n istio-system describe gateway eastwest')
  },
}

export const resolvesCheck: Check<{ readonly host: string; readonly addresses: readonly string[] }> = {
  code: 'EA1352',
  area: 'gateway',
  title: 'Its address resolves',
  when: 'after',
  read: async ({ gateway }) => {
    const [host, addresses] = await Promise.all([gateway.address(), gateway.resolved()])
    return { host, addresses }
  },
  judge: ({ host, addresses }) =>
    addresses.length > 0
      ? ok(`${host} is ${addresses.join(', ')}`)
      : failed(`${host} does not resolve; a new load balancer takes some minutes`, `nslookup ${host}`),
}

export interface DoorSeen {
  readonly host: string
  readonly addresses: readonly string[]
  /** Why the port does not open from here. */
  readonly shut: string | undefined
  readonly balancer:
    | {
        readonly internal: boolean
        readonly ports: readonly number[]
        readonly inService: number
        readonly all: number
      }
    | undefined
}

/** An internal load balancer is not reached from everywhere: then ELB says whether it serves. */
export const answersCheck: Check<DoorSeen> = {
  code: 'EA1353',
  area: 'gateway',
  title: `It answers on istiod's port, ${ISTIOD_PORT}`,
  when: 'after',
  read: async ({ gateway }) => {
    const [host, addresses, shut, balancer] = await Promise.all([
      gateway.address(),
      gateway.resolved(),
      gateway.shut(),
      gateway.balancer(),
    ])
    return { host, addresses, shut, balancer }
  },
  judge: ({ host, addresses, shut, balancer }) => {
    const look = 'kubectl -n istio-system get pods,service -l gateway.networking.k8s.io/gateway-name=eastwest'
    if (shut === undefined) return ok(`${host}:${ISTIOD_PORT} takes connections`)
    if (balancer !== undefined && !balancer.ports.includes(ISTIOD_PORT)) {
      return failed(`its load balancer has no listener on ${ISTIOD_PORT}`, 'ecs-ambient istio expose')
    }
    if (balancer !== undefined && balancer.inService === 0) {
      return failed(`none of the ${balancer.all} instances of its load balancer is in service`, look)
    }
    const far = UNREACHED.test(shut) && (balancer?.internal || addresses.every(isPrivate))
    if (!far) return failed(`${host}:${ISTIOD_PORT}: ${shut}`, look)
    return balancer === undefined
      ? warning(`it is private and not reached from here (${shut})`)
      : ok(`it is internal and not reached from here; ${balancer.inService} of ${balancer.all} instances serve it`)
  },
}

/** What a connection ends with where there is no way; a refusal shows that there is one. */
const UNREACHED = /no answer|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOTFOUND/

const isPrivate = (address: string): boolean =>
  /^(10|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(address)

export const gatewayChecks: readonly AnyCheck[] = [programmedCheck, resolvesCheck, answersCheck]
