import { meshProfile } from '../../../src/lib/config/mesh-profile.ts'
import { manifest } from '../../../src/lib/kubernetes/manifests.ts'
import type { KubernetesObject } from '../../../src/lib/kubernetes/objects.ts'
import { appObjects } from '../../../src/lib/steps/apps.ts'
import { eastWestObjects } from '../../../src/lib/steps/east-west.ts'
import { namespaceObjects } from '../../../src/lib/steps/namespace.ts'
import { settings } from '../../support/settings.ts'

/** One for each mesh profile. */
export const ISTIO_VERSIONS = ['1.24.1', '1.26.3', '1.28.0'] as const

const ROLE = 'arn:aws:iam::111122223333:role/ecs/ambient/eks-ecs-task-role'

/** Every object that the program applies, with what an Istio version makes of it. */
export function objectsFor(istioVersion: string): readonly KubernetesObject[] {
  const profile = meshProfile(istioVersion)
  const desired = settings({ istioVersion })
  return [
    ...namespaceObjects(desired, profile, ROLE),
    ...eastWestObjects({ publicGateway: false }, profile),
    ...eastWestObjects({ publicGateway: true }, profile),
    ...appObjects(desired),
    ...manifest('eks-deny'),
    ...manifest('ecs-deny', { namespace: 'ecs' }),
    ...manifest('post-only', { namespace: 'ecs', from: ['default', 'ecs'] }),
  ]
}
