import { type AnyCheck, type Check, failed, type Judgement, notApplicable, ok, warning } from '../check.ts'
import type { Quota } from '../facts/account.ts'
import type { Facts } from '../facts/index.ts'

export interface Room {
  readonly used: number
  readonly limit: number | undefined
  /** How many more the walkthrough takes; 0 where it has them already. */
  readonly more: number
}

interface Counted extends Quota {
  readonly code: string
  readonly check: string
  readonly title: string
  /** What is counted, in the plural. */
  readonly what: string
  used(facts: Facts): Promise<number>
  more(facts: Facts): Promise<number>
}

export function judgeRoom(
  { used, limit, more }: Room,
  { what, service, code }: Pick<Counted, 'what' | 'service' | 'code'>,
): Judgement {
  if (more === 0) return notApplicable('what needs them stands already')
  if (limit === undefined) return warning(`the quota of ${what} is not known here`)
  const room = `${round(used)} of ${round(limit)} ${what} are in use, ${round(more)} more are needed`
  if (used + more <= limit) return ok(room)
  const wanted = Math.ceil(used + more)
  return failed(
    room,
    `aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${wanted}`,
  )
}

const round = (value: number): string => String(Math.round(value * 100) / 100)

/** Neither the VPC nor its NAT gateway is needed once the cluster stands. */
const unlessClusterStands = async ({ eks }: Facts): Promise<number> => ((await eks.cluster()) ? 0 : 1)

/** An address of the gateway is one of a load balancer. */
async function unlessGatewayStands({ eks, gateway }: Facts): Promise<number> {
  if ((await eks.cluster()) === undefined) return 1
  const standing = await gateway.gateway().catch(() => undefined)
  return standing?.status?.addresses?.length ? 0 : 1
}

/** vCPUs of one task of the demo. While a service is rolled out it has two. */
const TASK_CPUS = 0.25

async function cpusOfTasks({ settings, ecs }: Facts): Promise<number> {
  const wanted = settings.ecsClusters.flatMap(({ services }) => services).length
  const standing = (await ecs.found()).length
  return (2 * wanted - standing) * TASK_CPUS
}

const COUNTED: readonly Counted[] = [
  {
    check: 'EA1151',
    title: 'Room for a VPC',
    what: 'VPCs',
    service: 'vpc',
    code: 'L-F678F1CE',
    used: ({ account }) => account.vpcs(),
    more: unlessClusterStands,
  },
  {
    check: 'EA1152',
    title: 'Room for an elastic IP address',
    what: 'elastic IP addresses',
    service: 'ec2',
    code: 'L-0263D0A3',
    used: ({ account }) => account.addresses(),
    more: unlessClusterStands,
  },
  {
    check: 'EA1153',
    title: 'Room for a load balancer',
    what: 'classic load balancers',
    service: 'elasticloadbalancing',
    code: 'L-E9E9831D',
    used: async ({ account }) => (await account.loadBalancers()).length,
    more: unlessGatewayStands,
  },
  {
    check: 'EA1154',
    title: 'Room for the Fargate tasks',
    what: 'Fargate vCPUs',
    service: 'fargate',
    code: 'L-3032A538',
    used: ({ account }) => account.fargateCpus(),
    more: cpusOfTasks,
  },
]

export const quotaChecks: readonly AnyCheck[] = COUNTED.map(
  (counted): Check<Room> => ({
    code: counted.check,
    area: 'quotas',
    title: counted.title,
    when: 'pre',
    read: async facts => {
      const more = await counted.more(facts)
      if (more === 0) return { used: 0, limit: undefined, more }
      const [used, limit] = await Promise.all([counted.used(facts), facts.account.quota(counted)])
      return { used, limit, more }
    },
    judge: room => judgeRoom(room, counted),
  }),
)
