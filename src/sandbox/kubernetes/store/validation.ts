import { isDeepStrictEqual } from 'node:util'
import type { Shape } from '../fields/shape.ts'
import { type Fields, fieldsOf, isFields, type KubeObject, listOf, valueAt } from '../objects.ts'
import { type Cause, invalidValue, notSupported, required } from '../status-error.ts'
import { objectSelector } from './selectors.ts'

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const qualifiedName =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

/** Kinds whose names are a single DNS label, or free text. */
const labelNames = new Set(['Namespace', 'Service'])
const freeNames = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'])

/** What is wrong with an object's metadata. */
export function metadataViolations(object: KubeObject): Cause[] {
  const { name, labels, annotations } = object.metadata
  const found: Cause[] = []
  if (name === '') found.push(required('metadata.name', 'name or generateName is required'))
  else if (labelNames.has(object.kind)) {
    if (!label.test(name) || name.length > 63) found.push(invalidValue('metadata.name', name, labelRule))
  } else if (!freeNames.has(object.kind) && (!subdomain.test(name) || name.length > 253))
    found.push(invalidValue('metadata.name', name, subdomainRule))
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (!qualifiedName.test(key))
      found.push(invalidValue('metadata.labels', key, 'name part must consist of alphanumeric characters'))
    if (typeof value !== 'string' || !labelValue.test(value) || value.length > 63)
      found.push(
        invalidValue(
          'metadata.labels',
          value,
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        ),
      )
  }
  for (const key of Object.keys(annotations ?? {}))
    if (!qualifiedName.test(key))
      found.push(invalidValue('metadata.annotations', key, 'name part must consist of alphanumeric characters'))
  return found
}

/** The fields that a schema doesn't know, as paths. */
export function unknownFields(shape: Shape, value: unknown, path = ''): string[] {
  if (Array.isArray(value) && shape.form === 'list')
    return value.flatMap((item, position) => unknownFields(shape.items, item, `${path}[${position}]`))
  if (!isFields(value)) return []
  const below = (name: string) => (path === '' ? name : `${path}.${name}`)
  return Object.entries(value).flatMap(([name, field]) => {
    if (shape.form === 'map') return unknownFields(shape.values, field, below(name))
    if (shape.form !== 'struct') return []
    const known = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined
    if (known === undefined) return shape.open ? [] : [below(name)]
    return unknownFields(known, field, below(name))
  })
}

/** A copy of the value without the fields that the schema doesn't know, and without nulls: both mean nothing there. */
export function decoded(shape: Shape, value: unknown): unknown {
  if (Array.isArray(value)) return value.map(item => decoded(shape.form === 'list' ? shape.items : shape, item))
  if (!isFields(value)) return value
  const kept: Fields = {}
  for (const [name, field] of Object.entries(value)) {
    if (field === null) continue
    if (shape.form === 'map') kept[name] = decoded(shape.values, field)
    else if (shape.form !== 'struct') kept[name] = field
    else if (Object.hasOwn(shape.fields, name)) kept[name] = decoded(shape.fields[name] ?? shape, field)
    else if (shape.open) kept[name] = field
  }
  return kept
}

/** The first field whose value has another type than the schema says, in words; quantities may be numbers. */
export function typeMismatch(shape: Shape, value: unknown, path = ''): string | undefined {
  if (value === undefined || value === null || shape.form === 'any') return undefined
  const wrong = (wanted: string) => {
    const actual = Array.isArray(value)
      ? 'array'
      : isFields(value)
        ? 'object'
        : typeof value === 'boolean'
          ? 'bool'
          : typeof value
    return `json: cannot unmarshal ${actual} into Go struct field ${path.replace(/^\./, '')} of type ${wanted}`
  }
  if (shape.form === 'scalar') {
    const quantity =
      shape.type === 'string' && typeof value === 'number' && /\.(limits|requests|hard)\.[^.]+$/.test(path)
    return quantity || scalarTypes[shape.type](value)
      ? undefined
      : wrong(shape.type === 'integer' ? 'int32' : shape.type === 'boolean' ? 'bool' : shape.type)
  }
  if (shape.form === 'list') {
    if (!Array.isArray(value)) return wrong('[]')
    return firstOf(value, item => typeMismatch(shape.items, item, path))
  }
  if (!isFields(value))
    return wrong(shape.form === 'struct' ? (shape.name ?? 'object').replace(/^V\d+/, 'v1.') : 'map[string]string')
  return firstOf(Object.entries(value), ([name, field]) =>
    typeMismatch(
      shape.form === 'map' ? shape.values : (shape.fields[name] ?? { form: 'any' }),
      field,
      `${path}.${name}`,
    ),
  )
}

