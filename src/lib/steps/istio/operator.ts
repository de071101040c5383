import { createHash } from 'node:crypto'
import type { MeshProfile } from '../../config/mesh-profile.ts'
import type { Settings } from '../../config/settings.ts'

type Wanted = Pick<Settings, 'hub' | 'license' | 'ecsClusters'>

/** What istioctl is asked to install, as the guide has it, with what the version needs beyond. Holds the licence. */
export function istioOperator({ hub, license, ecsClusters }: Wanted, profile: MeshProfile): unknown {
  const { network } = profile
  return {
    apiVersion: 'install.istio.io/v1alpha1',
    kind: 'IstioOperator',
    spec: {
      profile: 'ambient',
      meshConfig: { accessLogFile: '/dev/stdout' },
      values: {
        global: { hub, ...(network === undefined ? {} : { network }) },
        ...(profile.licence && license !== undefined ? { license: { value: license } } : {}),
        cni: { ambient: { dnsCapture: true } },
        platforms: { ecs: profile.ecsValues(ecsClusters.map(({ name }) => name)) },
        pilot: {
          env: {
            // The DNS proxy needs an address for every host.
            PILOT_ENABLE_IP_AUTOALLOCATE: 'true',
            // The east-west Gateway uses its alpha features.
            PILOT_ENABLE_ALPHA_GATEWAY_API: 'true',
            // Tasks on ECS have no token of Kubernetes.
            REQUIRE_3P_TOKEN: 'false',
          },
        },
      },
    },
  }
}

/** Changes whenever anything changes that is installed; tells nothing of the licence. */
export const fingerprintOf = (version: string, operator: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([version, operator]))
    .digest('hex')
