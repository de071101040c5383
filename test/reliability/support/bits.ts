import type { World } from './world.ts'

/** Every single thing that AWS keeps in a world, by where it is, with all that is known of it. */
export type Bits = ReadonlyMap<string, string>

export function bitsOf({ sandbox: { aws } }: World): Bits {
  const { ec2, ecs, eks, elb, logs, cloudformation } = aws.region()
  const clusters = [...ecs.clusters.values()]
  const kept: Readonly<Record<string, ReadonlyMap<string, unknown>>> = {
    role: aws.iam.roles,
    policy: aws.iam.policies,
    'oidc-provider': aws.iam.oidcProviders,
    ...ec2,
    'log-group': logs.groups,
    'load-balancer': elb.loadBalancers,
    stack: cloudformation.stacks,
    'eks-cluster': eks.clusters,
    'ecs-cluster': new Map(clusters.map(({ name, services: _, tasks: __, ...rest }) => [name, rest])),
    ...Object.fromEntries(clusters.map(({ name, services }) => [`service of ${name}`, services])),
    ...Object.fromEntries(clusters.map(({ name, tasks }) => [`task of ${name}`, tasks])),
    revision: new Map([...ecs.families.values()].flat().map(one => [one.shown.taskDefinitionArn ?? '', one])),
  }
  return new Map(
    Object.entries(kept).flatMap(([kind, all]) =>
      [...all].map(([key, one]) => [`${kind} ${key}`, written(one)] as const),
    ),
  )
}

/** What is not any more as it was, of what there was. */
export function changedBits(before: Bits, after: Bits): readonly string[] {
  return [...before].flatMap(([where, bits]) => {
    const now = after.get(where)
    return now === bits ? [] : [`${where}: ${now === undefined ? 'gone' : `${bits}\n    is now ${now}`}`]
  })
}

/**
 * What says nothing of the thing itself: who else refers to it, addresses that are given out next, and what tasks have
 * logged into a group of somebody else that has the name which ours would have.
 */
const BESIDES = new Set(['cluster', 'service', 'nextHost', 'changed', 'shut', 'resources', 'streams', 'eventCount'])

function written(one: unknown): string {
  return JSON.stringify(one, (key, value: unknown) => {
    if (BESIDES.has(key)) return undefined
    if (value instanceof Map) return Object.fromEntries(value)
    return value instanceof Set ? [...value] : value
  })
}
