import type { KubernetesReader } from '../kubernetes/client.ts'
import { isOurs } from '../kubernetes/differences.ts'
import { describe, type KindRef, type KubernetesObject, kindRef } from '../kubernetes/objects.ts'

/** What somebody may keep in a namespace and would miss. */
const KEPT: readonly KindRef[] = [
  kindRef('ConfigMap'),
  kindRef('Deployment'),
  kindRef('Pod'),
  kindRef('Service'),
  kindRef('AuthorizationPolicy'),
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  { apiVersion: 'v1', kind: 'Secret' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
]

/** Labels of what istioctl and istiod make. */
const ISTIO_LABELS = ['operator.istio.io/component', 'install.operator.istio.io/owning-resource', 'istio.io/config']
/** Kubernetes and istiod put these into namespaces by themselves. */
const GIVEN = /^(kube-root-ca\.crt|istio-.*)$/

/**
 * The objects in a namespace that neither we nor Istio made and that no other object stands for: while there are any,
 * the namespace stays, even one of ours.
 */
export async function foreignIn(kubernetes: KubernetesReader, namespace: string): Promise<readonly string[]> {
  const lists = await Promise.all(KEPT.map(kind => kubernetes.list(kind, { namespace })))
  return lists.flat().filter(isForeign).map(describe)
}

function isForeign(object: KubernetesObject): boolean {
  const { name, labels = {}, ownerReferences = [] } = object.metadata
  const given = GIVEN.test(name) && (object.kind === 'ConfigMap' || object.kind === 'Secret')
  return !isOurs(object) && ownerReferences.length === 0 && !given && !ISTIO_LABELS.some(label => label in labels)
}

/** What a plan says of a namespace that stays for the sake of others. */
export const staysFor = (namespace: string, foreign: readonly string[]): string =>
  `Namespace ${namespace} stays: ${foreign.join(', ')} ${foreign.length === 1 ? 'is' : 'are'} not ours.`
