import type { Settings } from '../config/settings.ts'
import { Failure } from '../engine/failure.ts'
import type { Plan } from '../engine/plan.ts'
import type { Step, StepContext } from '../engine/step.ts'
import type { KubernetesReader } from '../kubernetes/client.ts'
import { differences, isOurs } from '../kubernetes/differences.ts'
import {
  type CustomResourceDefinition,
  conditionOf,
  describe,
  type Gateway,
  type KubernetesObject,
  kindRef,
  storageKind,
} from '../kubernetes/objects.ts'
import { needKubernetes, type ReadClients, type WriteClients } from './clients.ts'
import { BUNDLE_CODES, bundleFrom, GROUP } from './gateway-api-bundle.ts'
import { ADOPT, notOurs, usedAsItIs } from './not-ours.ts'
import { applyObject, nameOf, observeObjects, type Pair, planObjectRemoval, planObjects } from './objects.ts'
import { noCluster } from './pending.ts'

export interface GatewayApiSeen {
  readonly cluster: boolean
  /** What the release holds beside what the cluster has, or why the release can't be had. Removal needs neither. */
  readonly bundle: readonly Pair[] | Failure
  /** Everything of the release that we applied, whichever release it was. */
  readonly ours: readonly KubernetesObject[]
  /** Objects of these kinds that aren't ours: while there are any, their CRDs stay. */
  readonly foreign: readonly string[]
}

/** Milliseconds. */
const ESTABLISHED_LIMIT = 2 * 60_000

/** The CRDs of the Kubernetes Gateway API, from a release's URL or a file. */
export const gatewayApiStep: Step<Settings, ReadClients, WriteClients, GatewayApiSeen> = {
  id: 'gateway-api',
  title: 'Gateway API CRDs',
  dependsOn: ['cluster'],

  async observe({ clients, desired, retry }) {
    const kubernetes = await clients.kubernetes()
    if (kubernetes === undefined) return { cluster: false, bundle: [], ours: [], foreign: [] }
    const [bundle, ours] = await Promise.all([
      observeBundle(kubernetes, desired.gatewayApi, retry),
      ourObjects(kubernetes),
    ])
    return { cluster: true, bundle, ours, foreign: await foreignObjects(kubernetes, ours, desired) }
  },

  decide({ cluster, bundle, ours }, desired) {
    if (!cluster) return { changes: [], present: [], pending: [noCluster(desired)] }
    if (bundle instanceof Failure) throw bundle
    return {
      ...planBundle(bundle, desired),
      facts: { version: versionOf(ours) ?? versionOf(bundle.map(b => b.desired)) },
    }
  },

  decideRemoval({ ours, foreign }): Plan {
    const plan = planObjectRemoval(ours)
    if (ours.length === 0 || foreign.length === 0) return plan
    const warning = `The Gateway API CRDs stay: ${foreign.join(', ')} ${foreign.length === 1 ? 'is' : 'are'} not ours.`
    return { changes: [], present: plan.present.map(resource => ({ ...resource, ours: false })), warnings: [warning] }
  },

  apply: applyObject,

  async verify({ clients, desired, waitFor }) {
    const kubernetes = await needKubernetes(clients, desired)
    return waitFor({
      what: 'the Gateway API CRDs to be established',
      limit: desired.timeout ?? ESTABLISHED_LIMIT,
      look: async () => {
        const crds = await definitions(kubernetes)
        const waiting = crds.filter(crd => conditionOf(crd, 'Established')?.status !== 'True').map(nameOf)
        if (crds.length > 0 && waiting.length === 0) return { done: { version: versionOf(crds) } }
        return { last: waiting.length > 0 ? `waiting for ${waiting.join(', ')}` : 'there are none' }
      },
    })
  },
}

async function observeBundle(
  kubernetes: KubernetesReader,
  source: string,
  retry: StepContext<Settings, ReadClients>['retry'],
): Promise<GatewayApiSeen['bundle']> {
  try {
    return await observeObjects(kubernetes, await bundleFrom(source, retry))
  } catch (error) {
    if (error instanceof Failure && BUNDLE_CODES.has(error.code)) return error
    throw error
  }
}

