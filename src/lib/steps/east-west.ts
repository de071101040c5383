import { lookup } from 'node:dns/promises'
import { type MeshProfile, meshProfile } from '../config/mesh-profile.ts'
import { GATEWAY_NAME, ISTIO_NAMESPACE } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'
import type { Change } from '../engine/plan.ts'
import type { Step } from '../engine/step.ts'
import type { Look } from '../engine/wait.ts'
import { manifest } from '../kubernetes/manifests.ts'
import { conditionOf, type Gateway, type KubernetesObject, ref } from '../kubernetes/objects.ts'
import { needKubernetes, type ReadClients, type WriteClients } from './clients.ts'
import {
  balancersOf,
  deleteOrphan,
  LOAD_BALANCER,
  orphanRemoval,
  waitForBalancers,
  waitForService,
} from './gateway-balancers.ts'
import { meshVersion } from './mesh-version.ts'
import {
  applyObject,
  liveOf,
  nameOf,
  observeObjects,
  type Pair,
  planObjectRemoval,
  planObjects,
  refOf,
} from './objects.ts'
import { NO_GATEWAY_API, NO_ISTIO, noCluster } from './pending.ts'
import { newestWarning } from './warnings.ts'

export interface EastWestSeen {
  readonly cluster: boolean
  readonly gatewayApi: boolean
  readonly istio: boolean
  readonly pairs: readonly Pair[]
  /** Classic load balancers that the cluster made for the gateway's Service. */
  readonly loadBalancers: readonly string[]
}

/** Answers when a host name resolves; rejects while it does not. */
export type Resolve = (host: string) => Promise<unknown>

/** Milliseconds. */
const PROGRAMMED_LIMIT = 10 * 60_000
const RESOLVES_LIMIT = 10 * 60_000

/** The gateway by which ztunnels on ECS reach istiod and the mesh. */
export const newEastWestStep = (
  resolve: Resolve = host => lookup(host),
): Step<Settings, ReadClients, WriteClients, EastWestSeen> => ({
  id: 'east-west',
  title: 'East-west gateway',
  dependsOn: ['istio'],

  async observe({ clients, desired }) {
    const [kubernetes, version, loadBalancers] = await Promise.all([
      clients.kubernetes(),
      meshVersion(desired, clients),
      balancersOf(clients, desired),
    ])
    if (kubernetes === undefined) return { cluster: false, gatewayApi: false, istio: false, pairs: [], loadBalancers }
    const [crd, istiod, pairs] = await Promise.all([
      kubernetes.get(ref('CustomResourceDefinition', 'gateways.gateway.networking.k8s.io')),
      kubernetes.get(ref('Deployment', 'istiod', ISTIO_NAMESPACE)),
      observeObjects(kubernetes, eastWestObjects(desired, meshProfile(version))),
    ])
    return { cluster: true, gatewayApi: crd !== undefined, istio: istiod !== undefined, pairs, loadBalancers }
  },

  decide({ cluster, gatewayApi, istio, pairs }, desired) {
    const pending = [
      ...(cluster ? [] : [noCluster(desired)]),
      ...(gatewayApi ? [] : [NO_GATEWAY_API]),
      ...(istio ? [] : [NO_ISTIO]),
    ]
    if (pending.length > 0) return { changes: [], present: planObjectRemoval(liveOf(pairs)).present, pending }
    const plan = planObjects(pairs, desired)
    return { ...plan, changes: plan.changes.flatMap(change => replaced(change, pairs)) }
  },

  decideRemoval({ pairs, loadBalancers }) {
    const plan = planObjectRemoval(liveOf(pairs))
    // While the Gateway stands, its load balancer goes with it.
    const orphans = liveOf(pairs).length > 0 ? [] : loadBalancers
    return {
      ...plan,
      changes: [...plan.changes, ...orphans.map(orphanRemoval)],
      present: [...plan.present, ...orphans.map(name => ({ kind: LOAD_BALANCER, name, ours: true }))],
    }
  },

  async apply(change, context) {
    if (change.kind === LOAD_BALANCER) {
      await deleteOrphan(change.name, context)
      return undefined
    }
    const id = await applyObject(change, context)
    if (change.action === 'delete') {
      await waitForService(context)
      await waitForBalancers(context.seen.loadBalancers, context)
    }
    return id
  },

  async verify(context) {
    const { clients, desired, waitFor } = context
    const kubernetes = await needKubernetes(clients, desired)
    const gatewayRef = ref('Gateway', GATEWAY_NAME, ISTIO_NAMESPACE)
    const address = await waitFor<string>({
      what: `Gateway ${nameOf(gatewayRef)} to be programmed with an address`,
      limit: desired.timeout ?? PROGRAMMED_LIMIT,
      usual: 90_000,
      suggestions: [`kubectl -n ${ISTIO_NAMESPACE} describe gateway ${GATEWAY_NAME}`],
      look: async () => {
        const look = programmed(await kubernetes.get<Gateway>(gatewayRef))
        if ('done' in look) return look
        const refused = await newestWarning(kubernetes, SERVICE_OF_GATEWAY)
        return refused === undefined ? look : { last: refused }
      },
    })
    await waitFor<void>({
      what: `${address} to resolve`,
      limit: desired.timeout ?? RESOLVES_LIMIT,
      usual: 60_000,
      look: async (): Promise<Look<void>> => {
        try {
          await resolve(address)
          return { done: undefined }
        } catch (error) {
          return { last: error instanceof Error ? error.message : String(error) }
        }
      },
    })
    return { gatewayAddress: address }
  },
})

