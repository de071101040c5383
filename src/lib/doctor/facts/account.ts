import type { Caller } from '../../aws/sts.ts'
import { once, oncePer } from '../once.ts'
import { type Place, placesOf } from '../places.ts'
import type { Sources } from './sources.ts'

/** Whose rights can be simulated: a user's or a role's, but not the root user's, who may everything. */
export interface Principal {
  readonly arn: string
  readonly kind: 'user' | 'role' | 'root' | 'other'
}

export interface Quota {
  readonly service: string
  readonly code: string
}

export type AccountFacts = ReturnType<typeof accountFacts>

export function accountFacts({ settings, clients: { aws } }: Sources) {
  const caller = once(() => aws.sts.caller())
  const principal = once(async () => principalOf(await caller(), async name => (await aws.iam.role(name))?.Arn))
  const limit = oncePer((key: string) => {
    const [service = '', code = ''] = key.split(' ')
    return aws.quotas.limit(service, code)
  })
  return {
    caller,
    principal,
    /** Until when the credentials are good; undefined where for ever. */
    expiration: once(async () => (await aws.sts.credentials()).expiration),
    /** What the caller's policies say of actions in a place, as IAM simulates it. */
    decisions: async (actions: readonly string[], place: Place) => {
      const [{ account, partition }, { arn }] = await Promise.all([caller(), principal()])
      return aws.iam.simulate(arn, actions, placesOf(settings, { account, partition })[place])
    },
    simulate: aws.iam.simulate.bind(aws.iam),
    quota: ({ service, code }: Quota) => limit(`${service} ${code}`),
    vpcs: once(() => aws.ec2.vpcCount()),
    addresses: once(() => aws.ec2.addressCount()),
    loadBalancers: once(() => aws.elb.loadBalancers()),
    /** vCPUs of all Fargate tasks that run in the region. */
    fargateCpus: once(async () => {
      const clusters = await aws.ecs.clusterArns()
      const tasks = (await Promise.all(clusters.map(cluster => aws.ecs.tasks(cluster)))).flat()
      const units = tasks.filter(({ launchType }) => launchType !== 'EC2').map(({ cpu }) => Number(cpu ?? 0))
      return units.reduce((sum, cpu) => sum + cpu, 0) / UNITS
    }),
  }
}

/** ECS counts CPU in units of which a vCPU has so many. */
export const UNITS = 1024

/** An assumed role is known by its session; policies belong to the role, whose path the session does not tell. */
export async function principalOf(
  { arn, partition, account }: Caller,
  roleArn: (name: string) => Promise<string | undefined>,
): Promise<Principal> {
  const [kind = '', name = ''] = (arn.split(':')[5] ?? '').split('/')
  if (kind === 'root') return { arn, kind }
  if (kind === 'user') return { arn, kind }
  if (kind !== 'assumed-role') return { arn, kind: 'other' }
  return { kind: 'role', arn: (await roleArn(name)) ?? `arn:${partition}:iam::${account}:role/${name}` }
}