/** A release of somebody else serves as well, as long as it serves the versions that ours would. */
export function planBundle(pairs: readonly Pair[], settings: Pick<Settings, 'adopt'>): Plan {
  const foreign = settings.adopt ? [] : pairs.filter(({ live }) => live !== undefined && !isOurs(live))
  const rest = planObjects(
    pairs.filter(pair => !foreign.includes(pair)),
    settings,
  )
  for (const { desired, live } of foreign) {
    const lacking = servedVersions(desired).filter(version => live && !servedVersions(live).includes(version))
    if (lacking.length > 0) throw notOurs(describe(desired), [`it does not serve ${lacking.join(', ')}`], [ADOPT])
  }
  const differing = foreign.filter(({ desired, live }) => live && differences(desired, live).length > 0)
  return {
    ...rest,
    present: [
      ...rest.present,
      ...foreign.map(({ desired }) => ({ kind: desired.kind, name: nameOf(desired), ours: false })),
    ],
    warnings: [...rest.warnings, ...differing.map(({ desired }) => usedAsItIs(describe(desired)))],
  }
}

const servedVersions = (object: KubernetesObject): readonly string[] =>
  ((object as CustomResourceDefinition).spec?.versions ?? []).filter(({ served }) => served).map(({ name }) => name)

async function definitions(kubernetes: KubernetesReader): Promise<readonly CustomResourceDefinition[]> {
  const all = await kubernetes.list<CustomResourceDefinition>(kindRef('CustomResourceDefinition'))
  return all.filter(({ spec }) => spec?.group === GROUP)
}

/** Later releases bring an admission policy beside the CRDs. */
const OTHER_KINDS = ['ValidatingAdmissionPolicyBinding', 'ValidatingAdmissionPolicy'].map(kind => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind,
}))

async function ourObjects(kubernetes: KubernetesReader): Promise<readonly KubernetesObject[]> {
  const [crds, ...others] = await Promise.all([
    definitions(kubernetes),
    ...OTHER_KINDS.map(kind => kubernetes.list(kind)),
  ])
  const belongs = (object: KubernetesObject) =>
    object.metadata.name.endsWith(GROUP) || versionOf([object]) !== undefined
  return [...crds.filter(isOurs), ...others.flat().filter(object => isOurs(object) && belongs(object))]
}

const versionOf = (objects: readonly KubernetesObject[]): string | undefined =>
  objects
    .map(({ metadata }) => metadata.annotations?.[`${GROUP}/bundle-version`])
    .find(version => version !== undefined)

/** Of the kinds whose CRDs are ours. What Istio and we made needs no CRD any more once those are gone. */
async function foreignObjects(
  kubernetes: KubernetesReader,
  ours: readonly KubernetesObject[],
  settings: Settings,
): Promise<readonly string[]> {
  const crds = ours.filter(({ kind }) => kind === 'CustomResourceDefinition')
  const kinds = crds.flatMap(crd => storageKind(crd as CustomResourceDefinition) ?? [])
  const objects = (await Promise.all(kinds.map(kind => kubernetes.list(kind)))).flat()
  return objects.filter(object => !isOurs(object) && !isMeshMade(object, settings)).map(describe)
}

/** Classes are made by istiod, waypoints of our namespaces by istioctl. */
function isMeshMade(object: KubernetesObject, { ecsClusters }: Settings): boolean {
  if (object.kind === 'GatewayClass') {
    const { controllerName } = (object.spec ?? {}) as { controllerName?: string }
    return controllerName?.startsWith('istio.io/') === true
  }
  const isWaypoint = (object as Gateway).spec?.gatewayClassName === 'istio-waypoint'
  return isWaypoint && ecsClusters.some(({ namespace }) => namespace === object.metadata.namespace)
}