export const eastWestStep = newEastWestStep()

export function eastWestObjects(
  { publicGateway }: Pick<Settings, 'publicGateway'>,
  { listeners }: Pick<MeshProfile, 'listeners'>,
): readonly KubernetesObject[] {
  return manifest('east-west', {
    annotations: publicGateway ? PUBLIC : INTERNAL,
    listeners: listeners.map(listener => ({ ...listener, tls: { mode: 'Passthrough' } })),
  })
}

/** Both the controller in the cluster's control plane and AWS's own Load Balancer Controller are told. */
const SCHEME = 'service.beta.kubernetes.io/aws-load-balancer-scheme'
const INTERNAL = { [SCHEME]: 'internal', 'service.beta.kubernetes.io/aws-load-balancer-internal': 'true' }
const PUBLIC = { [SCHEME]: 'internet-facing' }

/** A load balancer can't change between internal and internet-facing: the gateway is made anew. */
function replaced(change: Change, pairs: readonly Pair[]): readonly Change[] {
  const live = pairs.find(({ desired }) => nameOf(desired) === change.name)?.live as Gateway | undefined
  const scheme = (gateway: Gateway | undefined) => gateway?.spec?.infrastructure?.annotations?.[SCHEME]
  const wanted = scheme(change.detail as Gateway)
  if (live === undefined || change.action === 'create' || scheme(live) === wanted) return [change]
  const removal: Change = {
    ...change,
    action: 'delete',
    reason: `its load balancer must become ${wanted}`,
    detail: refOf(live),
    stage: 0,
  }
  return [removal, { ...change, action: 'create' }]
}

/** Whose load balancer the address is: what keeps it from being made is told of this Service alone. */
const SERVICE_OF_GATEWAY = { namespace: ISTIO_NAMESPACE, kind: 'Service', name: GATEWAY_NAME } as const

function programmed(gateway: Gateway | undefined): Look<string> {
  if (gateway === undefined) return { last: 'does not exist' }
  const condition = conditionOf(gateway, 'Programmed')
  const address = gateway.status?.addresses?.[0]?.value
  if (condition?.status === 'True' && address !== undefined) return { done: address }
  return { last: condition?.message ?? condition?.reason ?? 'no condition Programmed yet' }
}