const scalarTypes: Readonly<Record<string, (value: unknown) => boolean>> &
  Record<'string' | 'integer' | 'number' | 'boolean' | 'int-or-string', (value: unknown) => boolean> = {
  string: value => typeof value === 'string',
  integer: Number.isInteger,
  number: value => typeof value === 'number',
  boolean: value => typeof value === 'boolean',
  'int-or-string': value => typeof value === 'string' || Number.isInteger(value),
}

function firstOf<T>(items: Iterable<T>, look: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = look(item)
    if (found !== undefined) return found
  }
  return undefined
}

/** The first field of an applied configuration that the schema doesn't declare, as server-side apply words it. */
export function undeclaredField(shape: Shape, value: unknown): string | undefined {
  const [path] = unknownFields(shape, value)
  return path === undefined ? undefined : `.${path}: field not declared in schema`
}

type Rule = (object: KubeObject, before: KubeObject | undefined) => Cause[]

function podSpecRules(spec: Fields, path: string): Cause[] {
  const containers = listOf(spec.containers)
  if (containers.length === 0) return [required(`${path}.containers`)]
  const names = new Set<unknown>()
  return containers.flatMap((item, position) => {
    const { name, image } = fieldsOf(item)
    const at = `${path}.containers[${position}]`
    const duplicate = names.has(name)
    names.add(name)
    if (name === undefined || name === '') return [required(`${at}.name`)]
    if (!label.test(String(name))) return [invalidValue(`${at}.name`, name, labelRule)]
    if (duplicate)
      return [
        { reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(name)}`, field: `${at}.name` },
      ]
    return image === undefined || image === '' ? [required(`${at}.image`)] : []
  })
}

const workload: Rule = (object, before) => {
  const spec = fieldsOf(object.spec)
  const found = podSpecRules(fieldsOf(valueAt(spec, 'template', 'spec')), 'spec.template.spec')
  if (!isFields(spec.selector)) return [required('spec.selector'), ...found]
  if (before && !isDeepStrictEqual(valueAt(before.spec, 'selector'), spec.selector))
    found.push(invalidValue('spec.selector', spec.selector, 'field is immutable'))
  const labels = Object.fromEntries(
    Object.entries(fieldsOf(valueAt(spec, 'template', 'metadata', 'labels'))).map(([key, value]) => [
      key,
      String(value),
    ]),
  )
  if (!objectSelector(spec.selector)(labels))
    found.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
  return found
}

const rules: Readonly<Record<string, Rule>> = {
  Pod: (object, before) => {
    const found = podSpecRules(fieldsOf(object.spec), 'spec')
    return found.length > 0 || before === undefined ? found : podChanges(fieldsOf(before.spec), fieldsOf(object.spec))
  },
  Deployment: workload,
  ReplicaSet: workload,
  DaemonSet: workload,
  StatefulSet: workload,
  Job: (object, before) => {
    const template = valueAt(object.spec, 'template')
    if (before && !isDeepStrictEqual(valueAt(before.spec, 'template'), template))
      return [invalidValue('spec.template', 'core.PodTemplateSpec', 'field is immutable')]
    return podSpecRules(fieldsOf(valueAt(template, 'spec')), 'spec.template.spec')
  },
  Service: (object, before) => {
    const spec = fieldsOf(object.spec)
    const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
    if (!types.includes(String(spec.type))) return [notSupported('spec.type', spec.type, types)]
    const wasIp = valueAt(before?.spec, 'clusterIP')
    if (wasIp !== undefined && spec.clusterIP !== undefined && wasIp !== spec.clusterIP && spec.type !== 'ExternalName')
      return [invalidValue('spec.clusterIPs[0]', [spec.clusterIP], 'may not change once set')]
    const ports = listOf(spec.ports)
    if (ports.length === 0 && spec.type !== 'ExternalName' && spec.clusterIP !== 'None') return [required('spec.ports')]
    return ports.flatMap((item, position) => {
      const { port, name } = fieldsOf(item)
      const at = `spec.ports[${position}]`
      if (port === undefined) return [required(`${at}.port`)]
      if (typeof port !== 'number' || port < 1 || port > 65535)
        return [invalidValue(`${at}.port`, port, 'must be between 1 and 65535, inclusive')]
      return ports.length > 1 && name === undefined ? [required(`${at}.name`)] : []
    })
  },
  ConfigMap: (object, before) => frozen(object, before, ['data', 'binaryData']),
  Secret: (object, before) => {
    if (before && before.type !== object.type) return [invalidValue('type', object.type, 'field is immutable')]
    return frozen(object, before, ['data'])
  },
  RoleBinding: roleReference,
  ClusterRoleBinding: roleReference,
  CustomResourceDefinition: object => {
    const spec = fieldsOf(object.spec)
    const wanted = `${valueAt(spec, 'names', 'plural')}.${spec.group}`
    if (object.metadata.name !== wanted)
      return [invalidValue('metadata.name', object.metadata.name, `must be spec.names.plural+"."+spec.group`)]
    const stored = listOf(spec.versions).filter(version => fieldsOf(version).storage === true)
    if (stored.length !== 1)
      return [invalidValue('spec.versions', spec.versions, 'must have exactly one version marked as storage version')]
    return listOf(spec.versions).flatMap((version, position) =>
      isFields(valueAt(version, 'schema', 'openAPIV3Schema'))
        ? []
        : [required(`spec.versions[${position}].schema.openAPIV3Schema`, 'schemas are required')],
    )
  },
}

function frozen(object: KubeObject, before: KubeObject | undefined, fields: readonly string[]): Cause[] {
  if (before?.immutable !== true) return []
  const changed = fields.find(field => !isDeepStrictEqual(before[field], object[field]))
  return changed === undefined
    ? []
    : [
        {
          reason: 'FieldValueForbidden',
          message: 'Forbidden: field is immutable when `immutable` is set',
          field: changed,
        },
      ]
}

function roleReference(object: KubeObject, before: KubeObject | undefined): Cause[] {
  if (before === undefined || isDeepStrictEqual(before.roleRef, object.roleRef)) return []
  return [invalidValue('roleRef', object.roleRef, 'cannot change roleRef')]
}

/** A pod can change its images and little else. */
function podChanges(before: Fields, after: Fields): Cause[] {
  const withoutImages = (spec: Fields) => ({
    ...spec,
    ...Object.fromEntries(
      ['containers', 'initContainers'].map(list => [
        list,
        listOf(spec[list]).map(item => ({ ...fieldsOf(item), image: '' })),
      ]),
    ),
    activeDeadlineSeconds: 0,
    tolerations: [],
    terminationGracePeriodSeconds: 0,
    ephemeralContainers: [],
    nodeName: before.nodeName === undefined ? undefined : spec.nodeName,
  })
  if (isDeepStrictEqual(withoutImages(before), withoutImages(after))) return []
  return [
    {
      reason: 'FieldValueForbidden',
      message:
        'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      field: 'spec',
    },
  ]
}

/** What Kubernetes itself refuses in an object of a built-in kind. */
export const builtInViolations: Rule = (object, before) => rules[object.kind]?.(object, before) ?? []
