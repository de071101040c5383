import { FieldSet } from '../fields/field-set.ts'
import type { Scope, Writer } from '../fields/ownership.ts'
import { apiVersionOf, groupVersion, type KubeObject, type ObjectInput, type ObjectMeta } from '../objects.ts'
import type { DecodingOptions } from './decoding.ts'
import { type Kind, type KindVersion, preferredVersion, versionOf } from './kinds.ts'

export interface WriteOptions extends DecodingOptions {
  /** The field manager; `sandbox` where none is given. */
  readonly manager?: string
  readonly subresource?: string
  readonly dryRun?: boolean
  /** The API version that the client speaks; the stored one where none is given. */
  readonly version?: string
}

/** Where a write comes in: the object or one of its subresources, in one version, and who writes. */
export interface Endpoint {
  readonly version: KindVersion
  readonly scope: Scope
  readonly dryRun: boolean
  readonly subresource: string | undefined
  readonly writer: Omit<Writer, 'operation'>
}

const statusOnly = FieldSet.of([['f:status']])
const wholeScope: Scope = set => set
const mainScope: Scope = set => set.outside(statusOnly)
const statusScope: Scope = set => set.below(statusOnly)

export function endpointOf(kind: Kind, apiVersion: string, options: WriteOptions): Endpoint {
  const version = versionOf(kind, groupVersion(apiVersion).version) ?? preferredVersion(kind)
  const { subresource, manager = 'sandbox' } = options
  return {
    version,
    scope: subresource === 'status' ? statusScope : hasStatus(version) ? mainScope : wholeScope,
    dryRun: options.dryRun === true,
    subresource,
    writer: { manager, apiVersion: apiVersionOf(kind.group, version.name), ...(subresource ? { subresource } : {}) },
  }
}

/** Whether the status is an endpoint of its own: elsewhere it can't be written then. */
export const hasStatus = (version: KindVersion): boolean => version.subresources.includes('status')

/** Metadata that only the server sets. */
const serverSet = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'generation',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

/** What of `next` an endpoint may change: the status or everything else, and never what the server alone sets. */
export function seenThrough(endpoint: Endpoint, live: KubeObject, next: ObjectInput): KubeObject {
  if (endpoint.subresource === 'status')
    return { ...live, metadata: { ...live.metadata }, ...(next.status === undefined ? {} : { status: next.status }) }
  const sent = Object.entries(next.metadata).filter(([name]) => !serverSet.some(field => field === name))
  const kept = serverSet.flatMap(name => (live.metadata[name] === undefined ? [] : [[name, live.metadata[name]]]))
  const metadata: ObjectMeta = Object.fromEntries([...sent, ...kept])
  const object: KubeObject = { ...next, metadata }
  if (!hasStatus(endpoint.version)) return object
  delete object.status
  return live.status === undefined ? object : { ...object, status: live.status }
}
