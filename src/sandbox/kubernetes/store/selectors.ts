import { type Fields, fieldsOf, isFields, type KubeObject, listOf, valueAt } from '../objects.ts'
import { badRequest } from '../status-error.ts'

export type Labels = Readonly<Record<string, string>>
export type Requirement = (labels: Labels) => boolean

const has = (labels: Labels, key: string) => Object.hasOwn(labels, key)
const operators: Readonly<Record<string, (key: string, values: readonly string[]) => Requirement>> = {
  In: (key, values) => labels => has(labels, key) && values.includes(labels[key] ?? ''),
  NotIn: (key, values) => labels => !has(labels, key) || !values.includes(labels[key] ?? ''),
  Exists: key => labels => has(labels, key),
  DoesNotExist: key => labels => !has(labels, key),
  Gt:
    (key, [bound]) =>
    labels =>
      has(labels, key) && Number(labels[key]) > Number(bound),
  Lt:
    (key, [bound]) =>
    labels =>
      has(labels, key) && Number(labels[key]) < Number(bound),
}

const key = '[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?'
const forms: readonly { form: RegExp; operator: string }[] = [
  { form: new RegExp(`^(${key})\\s*(?:==|=)\\s*([^\\s!=,]*)$`), operator: 'In' },
  { form: new RegExp(`^(${key})\\s*!=\\s*([^\\s!=,]*)$`), operator: 'NotIn' },
  { form: new RegExp(`^(${key})\\s+in\\s*\\(([^()]*)\\)$`), operator: 'In' },
  { form: new RegExp(`^(${key})\\s+notin\\s*\\(([^()]*)\\)$`), operator: 'NotIn' },
  { form: new RegExp(`^!\\s*(${key})$`), operator: 'DoesNotExist' },
  { form: new RegExp(`^(${key})$`), operator: 'Exists' },
  { form: new RegExp(`^(${key})\\s*>\\s*(-?\\d+)$`), operator: 'Gt' },
  { form: new RegExp(`^(${key})\\s*<\\s*(-?\\d+)$`), operator: 'Lt' },
]

/**
 * A label selector as clients write it: `app=web,tier in (a, b),!canary`.
 *
 * @throws StatusError 400
 */
export function labelSelector(text: string): Requirement {
  const requirements = splitOutsideBrackets(text)
    .map(part => part.trim())
    .filter((part, _, parts) => part !== '' || parts.length > 1)
    .map(part => {
      for (const { form, operator } of forms) {
        const [, name, values] = form.exec(part) ?? []
        if (name !== undefined)
          return operators[operator]?.(
            name,
            (values ?? '').split(',').map(value => value.trim()),
          )
      }
      return undefined
    })
  if (requirements.includes(undefined))
    throw badRequest(`unable to parse requirement: found '${text}', expected: a label selector`)
  return labels => requirements.every(requirement => requirement?.(labels) === true)
}

function splitOutsideBrackets(text: string): string[] {
  return text.split(/,(?![^(]*\))/)
}

/** A `LabelSelector` object: `matchLabels` and `matchExpressions`. An empty one takes everything, none takes nothing. */
export function objectSelector(selector: unknown): Requirement {
  if (!isFields(selector)) return () => false
  const wanted = Object.entries(fieldsOf(selector.matchLabels))
  const expressions = listOf(selector.matchExpressions).map(expression => {
    const { key, operator, values } = fieldsOf(expression)
    return operators[String(operator)]?.(String(key), listOf(values).map(String)) ?? (() => false)
  })
  return labels =>
    wanted.every(([name, value]) => has(labels, name) && labels[name] === value) &&
    expressions.every(holds => holds(labels))
}

/** A Service's `selector`: an empty one takes nothing. */
export function mapSelector(selector: unknown): Requirement {
  const wanted = Object.entries(fieldsOf(selector))
  return labels => wanted.length > 0 && wanted.every(([name, value]) => has(labels, name) && labels[name] === value)
}

/** Fields that can be selected besides `metadata.name` and `metadata.namespace`, by kind. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  Node: ['spec.unschedulable'],
  Namespace: ['status.phase'],
  Secret: ['type'],
  Service: ['spec.clusterIP', 'spec.type'],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  ReplicaSet: ['status.replicas'],
  Job: ['status.successful'],
}

/**
 * A field selector: `metadata.name=web,status.phase!=Running`.
 *
 * @throws StatusError 400 for a field that the kind doesn't offer
 */
export function fieldSelector(text: string, kind: string): (object: KubeObject) => boolean {
  const parts = text.split(',').filter(part => part !== '')
  const requirements = parts.map(part => {
    const [, path = '', operator = '', wanted = ''] = /^([^=!]+?)\s*(==|!=|=)\s*(.*)$/.exec(part.trim()) ?? []
    if (path === '') throw badRequest(`invalid field selector: '${part}'; can't understand '${part}'`)
    if (!['metadata.name', 'metadata.namespace', ...(selectable[kind] ?? [])].includes(path))
      throw badRequest(`field label not supported: ${path}`)
    return { path: path.split('.'), equal: operator !== '!=', wanted }
  })
  return object => requirements.every(({ path, equal, wanted }) => (fieldText(object, path) === wanted) === equal)
}

function fieldText(object: Fields, path: readonly string[]): string {
  const value = valueAt(object, ...path)
  return value === undefined || value === null ? '' : String(value)
}
