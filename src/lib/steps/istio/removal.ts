import { ISTIO_CONFIG_MAP, ISTIO_NAMESPACE } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import { isFailure } from '../../engine/failure.ts'
import type { StepContext } from '../../engine/step.ts'
import type { KubernetesReader } from '../../kubernetes/client.ts'
import { isOurs } from '../../kubernetes/differences.ts'
import {
  type CustomResourceDefinition,
  describe,
  type Kind,
  type KubernetesObject,
  kindRef,
  ref,
  storageKind,
} from '../../kubernetes/objects.ts'
import type { IstioctlWriter } from '../../tools/istioctl.ts'
import { needKubernetes, type WriteClients } from '../clients.ts'
import { isDiscovered } from '../entries.ts'
import { deleteObject } from '../objects.ts'
import { retryTool } from '../retry-tool.ts'

/** istioctl marks all that it installs with the part of Istio that it belongs to. */
const INSTALLED = 'operator.istio.io/component'

const IN_NAMESPACE: readonly Kind[] = ['Deployment', 'DaemonSet', 'Service', 'ConfigMap', 'ServiceAccount']
const CLUSTER_WIDE: readonly Kind[] = [
  'ClusterRole',
  'ClusterRoleBinding',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
]

type Removing = StepContext<Settings, WriteClients>

/**
 * By istioctl; where there is none, by the labels that it gave to everything. istioctl would take the CRDs along, and
 * with them every object of theirs: while others have some, the CRDs stay.
 */
export async function removeIstio(context: Removing): Promise<undefined> {
  const { clients, desired, signal, output, warn } = context
  const kubernetes = await needKubernetes(clients, desired)
  const foreign = await foreignConfiguration(kubernetes)
  if (foreign.length > 0)
    warn(`The CRDs of Istio stay: ${foreign.join(', ')} ${foreign.length === 1 ? 'is' : 'are'} not ours.`)
  const istioctl = foreign.length > 0 ? undefined : await fittingIstioctl(context)
  if (istioctl) {
    const watch = { signal, onLine: (line: string) => output('istioctl', line) }
    await retryTool(context, 'istioctl uninstall', () => istioctl.uninstall(watch))
  } else {
    const labelled = { namespace: ISTIO_NAMESPACE, labelSelector: INSTALLED }
    const installed = await Promise.all(IN_NAMESPACE.map(kind => kubernetes.list(kindRef(kind), labelled)))
    await deleteAll(installed.flat())
  }
  await deleteAll(await leftovers(kubernetes, foreign.length === 0))
  // Last, so that a removal that was broken off is taken up again.
  const map = await kubernetes.get(ref('ConfigMap', ISTIO_CONFIG_MAP, ISTIO_NAMESPACE))
  if (map) await deleteAll([map])
  return undefined

  async function deleteAll(objects: readonly KubernetesObject[]): Promise<void> {
    await Promise.all(objects.map(object => deleteObject(kubernetes, object, context)))
  }
}

async function fittingIstioctl({ clients, warn }: Removing): Promise<IstioctlWriter | undefined> {
  try {
    return await clients.tools.istioctl()
  } catch (error) {
    if (!isFailure(error) || (error.code !== 'TOOL_NOT_FOUND' && error.code !== 'TOOL_VERSION')) throw error
    warn('No istioctl that fits was found: Istio is taken away by the labels of its objects.')
    return undefined
  }
}

/** Objects of Istio that do not go with its namespace. */
async function leftovers(kubernetes: KubernetesReader, withCrds: boolean): Promise<readonly KubernetesObject[]> {
  const kinds: readonly Kind[] = withCrds ? [...CLUSTER_WIDE, 'CustomResourceDefinition'] : CLUSTER_WIDE
  const [rootCerts, ...clusterWide] = await Promise.all([
    // istiod writes one into every namespace and takes none away.
    kubernetes.list(kindRef('ConfigMap'), { labelSelector: 'istio.io/config=true' }),
    ...kinds.map(kind => kubernetes.list(kindRef(kind), { labelSelector: INSTALLED })),
  ])
  const elsewhere = rootCerts.filter(
    ({ metadata: { name, namespace } }) => name === 'istio-ca-root-cert' && namespace !== ISTIO_NAMESPACE,
  )
  return [...clusterWide.flat(), ...elsewhere]
}

/** Policies, entries and the like that neither we nor istiod made. */
async function foreignConfiguration(kubernetes: KubernetesReader): Promise<readonly string[]> {
  const crds = await kubernetes.list<CustomResourceDefinition>(kindRef('CustomResourceDefinition'))
  const kinds = crds.filter(({ spec }) => spec?.group.endsWith('.istio.io')).flatMap(crd => storageKind(crd) ?? [])
  const objects = (await Promise.all(kinds.map(kind => kubernetes.list(kind)))).flat()
  return objects.filter(object => !isOurs(object) && !isDiscovered(object)).map(describe)
}
