/** The Kubernetes objects that the program reads and writes, as they are on the wire: times are ISO strings. */

export interface ManagedFields {
  readonly manager?: string
  readonly operation?: string
  readonly subresource?: string
  readonly fieldsV1?: unknown
}

export interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly uid?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[]
  readonly finalizers?: readonly string[]
  readonly managedFields?: readonly ManagedFields[]
}

export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly [field: string]: unknown
}

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
}

export interface Container {
  readonly name: string
  readonly image?: string
}

export interface PodTemplate {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> }
  readonly spec?: { readonly containers?: readonly Container[] }
}

export interface Deployment extends KubernetesObject {
  readonly spec?: { readonly replicas?: number; readonly template?: PodTemplate }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
    readonly conditions?: readonly Condition[]
  }
}

export interface DaemonSet extends KubernetesObject {
  readonly spec?: { readonly template?: PodTemplate }
  readonly status?: {
    readonly observedGeneration?: number
    readonly desiredNumberScheduled?: number
    readonly updatedNumberScheduled?: number
    readonly numberAvailable?: number
  }
}

export interface Pod extends KubernetesObject {
  readonly spec?: { readonly nodeName?: string; readonly containers?: readonly Container[] }
  readonly status?: {
    readonly phase?: string
    readonly podIP?: string
    readonly startTime?: string
    readonly conditions?: readonly Condition[]
  }
}

export interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}

export interface Gateway extends KubernetesObject {
  readonly spec?: {
    readonly gatewayClassName?: string
    readonly infrastructure?: { readonly annotations?: Readonly<Record<string, string>> }
  }
  readonly status?: {
    readonly addresses?: readonly { readonly type?: string; readonly value: string }[]
    readonly conditions?: readonly Condition[]
  }
}

export interface CustomResourceDefinition extends KubernetesObject {
  readonly spec?: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly { readonly name: string; readonly served: boolean; readonly storage: boolean }[]
  }
  readonly status?: { readonly conditions?: readonly Condition[] }
}

/** What names one object. */
export interface Ref {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** API versions of the kinds that are looked up by name; a manifest carries its own. */
const API_VERSION = {
  ConfigMap: 'v1',
  Namespace: 'v1',
  Pod: 'v1',
  Service: 'v1',
  ServiceAccount: 'v1',
  Deployment: 'apps/v1',
  DaemonSet: 'apps/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
  MutatingWebhookConfiguration: 'admissionregistration.k8s.io/v1',
  ValidatingWebhookConfiguration: 'admissionregistration.k8s.io/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  Gateway: 'gateway.networking.k8s.io/v1',
  GatewayClass: 'gateway.networking.k8s.io/v1',
  AuthorizationPolicy: 'security.istio.io/v1',
  ServiceEntry: 'networking.istio.io/v1',
  WorkloadEntry: 'networking.istio.io/v1',
} as const
export type Kind = keyof typeof API_VERSION

export interface KindRef {
  readonly apiVersion: string
  readonly kind: string
}

export const kindRef = (kind: Kind): KindRef => ({ apiVersion: API_VERSION[kind], kind })

export const ref = (kind: Kind, name: string, namespace?: string): Ref => ({
  ...kindRef(kind),
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
})

/** The kind that a CRD defines, in the version in which it is stored. */
export function storageKind({ spec }: CustomResourceDefinition): KindRef | undefined {
  const version = spec?.versions.find(({ storage }) => storage)?.name
  return spec && version !== undefined ? { apiVersion: `${spec.group}/${version}`, kind: spec.names.kind } : undefined
}

/** `Deployment default/eks-echo`, `Namespace ecs`. */
export const describe = ({ kind, metadata: { name, namespace } }: Ref): string =>
  `${kind} ${qualified({ name, namespace })}`

/** `default/eks-echo`, or the bare name of what belongs to no namespace. */
export const qualified = ({ name, namespace }: { name: string; namespace?: string | undefined }): string =>
  namespace === undefined ? name : `${namespace}/${name}`

export const conditionOf = (
  object: { readonly status?: { readonly conditions?: readonly Condition[] } },
  type: string,
): Condition | undefined => object.status?.conditions?.find(condition => condition.type === type)
