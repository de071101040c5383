import { type Fields, fieldsOf, isFields, type KubeObject, valueAt } from '../objects.ts'
import { ageColumn, builtInColumns, type Column, nameColumn } from './columns.ts'
import { duration } from './duration.ts'
import type { ResourceRequest } from './request.ts'

/** Objects as the `Table` that `kubectl get` prints: the server decides the columns. */
export function tableOf(
  request: ResourceRequest,
  objects: readonly KubeObject[],
  resourceVersion: string,
  now: string,
): Fields {
  const columns = columnsOf(request)
  const time = Date.parse(now)
  const include = request.query.get('includeObject') ?? 'Metadata'
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: columns.map(({ name, type = 'string', priority = 0 }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority,
    })),
    rows: objects.map(object => ({
      cells: columns.map(column => column.cell(object, time) ?? ''),
      ...(include === 'None' ? {} : { object: rowObject(object, include) }),
    })),
  }
}

const rowObject = (object: KubeObject, include: string): Fields =>
  include === 'Object'
    ? object
    : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }

function columnsOf({ kind, version }: ResourceRequest): readonly Column[] {
  if (!kind.custom) return builtInColumns(kind.kind)
  if (version.columns.length === 0) return [nameColumn, ageColumn]
  return [
    nameColumn,
    ...version.columns.map(({ name, type, priority, jsonPath }) => ({
      name,
      type,
      ...(priority === undefined ? {} : { priority }),
      cell: (object: KubeObject, now: number) => {
        const value = byJsonPath(object, jsonPath)
        if (type === 'date' && value !== undefined) return duration(now - Date.parse(String(value)))
        return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
      },
    })),
  ]
}

/** The forms of JSON path that CRDs' columns use: `.spec.host`, `.status.conditions[?(@.type=="Ready")].status`, `.a[0].b`. */
export function byJsonPath(object: unknown, path: string): unknown {
  const steps = path.match(/\.[^.[]+|\[\?\(@\.([^=\s]+)\s*==\s*["']([^"']*)["']\)\]|\[\d+\]|\[\*\]/g) ?? []
  return steps.reduce<unknown>((value, step) => {
    if (step.startsWith('.')) return isFields(value) ? value[step.slice(1)] : undefined
    if (step === '[*]') return Array.isArray(value) ? value[0] : undefined
    const index = /^\[(\d+)\]$/.exec(step)?.[1]
    if (index !== undefined) return valueAt(value, Number(index))
    const [, field = '', wanted] = /^\[\?\(@\.([^=\s]+)\s*==\s*["']([^"']*)["']\)\]$/.exec(step) ?? []
    return Array.isArray(value)
      ? value.find(item => valueAt(fieldsOf(item), ...field.split('.')) === wanted)
      : undefined
  }, object)
}
