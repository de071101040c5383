import { isDeepStrictEqual } from 'node:util'
import { type Fields, fieldsOf, isFields, type KubeObject, listOf, valueAt } from '../objects.ts'
import { type Cause, forbiddenValue, invalidValue, notSupported, required } from '../status-error.ts'
import type { Kind } from './kinds.ts'
import { objectSelector } from './selectors.ts'

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const qualifiedName =
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/

const noDots = 'must not contain dots'
const nameRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const labelValueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

/** Kinds whose names are a single DNS label, or free text. */
const labelNames = new Set(['Namespace', 'Service'])
const freeNames = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'])

/** What is wrong with an object's metadata. */
export function metadataViolations(kind: Kind, object: KubeObject, before: KubeObject | undefined): Cause[] {
  const { labels = {}, annotations = {} } = object.metadata
  return [
    ...nameViolations(object),
    ...Object.entries(labels).flatMap(([key, value]) => [
      ...(qualifiedName.test(key) ? [] : [invalidValue('metadata.labels', key, nameRule)]),
      ...(labelValue.test(value) && value.length <= 63 ? [] : [invalidValue('metadata.labels', value, labelValueRule)]),
    ]),
    ...Object.keys(annotations)
      .filter(key => !qualifiedName.test(key.toLowerCase()))
      .map(key => invalidValue('metadata.annotations', key, nameRule)),
    ...finalizerViolations(kind, object, before),
  ]
}

function nameViolations({ kind, metadata: { name } }: KubeObject): Cause[] {
  const refuse = (why: string) => [invalidValue('metadata.name', name, why)]
  if (freeNames.has(kind)) return []
  if (!labelNames.has(kind)) return subdomain.test(name) && name.length <= 253 ? [] : refuse(subdomainRule)
  if (name.includes('.')) return refuse(noDots)
  return label.test(name) && name.length <= 63 ? [] : refuse(labelRule)
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

function finalizerViolations(kind: Kind, { metadata }: KubeObject, before: KubeObject | undefined): Cause[] {
  const { finalizers = [], deletionTimestamp } = metadata
  const had = before?.metadata.finalizers ?? []
  const added = finalizers.filter(name => !had.includes(name))
  if (deletionTimestamp !== undefined && added.length > 0) {
    const names = added.map(name => JSON.stringify(name)).join(', ')
    return [
      forbiddenValue(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`,
      ),
    ]
  }
  // Definitions and what they define are freer in this.
  if (kind.custom || kind.kind === 'CustomResourceDefinition') return []
  return finalizers.flatMap((name, position) =>
    standardFinalizers.has(name) || (name.includes('/') && qualifiedName.test(name))
      ? []
      : [
          invalidValue(
            `metadata.finalizers[${position}]`,
            name,
            'name is neither a standard finalizer name nor is it fully qualified',
          ),
        ],
  )
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
  if (typeof spec.replicas === 'number' && spec.replicas < 0)
    found.push(invalidValue('spec.replicas', spec.replicas, 'must be greater than or equal to 0'))
  if (!isFields(spec.selector)) found.push(required('spec.selector'))
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
  return changed === undefined ? [] : [forbiddenValue(changed, 'field is immutable when `immutable` is set')]
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
    forbiddenValue(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ]
}

/** What Kubernetes itself refuses in an object of a built-in kind. */
export const builtInViolations: Rule = (object, before) => rules[object.kind]?.(object, before) ?? []
