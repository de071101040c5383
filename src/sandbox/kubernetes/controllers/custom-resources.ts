import { builtInShape } from '../fields/built-in-shapes.ts'
import { fieldsOf, isFields, type KubeObject, listOf } from '../objects.ts'
import { customShape, type Schema } from '../store/custom-schema.ts'
import type { ColumnDefinition, Kind } from '../store/kinds.ts'
import type { ObjectStore } from '../store/store.ts'
import type { Condition } from '../workloads.ts'
import { withCondition } from '../workloads.ts'
import type { Controller } from './controllers.ts'

const finalizer = 'customresourcecleanup.apiextensions.k8s.io'
const manager = 'kube-apiserver'
/** Milliseconds of sandbox time until a new definition is served, less the part of a second that timestamps lack. */
const establishing = 1300
/** Milliseconds between looks at what is left of a kind that is going. */
const pause = 500

interface Definition extends KubeObject {
  spec: {
    group: string
    scope: 'Namespaced' | 'Cluster'
    names: {
      plural: string
      singular: string
      kind: string
      listKind: string
      shortNames?: string[]
      categories?: string[]
    }
    versions: DefinitionVersion[]
  }
  status?: { conditions?: Condition[]; storedVersions?: string[] }
}

interface DefinitionVersion {
  name: string
  served: boolean
  storage: boolean
  schema?: { openAPIV3Schema?: Schema }
  subresources?: Record<string, unknown>
  additionalPrinterColumns?: ColumnDefinition[]
}

/** Serves the kinds of CustomResourceDefinitions, and takes their objects away with them. */
export function customResourceController(store: ObjectStore, now: () => number): Controller {
  return {
    name: 'crd-controller',
    watches: [{ kind: 'CustomResourceDefinition' }],
    reconcile({ name }) {
      const definition = store.get<Definition>('CustomResourceDefinition', name)
      if (definition === undefined) return undefined
      if (definition.metadata.deletionTimestamp !== undefined) return remove(definition)
      const finalizers = definition.metadata.finalizers ?? []
      if (!finalizers.includes(finalizer))
        store.patch(
          'CustomResourceDefinition',
          name,
          undefined,
          { metadata: { finalizers: [...finalizers, finalizer] } },
          { manager },
        )
      return establish(definition)
    },
  }

  function establish(definition: Definition): number | undefined {
    const { name } = definition.metadata
    const accepted: Condition = {
      type: 'NamesAccepted',
      status: 'True',
      reason: 'NoConflicts',
      message: 'no conflicts found',
    }
    const conditions = withCondition(definition.status?.conditions ?? [], accepted, store.now())
    const acceptedAt = Date.parse(
      conditions.find(one => one.type === 'NamesAccepted')?.lastTransitionTime ?? store.now(),
    )
    const wait = acceptedAt + establishing - now()
    const isEstablished = conditions.some(one => one.type === 'Established' && one.status === 'True')
    const established: Condition = {
      type: 'Established',
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    }
    const ready = isEstablished || wait <= 0
    if (ready) store.kinds.add(kindOf(definition))
    store.patchStatus(
      'CustomResourceDefinition',
      name,
      undefined,
      {
        acceptedNames: definition.spec.names,
        storedVersions: [...new Set([...(definition.status?.storedVersions ?? []), storageVersion(definition)])],
        conditions: ready ? withCondition(conditions, established, store.now()) : conditions,
      },
      manager,
    )
    return ready ? undefined : wait
  }

  function remove(definition: Definition): number | undefined {
    const { name, finalizers = [] } = definition.metadata
    const kind = store.kinds.byPlural(definition.spec.group, definition.spec.names.plural)
    const left = kind === undefined ? [] : store.revisions.all(kind)
    for (const object of left)
      if (kind && object.metadata.deletionTimestamp === undefined)
        store.delete(kind, object.metadata.name, object.metadata.namespace)
    if (kind !== undefined && store.revisions.all(kind).length > 0) return pause
    store.kinds.remove(name)
    if (finalizers.includes(finalizer))
      store.patch(
        'CustomResourceDefinition',
        name,
        undefined,
        { metadata: { finalizers: finalizers.filter(one => one !== finalizer) } },
        { manager },
      )
    return undefined
  }
}

const storageVersion = ({ spec }: Definition) => spec.versions.find(version => version.storage)?.name ?? ''

function kindOf(definition: Definition): Kind {
  const { group, scope, names, versions } = definition.spec
  return {
    group,
    kind: names.kind,
    listKind: names.listKind,
    plural: names.plural,
    singular: names.singular,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === 'Namespaced',
    storageVersion: storageVersion(definition),
    custom: true,
    versions: versions
      .filter(version => version.served)
      .map(version => ({
        name: version.name,
        shape: customShape(version.schema?.openAPIV3Schema, builtInShape('V1ObjectMeta')),
        ...(isFields(version.schema?.openAPIV3Schema) ? { schema: version.schema.openAPIV3Schema } : {}),
        subresources: Object.keys(fieldsOf(version.subresources)).filter(name => name === 'status' || name === 'scale'),
        columns: listOf(version.additionalPrinterColumns) as ColumnDefinition[],
      })),
  }
}
