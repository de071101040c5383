import type { KubernetesReader } from '../../kubernetes/client.ts'
import { type KubernetesObject, kindRef } from '../../kubernetes/objects.ts'
import type { PolicyObject } from '../blame.ts'

/** Every AuthorizationPolicy of the mesh, ours and others'. */
export const policyObjects =
  (kubernetes: Pick<KubernetesReader, 'list'>): (() => Promise<readonly PolicyObject[]>) =>
  () =>
    kubernetes.list<KubernetesObject & PolicyObject>(kindRef('AuthorizationPolicy'))
