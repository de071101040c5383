import { ISTIO_CONFIG_MAP, ISTIO_NAMESPACE } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'
import type { KubernetesReader } from '../kubernetes/client.ts'
import { type ConfigMap, ref } from '../kubernetes/objects.ts'
import type { ReadClients } from './clients.ts'

/** What we wrote down of the Istio that we installed. */
export interface InstalledIstio {
  readonly version: string
  /** Of all that was asked for; empty while an installation is under way or was broken off. */
  readonly fingerprint: string
}

export async function installedIstio(kubernetes: KubernetesReader | undefined): Promise<InstalledIstio | undefined> {
  const map = await kubernetes?.get<ConfigMap>(ref('ConfigMap', ISTIO_CONFIG_MAP, ISTIO_NAMESPACE))
  return map && { version: map.data?.version ?? '', fingerprint: map.data?.fingerprint ?? '' }
}

/** Who can be asked about the mesh. */
export interface MeshReaders {
  readonly kubernetes: () => Promise<KubernetesReader | undefined>
  readonly tools: Pick<ReadClients['tools'], 'istioctlVersion'>
}

/**
 * The version of Istio by which the mesh profile is chosen: the one that is asked for, else the one that we installed,
 * else that of the istioctl that is there. Undefined where none of them is known.
 */
export async function meshVersion(
  settings: Pick<Settings, 'istioVersion'>,
  clients: MeshReaders,
): Promise<string | undefined> {
  if (settings.istioVersion !== undefined) return settings.istioVersion
  const installed = await installedIstio(await clients.kubernetes())
  if (installed?.version) return installed.version
  return clients.tools.istioctlVersion().catch(() => undefined)
}
