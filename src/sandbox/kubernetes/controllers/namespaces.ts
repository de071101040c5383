import type { KubeObject } from '../objects.ts'
import { fieldsOf } from '../objects.ts'
import type { ObjectStore } from '../store/store.ts'
import type { Condition } from '../workloads.ts'
import type { Controller } from './controllers.ts'

const rootCa = 'kube-root-ca.crt'
const manager = 'kube-controller-manager'
/** Milliseconds of sandbox time that a namespace is Terminating at least, and between looks at what is left in it. */
const pause = 1500

/** Furnishes new namespaces with a service account and the cluster's CA, and empties those that are deleted. */
export function namespaceController(store: ObjectStore, now: () => number, ca: string): Controller {
  return {
    name: 'namespace-controller',
    watches: [
      { kind: 'Namespace' },
      { kind: 'ServiceAccount', concerns: ofNamespace },
      { kind: 'ConfigMap', concerns: object => (object.metadata.name === rootCa ? ofNamespace(object) : []) },
    ],
    reconcile({ name }) {
      const namespace = store.get('Namespace', name)
      if (namespace === undefined) return undefined
      if (namespace.metadata.deletionTimestamp !== undefined) return empty(namespace)
      furnish(name)
      return undefined
    },
  }

  function furnish(namespace: string): void {
    if (store.get('ServiceAccount', 'default', namespace) === undefined)
      store.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } }, { manager })
    if (store.get('ConfigMap', rootCa, namespace) === undefined)
      store.create(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: rootCa, namespace }, data: { 'ca.crt': ca } },
        { manager },
      )
  }

  function empty(namespace: KubeObject): number | undefined {
    const { name, deletionTimestamp = '' } = namespace.metadata
    const left = remaining(name)
    for (const object of left) {
      if (object.metadata.deletionTimestamp === undefined)
        store.delete(
          store.kinds.byApiVersion(object.apiVersion, object.kind) ?? object.kind,
          object.metadata.name,
          name,
        )
    }
    const rest = remaining(name)
    const wait = Date.parse(deletionTimestamp) + pause - now()
    if (rest.length === 0 && wait <= 0) {
      store.finish(namespace)
      return undefined
    }
    const stuck = rest.filter(object => (object.metadata.finalizers ?? []).length > 0)
    store.patchStatus(
      'Namespace',
      name,
      undefined,
      { ...fieldsOf(namespace.status), conditions: conditionsOf(rest, stuck) },
      manager,
    )
    return rest.length === 0 ? wait : pause
  }

  function remaining(namespace: string): KubeObject[] {
    return store.kinds
      .all()
      .filter(kind => kind.namespaced)
      .flatMap(kind => store.list(kind, { namespace }))
  }

  function conditionsOf(rest: readonly KubeObject[], stuck: readonly KubeObject[]): Condition[] {
    const counts = [...Map.groupBy(rest, object => object.kind)].map(
      ([kind, objects]) => `${kind} has ${objects.length} resource instances`,
    )
    const finalizers = new Set(stuck.flatMap(object => object.metadata.finalizers ?? []))
    const condition = (type: string, holds: boolean, reason: string, message: string): Condition => ({
      type,
      status: holds ? 'True' : 'False',
      reason: holds ? reason : 'ContentRemoved',
      message: holds ? message : 'All content successfully removed',
      lastTransitionTime: store.now(),
    })
    return [
      condition(
        'NamespaceContentRemaining',
        rest.length > 0,
        'SomeResourcesRemain',
        `Some resources are remaining: ${counts.join(', ')}`,
      ),
      condition(
        'NamespaceFinalizersRemaining',
        stuck.length > 0,
        'SomeFinalizersRemain',
        `Some content in the namespace has finalizers remaining: ${[...finalizers].join(', ')}`,
      ),
    ]
  }
}

const ofNamespace = ({ metadata }: KubeObject) => [{ name: metadata.namespace ?? '', namespace: undefined }]
