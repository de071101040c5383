import { ISTIO_CONFIG_MAP, ISTIO_NAMESPACE } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import { isFailure } from '../../engine/failure.ts'
import type { StepContext } from '../../engine/step.ts'
import type { KubernetesReader } from '../../kubernetes/client.ts'
import { type Kind, type KubernetesObject, kindRef, ref } from '../../kubernetes/objects.ts'
import { needKubernetes, type WriteClients } from '../clients.ts'
import { deleteObject } from '../objects.ts'

/** istioctl marks all that it installs with the part of Istio that it belongs to. */
const INSTALLED = 'operator.istio.io/component'

const IN_NAMESPACE: readonly Kind[] = ['Deployment', 'DaemonSet', 'Service', 'ConfigMap', 'ServiceAccount']
const CLUSTER_WIDE: readonly Kind[] = [
  'ClusterRole',
  'ClusterRoleBinding',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
]

/** Objects of Istio that do not go with its namespace. */
export async function istioLeftovers(kubernetes: KubernetesReader): Promise<readonly KubernetesObject[]> {
  const [rootCerts, ...clusterWide] = await Promise.all([
    // istiod writes one into every namespace and takes none away.
    kubernetes.list(kindRef('ConfigMap'), { labelSelector: 'istio.io/config=true' }),
    ...CLUSTER_WIDE.map(kind => kubernetes.list(kindRef(kind), { labelSelector: INSTALLED })),
  ])
  const elsewhere = rootCerts.filter(
    ({ metadata: { name, namespace } }) => name === 'istio-ca-root-cert' && namespace !== ISTIO_NAMESPACE,
  )
  return [...clusterWide.flat(), ...elsewhere]
}

/** By istioctl; where there is none, by the labels that it gave to everything. */
export async function removeIstio(context: StepContext<Settings, WriteClients>): Promise<undefined> {
  const { clients, desired, signal, output, warn } = context
  const kubernetes = await needKubernetes(clients, desired)
  const istioctl = await clients.tools.istioctl().catch(error => {
    if (isFailure(error) && (error.code === 'TOOL_NOT_FOUND' || error.code === 'TOOL_VERSION')) return undefined
    throw error
  })
  if (istioctl) {
    await istioctl.uninstall({ signal, onLine: line => output('istioctl', line) })
  } else {
    warn('No istioctl that fits was found: Istio is taken away by the labels of its objects.')
    const labelled = { namespace: ISTIO_NAMESPACE, labelSelector: INSTALLED }
    const installed = await Promise.all(IN_NAMESPACE.map(kind => kubernetes.list(kindRef(kind), labelled)))
    await Promise.all(installed.flat().map(object => deleteObject(kubernetes, object, context)))
  }
  const left = await istioLeftovers(kubernetes)
  await Promise.all(left.map(object => deleteObject(kubernetes, object, context)))
  // Last, so that a removal that was broken off is taken up again.
  const map = await kubernetes.get(ref('ConfigMap', ISTIO_CONFIG_MAP, ISTIO_NAMESPACE))
  if (map) await deleteObject(kubernetes, map, context)
  return undefined
}
