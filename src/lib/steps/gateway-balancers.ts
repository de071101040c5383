import type { SecurityGroup } from '@aws-sdk/client-ec2'
import { GATEWAY_NAME, ISTIO_NAMESPACE } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'
import type { Change } from '../engine/plan.ts'
import type { StepContext } from '../engine/step.ts'
import type { Look } from '../engine/wait.ts'
import { kindRef } from '../kubernetes/objects.ts'
import { needKubernetes, type ReadClients, type WriteClients } from './clients.ts'
import { nameOf } from './objects.ts'
import { deleteGroups, ownedTag } from './owned-groups.ts'

/** The classic load balancers behind the east-west gateway: made by Kubernetes, left behind when that goes first. */

/** Milliseconds. */
const LIMIT = 10 * 60_000

export const LOAD_BALANCER = 'load-balancer'

export const orphanRemoval = (name: string): Change => ({
  action: 'delete',
  kind: LOAD_BALANCER,
  name,
  reason: 'no Gateway that can be reached takes it away',
})

/** Kubernetes marks the load balancers that it makes with the cluster and the Service. */
export async function balancersOf({ aws: { elb } }: ReadClients, desired: Settings): Promise<readonly string[]> {
  const names = (await elb.loadBalancers()).flatMap(({ LoadBalancerName }) => LoadBalancerName ?? [])
  const tags = await elb.tags(names)
  return names.filter(name => {
    const { [ownedTag(desired)]: cluster, 'kubernetes.io/service-name': service } = tags.get(name) ?? {}
    return cluster === 'owned' && (service === SERVICE || service?.startsWith(`${SERVICE}-`) === true)
  })
}

const SERVICE = `${ISTIO_NAMESPACE}/${GATEWAY_NAME}`

/** With its security groups, which nobody else takes away once its Service is gone. */
export async function deleteOrphan(name: string, context: StepContext<Settings, WriteClients>): Promise<void> {
  const { ec2, elb } = context.clients.aws
  const ids = (await elb.loadBalancer(name))?.SecurityGroups ?? []
  await elb.deleteLoadBalancer(name)
  await waitForBalancers([name], context)
  if (ids.length === 0) return
  // Kubernetes lets a load balancer in by a rule of the nodes' group, which names the load balancer's.
  const owned = await ec2.securityGroups({ [`tag:${ownedTag(context.desired)}`]: ['owned'] })
  const isOfBalancer = ({ GroupId = '' }: SecurityGroup) => ids.includes(GroupId)
  await deleteGroups(
    owned.filter(isOfBalancer),
    context,
    owned.filter(group => !isOfBalancer(group)),
  )
}

/** The Service holds on to its load balancer until that is gone. */
export async function waitForService({ clients, desired, waitFor }: StepContext<Settings, ReadClients>): Promise<void> {
  const kubernetes = await needKubernetes(clients, desired)
  const labelSelector = `gateway.networking.k8s.io/gateway-name=${GATEWAY_NAME}`
  await waitFor<void>({
    what: `the load balancer of Gateway ${SERVICE} to be gone`,
    limit: desired.timeout ?? LIMIT,
    look: async (): Promise<Look<void>> => {
      const [service] = await kubernetes.list(kindRef('Service'), { namespace: ISTIO_NAMESPACE, labelSelector })
      return service === undefined ? { done: undefined } : { last: `Service ${nameOf(service)} is still there` }
    },
  })
}

export async function waitForBalancers(
  names: readonly string[],
  { clients, desired, waitFor }: StepContext<Settings, ReadClients>,
): Promise<void> {
  if (names.length === 0) return
  await waitFor<void>({
    what: `load balancer ${names.join(', ')} to be gone`,
    limit: desired.timeout ?? LIMIT,
    look: async (): Promise<Look<void>> => {
      const left = await Promise.all(names.map(name => clients.aws.elb.loadBalancer(name)))
      return left.every(balancer => balancer === undefined) ? { done: undefined } : {}
    },
  })
}
