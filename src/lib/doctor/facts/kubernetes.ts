import { ISTIO_NAMESPACE } from '../../config/names.ts'
import type { CustomResourceDefinition, KubernetesObject } from '../../kubernetes/objects.ts'
import { type DaemonSet, type Deployment, kindRef, type Pod, ref } from '../../kubernetes/objects.ts'
import { needKubernetes } from '../../steps/clients.ts'
import { meshVersion } from '../../steps/mesh-version.ts'
import { Needs } from '../check.ts'
import { once, oncePer } from '../once.ts'
import type { EksFacts } from './eks.ts'
import type { Sources } from './sources.ts'

export interface Node extends KubernetesObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[]
  }
}

export type KubernetesFacts = ReturnType<typeof kubernetesFacts>

export function kubernetesFacts({ settings, clients }: Sources, eks: EksFacts) {
  const api = once(async () => {
    if ((await eks.apiShut()) !== undefined) throw new Needs('the Kubernetes API', 'EA1203')
    return needKubernetes(clients, settings)
  })
  const daemonSet = oncePer(async (name: string) => {
    const namespace = name === 'aws-node' ? 'kube-system' : ISTIO_NAMESPACE
    return (await api()).get<DaemonSet>(ref('DaemonSet', name, namespace))
  })
  return {
    /** @throws Needs where it can't be reached */
    api,
    /** Rejects with `KUBERNETES_UNAUTHORIZED` or `_FORBIDDEN` where the caller isn't let in. */
    entry: once(async () => (await api()).get(ref('Namespace', 'kube-system'))),
    nodes: once(async () => (await api()).list<Node>({ apiVersion: 'v1', kind: 'Node' })),
    daemonSet,
    istiod: once(async () => (await api()).get<Deployment>(ref('Deployment', 'istiod', ISTIO_NAMESPACE))),
    /** Those of Istio. */
    pods: once(async () => (await api()).list<Pod>(kindRef('Pod'), { namespace: ISTIO_NAMESPACE })),
    gatewayCrd: once(async () =>
      (await api()).get<CustomResourceDefinition>(
        ref('CustomResourceDefinition', 'gateways.gateway.networking.k8s.io'),
      ),
    ),
    meshVersion: once(() => meshVersion(settings, clients)),
  }
}
