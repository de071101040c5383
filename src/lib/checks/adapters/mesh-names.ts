import { meshProfile } from '../../config/mesh-profile.ts'
import type { EcsClusterSettings, Settings } from '../../config/settings.ts'
import type { KubernetesReader } from '../../kubernetes/client.ts'
import { type KubernetesObject, kindRef } from '../../kubernetes/objects.ts'
import type { ReadClients } from '../../steps/clients.ts'
import { meshVersion } from '../../steps/mesh-version.ts'
import type { MeshNames } from '../places.ts'

interface ServiceEntry extends KubernetesObject {
  readonly spec?: { readonly hosts?: readonly string[] }
}

/** Under which names ECS services are called: as their ServiceEntry has it, else as the Istio version does. */
export async function meshNames(settings: Settings, clients: ReadClients): Promise<MeshNames> {
  const [version, kubernetes] = await Promise.all([meshVersion(settings, clients), clients.kubernetes()])
  const profile = meshProfile(version)
  const hosts = kubernetes ? await hostsIn(kubernetes, settings.ecsClusters) : new Map<string, readonly string[]>()
  return {
    ecsHost: ({ name, namespace }, service) =>
      hostOf(service, name, hosts.get(namespace) ?? []) ?? profile.hostName(service, name),
    ecsServiceAccount: ({ serviceAccount }) => (profile.addService.serviceAccount ? serviceAccount : 'default'),
  }
}

/** By namespace. */
async function hostsIn(
  kubernetes: Pick<KubernetesReader, 'list'>,
  clusters: readonly EcsClusterSettings[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const namespaces = [...new Set(clusters.map(({ namespace }) => namespace))]
  const found = await Promise.all(
    namespaces.map(async namespace => {
      const entries = await kubernetes.list<ServiceEntry>(kindRef('ServiceEntry'), { namespace })
      return [namespace, entries.flatMap(({ spec }) => spec?.hosts ?? [])] as const
    }),
  )
  return new Map(found)
}

/** The service's name is the first label of its host; where two clusters share a namespace, the cluster's is another. */
function hostOf(service: string, cluster: string, hosts: readonly string[]): string | undefined {
  const named = hosts.filter(host => host.split('.')[0] === service)
  return named.find(host => host.split('.').includes(cluster)) ?? (named.length === 1 ? named[0] : undefined)
}
