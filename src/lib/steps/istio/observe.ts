import { ISTIO_NAMESPACE } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import { Failure } from '../../engine/failure.ts'
import type { StepContext } from '../../engine/step.ts'
import { type Deployment, type KubernetesObject, ref } from '../../kubernetes/objects.ts'
import type { ReadClients } from '../clients.ts'
import { foreignIn } from '../foreign.ts'
import { type InstalledIstio, installedIstio } from '../mesh-version.ts'
import { type Workload, workloadLags } from '../workloads.ts'

export interface IstioSeen {
  readonly cluster: boolean
  readonly gatewayApi: boolean
  /** What we wrote down of an installation of ours. */
  readonly installed?: InstalledIstio
  readonly namespace?: KubernetesObject
  /** Parts of Istio that stand, and what each lacks. */
  readonly parts: readonly { readonly name: string; readonly lags?: string }[]
  /** Somebody has scaled istiod to 0. */
  readonly stopped: boolean
  /** The version of the istioctl that is there, or why there is none that fits. */
  readonly istioctl: string | Failure
  /** What others keep in the namespace, where it is ours. */
  readonly foreign: readonly string[]
}

/** What Istio in ambient mode is made of. */
export const PARTS: readonly Workload[] = [
  { kind: 'Deployment', name: 'istiod', namespace: ISTIO_NAMESPACE },
  { kind: 'DaemonSet', name: 'ztunnel', namespace: ISTIO_NAMESPACE },
  { kind: 'DaemonSet', name: 'istio-cni-node', namespace: ISTIO_NAMESPACE },
]

export const ISTIOD = ref('Deployment', 'istiod', ISTIO_NAMESPACE)

export async function observeIstio({ clients }: StepContext<Settings, ReadClients>): Promise<IstioSeen> {
  const [kubernetes, istioctl] = await Promise.all([clients.kubernetes(), istioctlVersion(clients)])
  if (kubernetes === undefined)
    return { cluster: false, gatewayApi: false, parts: [], stopped: false, istioctl, foreign: [] }
  const [installed, namespace, crd, lags, istiod, foreign] = await Promise.all([
    installedIstio(kubernetes),
    kubernetes.get(ref('Namespace', ISTIO_NAMESPACE)),
    kubernetes.get(ref('CustomResourceDefinition', 'gateways.gateway.networking.k8s.io')),
    Promise.all(PARTS.map(part => workloadLags(kubernetes, part))),
    kubernetes.get<Deployment>(ISTIOD),
    foreignIn(kubernetes, ISTIO_NAMESPACE),
  ])
  return {
    cluster: true,
    gatewayApi: crd !== undefined,
    ...(installed ? { installed } : {}),
    ...(namespace ? { namespace } : {}),
    parts: PARTS.map(({ name }, index) => ({ name, ...(lags[index] === undefined ? {} : { lags: lags[index] }) })),
    stopped: istiod?.spec?.replicas === 0,
    istioctl,
    foreign,
  }
}

async function istioctlVersion({ tools }: ReadClients): Promise<string | Failure> {
  try {
    return await tools.istioctlVersion()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}
